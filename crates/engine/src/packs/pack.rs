//! Reading a pack that is no longer written.
//!
//! Constraints: nothing is trusted before its checksum fits; a pack opened here is never written; the index of a sealed pack is read
//! whole at the first look-up, so that opening many packs costs two small reads each.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    sync::{Arc, OnceLock},
};

use crate::{
    error::{Error, Result},
    format::{
        codec::Malformed,
        header::{FileHeader, FileKind, HEADER_BYTES},
        names,
        record::RecordHeader,
    },
    ids::{FileNumber, RecordNumber, StoreId},
    io::{Access, Directory, File},
    packs::{
        footer::{FOOTER_BYTES, Footer},
        index::Index,
        place::RecordPlace,
        salvage,
        scan::scan,
    },
};

/// A pack that is only read.
#[derive(Debug)]
pub struct Pack {
    file: Arc<dyn File>,
    number: FileNumber,
    store: StoreId,
    /// Where the records end.
    records_end: u64,
    /// Of a sealed pack, what to load the index by.
    footer: Option<Footer>,
    index: OnceLock<Index>,
}

impl Pack {
    /// Opens a sealed pack. Damage: it is missing, is not `expected_length` bytes long, or has a bad header or footer.
    pub fn open_sealed(
        directory: &dyn Directory,
        number: FileNumber,
        store: StoreId,
        expected_length: u64,
    ) -> Result<Self> {
        let file = open_file(directory, number)?;
        check_length(&*file, expected_length)?;
        check_header(&*file, number, store)?;
        let footer = read_footer(&*file, number, store, expected_length)?;
        let records_end = footer.index_offset;
        Ok(Self { file, number, store, records_end, footer: Some(footer), index: OnceLock::new() })
    }

    /// Opens a pack that was not sealed before the store's last end: reads its record headers up to the first that does not fit.
    /// Damage: it is missing or has a bad file header.
    pub fn open_unsealed(directory: &dyn Directory, number: FileNumber, store: StoreId) -> Result<Self> {
        let file = open_file(directory, number)?;
        check_header(&*file, number, store)?;
        let mut places = BTreeMap::new();
        let records_end = scan(&*file, store, file.length()?, |place| match places.entry(place.number) {
            Entry::Vacant(vacant) => {
                vacant.insert(place);
                true
            }
            Entry::Occupied(_) => false,
        })?;
        let index = OnceLock::from(Index::new(places.values()));
        Ok(Self { file, number, store, records_end, footer: None, index })
    }

