//! The open pack a store appends to.
//!
//! Constraints:
//! - records lie back to back: one write each, at the end, under one mutex, so a sync through a record covers every record before it;
//! - a write that found no room before a byte was placed changes nothing; after any other failed write or sync the writer takes
//!   nothing more, and what was not synced before never counts as synced;
//! - at most one sync is under way; whoever asks meanwhile shares the next one.

use std::{collections::BTreeMap, fmt, sync::Arc};

use crate::{
    error::{Error, Result},
    format::{
        header::{FileHeader, FileKind, HEADER_BYTES},
        names,
        record::{RECORD_HEADER_BYTES, RecordHeader},
    },
    ids::{FileNumber, RecordNumber, StoreId},
    io::{Directory, File},
    packs::{footer::Footer, group_sync::GroupSync, index::Index, place::RecordPlace},
    sync::Mutex,
};

/// What a manifest keeps of a sealed pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackMeta {
    /// Its number.
    pub number: FileNumber,
    /// Its file's length in bytes.
    pub length: u64,
    /// How many records it holds.
    pub records: u64,
    /// Sum of their stored lengths.
    pub stored_bytes: u64,
}

/// One open pack, shared by the threads that append to it and read from it.
pub struct PackWriter {
    file: Arc<dyn File>,
    number: FileNumber,
    store: StoreId,
    tail: Mutex<Tail>,
    group: GroupSync,
}

struct Tail {
    /// Where the next byte goes.
    end: u64,
    places: BTreeMap<RecordNumber, RecordPlace>,
    stored_bytes: u64,
    sealed: Option<PackMeta>,
}

impl PackWriter {
    /// Creates pack `number` with its file header. A pack that is named before it is sealed is to be synced first ([`PackWriter::sync`]), and the directory too.
    pub fn create(directory: &dyn Directory, number: FileNumber, store: StoreId) -> Result<Self> {
        let file = directory.create(&names::pack(number))?;
        file.write_all_at(&FileHeader::new(FileKind::Pack, number, store).encode(), 0)?;
        let tail = Tail { end: HEADER_BYTES as u64, places: BTreeMap::new(), stored_bytes: 0, sealed: None };
        Ok(Self { file, number, store, tail: Mutex::new(tail), group: GroupSync::default() })
    }

    /// Its number.
    pub fn number(&self) -> FileNumber {
        self.number
    }

    /// Its file's path, for messages.
    pub fn path(&self) -> &std::path::Path {
        self.file.path()
    }

    /// Bytes written so far.
    pub fn length(&self) -> u64 {
        self.tail.lock().end
    }

    /// How many records it holds.
    pub fn records(&self) -> usize {
        self.tail.lock().places.len()
    }

    /// The highest record number in it.
    pub fn highest(&self) -> Option<RecordNumber> {
        self.tail.lock().places.last_key_value().map(|(number, _)| *number)
    }

    /// The places of all its records, by number.
    pub fn entries(&self) -> Vec<RecordPlace> {
        self.tail.lock().places.values().copied().collect()
    }

    /// Writes a record behind the last one and answers where it lies; it is readable at once and durable after [`PackWriter::sync_through`].
    /// `None` once the pack was sealed: the record belongs into its successor.
    ///
    /// [`Error::Full`] where no byte found room: the record was refused and the pack goes on. After any other failed write the pack
    /// takes no more: [`Error::Poisoned`]. A header that is inconsistent, does not describe `stored`, or whose number is here
    /// already is [`Error::InvalidArgument`].
    pub fn append(&self, header: &RecordHeader, stored: &[u8]) -> Result<Option<RecordPlace>> {
        let described = header.is_consistent()
            && u64::from(header.stored_length) == stored.len() as u64
            && header.stored_checksum == crc32fast::hash(stored);
        let mut bytes = Vec::with_capacity(RECORD_HEADER_BYTES + stored.len());
        bytes.extend_from_slice(&header.encode(self.store));
        bytes.extend_from_slice(stored);

        let mut tail = self.tail.lock();
        if tail.sealed.is_some() {
            return Ok(None);
        }
        if !described || tail.places.contains_key(&header.number) {
            let what = format!("record {} does not fit pack {}", header.number, self.number);
            return Err(Error::InvalidArgument { what });
        }
        self.write(&bytes, tail.end)?;
        let place = RecordPlace::of(header, tail.end);
        tail.end = place.end();
        tail.stored_bytes += u64::from(place.stored_length);
        tail.places.insert(place.number, place);
        Ok(Some(place))
    }

    /// Waits until everything written so far is durable, the file header at least.
    pub fn sync(&self) -> Result<()> {
        self.sync_to(self.length())
    }

    /// Waits until the record at `place` is durable.
    pub fn sync_through(&self, place: &RecordPlace) -> Result<()> {
        self.sync_to(place.end())
    }

    /// Where record `number` lies in it.
    pub fn find(&self, number: RecordNumber) -> Option<RecordPlace> {
        self.tail.lock().places.get(&number).copied()
    }

    /// Reads the record at `place` of this pack: its header and stored bytes, checked.
    pub fn read_stored(&self, place: &RecordPlace) -> Result<(RecordHeader, Vec<u8>)> {
        place.read(&*self.file, self.store)
    }

    /// Ends the pack with its index and footer and makes all of it durable; appends after that are turned away. Calling it again answers
    /// the same. [`Error::Full`] leaves the pack open and whole; call again once there is room.
    pub fn seal(&self) -> Result<PackMeta> {
        let meta = self.write_end()?;
        self.sync_to(meta.length)?;
        Ok(meta)
    }

    fn write_end(&self) -> Result<PackMeta> {
        let mut tail = self.tail.lock();
        if let Some(meta) = tail.sealed {
            return Ok(meta);
        }
        let index = Index::new(tail.places.values());
        let records = tail.places.len() as u64;
        let footer = Footer {
            number: self.number,
            index_offset: tail.end,
            records,
            stored_bytes: tail.stored_bytes,
            index_checksum: self.store.checksum(&[index.bytes()]),
        };
        let mut bytes = index.bytes().to_vec();
        bytes.extend_from_slice(&footer.encode(self.store));
        self.write(&bytes, tail.end)?;
        let length = tail.end + bytes.len() as u64;
        let meta = PackMeta { number: self.number, length, records, stored_bytes: tail.stored_bytes };
        tail.end = length;
        tail.sealed = Some(meta);
        Ok(meta)
    }

    /// Writes at the end, with the tail locked.
    fn write(&self, bytes: &[u8], end: u64) -> Result<()> {
        self.group.check()?;
        self.file.write_all_at(bytes, end).map_err(|failed| {
            let refused_whole = failed.placed == 0 && failed.error.is_out_of_space();
            let error = Error::from(failed);
            if !refused_whole {
                self.group.fail(error.clone());
            }
            error
        })
    }

    fn sync_to(&self, end: u64) -> Result<()> {
        self.group.sync_to(end, &*self.file, || self.tail.lock().end)
    }
}

impl fmt::Debug for PackWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PackWriter").field("path", &self.path()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