    /// Opens a pack however damaged it is, with its whole records. `None` where it is missing.
    pub fn open_damaged(
        directory: &dyn Directory,
        number: FileNumber,
        store: StoreId,
    ) -> Result<Option<Self>> {
        let file = match open_file(directory, number) {
            Ok(file) => file,
            Err(Error::Corrupt { .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        let records_end = file.length()?;
        let places = salvage::places(&*file, store)?;
        let index = OnceLock::from(Index::new(places.values()));
        Ok(Some(Self { file, number, store, records_end, footer: None, index }))
    }

    /// Its number.
    pub fn number(&self) -> FileNumber {
        self.number
    }

    /// Its file's path, for messages.
    pub fn path(&self) -> &std::path::Path {
        self.file.path()
    }

    /// Whether it ends in an index.
    pub fn is_sealed(&self) -> bool {
        self.footer.is_some()
    }

    /// Bytes its records take, with their headers.
    pub fn record_bytes(&self) -> u64 {
        self.records_end - HEADER_BYTES as u64
    }

    /// How many records it holds.
    pub fn records(&self) -> Result<u64> {
        match &self.footer {
            Some(footer) => Ok(footer.records),
            None => Ok(self.index()?.count() as u64),
        }
    }

    /// Where record `number` lies in it.
    pub fn find(&self, number: RecordNumber) -> Result<Option<RecordPlace>> {
        Ok(self.index()?.find(number))
    }

    /// The smallest and the largest record number in it; `None` where it holds none.
    pub fn number_range(&self) -> Result<Option<(RecordNumber, RecordNumber)>> {
        let mut places = self.index()?.places();
        let first = places.next();
        let last = places.next_back().or(first);
        Ok(first.zip(last).map(|(first, last)| (first.number, last.number)))
    }

    /// The places of all its records, by number.
    pub fn entries(&self) -> Result<impl Iterator<Item = RecordPlace>> {
        Ok(self.index()?.places())
    }

    /// Reads the record at `place`, which [`Pack::find`] or [`Pack::entries`] of this pack gave: its header and stored bytes, checked.
    pub fn read_stored(&self, place: &RecordPlace) -> Result<(RecordHeader, Vec<u8>)> {
        if place.end() > self.records_end {
            return Err(Error::corrupt(self.path(), place.offset, "record beyond the pack's end"));
        }
        place.read(&*self.file, self.store)
    }

    fn index(&self) -> Result<&Index> {
        if let (None, Some(footer)) = (self.index.get(), &self.footer) {
            let loaded = load_index(&*self.file, self.store, footer)?;
            return Ok(self.index.get_or_init(|| loaded));
        }
        Ok(self.index.get_or_init(|| Index::new(std::iter::empty())))
    }
}

/// Opens the file of pack `number`, which the manifest names: that it is missing is damage.
pub(super) fn open_file(directory: &dyn Directory, number: FileNumber) -> Result<Arc<dyn File>> {
    let name = names::pack(number);
    directory.open(&name, Access::Read).map_err(|error| match error {
        Error::NotFound { .. } => Error::corrupt(&directory.path().join(&name), 0, "pack is missing"),
        other => other,
    })
}

/// Checks that the file is as long as the manifest says.
pub(super) fn check_length(file: &dyn File, expected: u64) -> Result<()> {
    let length = file.length()?;
    if length == expected {
        Ok(())
    } else {
        Err(Error::corrupt(file.path(), length.min(expected), "pack length"))
    }
}

/// Checks the file header.
pub(super) fn check_header(file: &dyn File, number: FileNumber, store: StoreId) -> Result<()> {
    if file.length()? < HEADER_BYTES as u64 {
        return Err(Error::corrupt(file.path(), 0, "file header"));
    }
    let mut bytes = [0; HEADER_BYTES];
    file.read_exact_at(&mut bytes, 0)?;
    FileHeader::decode(&bytes, file.path())?.expect(FileKind::Pack, number, store, file.path())
}

/// Reads the footer of a file that is `length` bytes long.
pub(super) fn read_footer(
    file: &dyn File,
    number: FileNumber,
    store: StoreId,
    length: u64,
) -> Result<Footer> {
    let offset = length.saturating_sub(FOOTER_BYTES as u64);
    let damaged = || Error::corrupt(file.path(), offset, "pack footer");
    if offset < HEADER_BYTES as u64 {
        return Err(damaged());
    }
    let mut bytes = [0; FOOTER_BYTES];
    file.read_exact_at(&mut bytes, offset)?;
    Footer::decode(&bytes, number, store, length).map_err(|Malformed| damaged())
}

/// Reads the index whole and checks it.
pub(super) fn load_index(file: &dyn File, store: StoreId, footer: &Footer) -> Result<Index> {
    let damaged = || Error::corrupt(file.path(), footer.index_offset, "pack index");
    let length = footer.index_length().and_then(|length| usize::try_from(length).ok());
    let mut bytes = vec![0; length.ok_or_else(damaged)?];
    file.read_exact_at(&mut bytes, footer.index_offset)?;
    if store.checksum(&[&bytes]) != footer.index_checksum {
        return Err(damaged());
    }
    Index::decode(&bytes, footer.index_offset).map_err(|Malformed| damaged())
}

#[cfg(test)]
mod tests;
