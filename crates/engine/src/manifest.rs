//! The manifest: what is live, and where the log begins.
//!
//! Constraints: it is only ever replaced whole, by an atomic rename, so a crash leaves the old one or the new one; what it does not name
//! is not part of the store; nothing it drops is removed before it is durable.

use std::path::Path;

use crate::{
    error::{Error, Result},
    format::{
        codec::{Cursor, Malformed, Put},
        frame::Link,
        header::{FileHeader, FileKind, HEADER_BYTES},
        names,
    },
    ids::{FileNumber, IdNumber, Position, RecordNumber, StoreId, StreamNumber},
    io::{Access, Directory, atomic},
};

const MAX_BODY_BYTES: usize = 64 << 20;
const BODY_OFFSET: usize = HEADER_BYTES + 8;

/// A run that is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunEntry {
    /// Events or catalog rows.
    pub kind: FileKind,
    /// Its file.
    pub number: FileNumber,
    /// The file's length in bytes.
    pub length: u64,
    /// How many entries it has, removals included.
    pub entries: u64,
    /// Bytes of it that are known to be dead.
    pub dead_bytes: u64,
}

/// A pack that is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackEntry {
    /// Its file.
    pub number: FileNumber,
    /// Whether it has an index and a footer. An unsealed pack of an earlier opening is never appended to again.
    pub sealed: bool,
    /// The file's length in bytes; 0 where it is not sealed.
    pub length: u64,
    /// How many records it has; 0 where it is not sealed.
    pub records: u64,
    /// Bytes of it that are known to be dead.
    pub dead_bytes: u64,
}

/// What a store consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The store's identity.
    pub store: StoreId,
    /// One more at each replacement.
    pub generation: u64,
    /// The frame behind which the log begins: runs and packs hold every change up to it.
    pub log_start: Link,
    /// The next file's number.
    pub next_file: FileNumber,
    /// A record number above all that were given out before the log began.
    pub next_record: RecordNumber,
    /// The same for ids.
    pub next_id: IdNumber,
    /// The same for streams.
    pub next_stream: StreamNumber,
    /// How many ids there were when the log began.
    pub checkpoints: u64,
    /// How many versions there were when the log began.
    pub versions: u64,
    /// How many versions were dropped since the packs were last searched for dead records.
    pub dropped_versions: u64,
    /// The files of the log, in order.
    pub logs: Vec<FileNumber>,
    /// The runs, oldest first.
    pub runs: Vec<RunEntry>,
    /// The packs.
    pub packs: Vec<PackEntry>,
}

impl Manifest {
    /// That of a store which has given out no number and names no file.
    pub fn blank(store: StoreId, log_start: Link) -> Self {
        Self {
            store,
            generation: 0,
            log_start,
            next_file: FileNumber(1),
            next_record: RecordNumber(1),
            next_id: IdNumber(1),
            next_stream: StreamNumber(1),
            checkpoints: 0,
            versions: 0,
            dropped_versions: 0,
            logs: Vec::new(),
            runs: Vec::new(),
            packs: Vec::new(),
        }
    }

    /// A number for a new file.
    pub fn allocate_file(&mut self) -> FileNumber {
        let number = self.next_file;
        self.next_file = number.next();
        number
    }

    /// Whether `name` stands for a live log, run or pack.
    pub fn names(&self, name: names::FileName) -> bool {
        match name {
            names::FileName::Log(number) => self.logs.contains(&number),
            names::FileName::Run(number) => self.runs.iter().any(|run| run.number == number),
            names::FileName::Pack(number) => self.packs.iter().any(|pack| pack.number == number),
            _ => false,
        }
    }

    /// Replaces the manifest of `directory` by this one, one generation on. When this returns, it is durable.
    pub fn store(&mut self, directory: &dyn Directory) -> Result<()> {
        self.generation += 1;
        atomic::replace(directory, names::MANIFEST_TEMPORARY, names::MANIFEST, &self.encode())
    }

    /// Reads the manifest of `directory`; `None` where there is none.
    pub fn load(directory: &dyn Directory) -> Result<Option<Self>> {
        let file = match directory.open(names::MANIFEST, Access::Read) {
            Ok(file) => file,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let path = file.path();
        let length = usize::try_from(file.length()?).unwrap_or(usize::MAX);
        if length > BODY_OFFSET + MAX_BODY_BYTES {
            return Err(Error::corrupt(path, 0, "manifest length"));
        }
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, 0)?;
        Self::decode(&bytes, path).map(Some)
    }

    /// The bytes of its file.
    pub fn encode(&self) -> Vec<u8> {
        let mut body = Vec::new();
        for number in [
            self.generation,
            self.log_start.position.0,
            self.log_start.checksum.into(),
            self.next_file.0,
            self.next_record.0,
            self.next_id.0,
            self.next_stream.0,
            self.checkpoints,
            self.versions,
            self.dropped_versions,
            self.logs.len() as u64,
        ] {
            body.put_varint(number);
        }
        for log in &self.logs {
            body.put_varint(log.0);
        }
        body.put_varint(self.runs.len() as u64);
        for run in &self.runs {
            body.push(if run.kind == FileKind::EventRun { 1 } else { 2 });
            for number in [run.number.0, run.length, run.entries, run.dead_bytes] {
                body.put_varint(number);
            }
        }
        body.put_varint(self.packs.len() as u64);
        for pack in &self.packs {
            body.put_varint(pack.number.0);
            body.push(pack.sealed.into());
            for number in [pack.length, pack.records, pack.dead_bytes] {
                body.put_varint(number);
            }
        }
        let mut bytes = FileHeader::new(FileKind::Manifest, FileNumber(0), self.store).encode();
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&self.store.checksum(&[&body]).to_le_bytes());
        bytes.extend_from_slice(&body);
        bytes
    }

    /// Reads the manifest that is all of `bytes`, the file at `path`.
    pub fn decode(bytes: &[u8], path: &Path) -> Result<Self> {
        let header = FileHeader::decode(bytes.get(..HEADER_BYTES).unwrap_or(bytes), path)?;
        header.expect(FileKind::Manifest, FileNumber(0), header.store, path)?;
        Self::decode_checked(&header, bytes.get(HEADER_BYTES..).unwrap_or_default())
            .map_err(|Malformed| Error::corrupt(path, HEADER_BYTES as u64, "manifest body"))
    }

    fn decode_checked(header: &FileHeader, bytes: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes);
        let length = cursor.u32()?;
        let checksum = cursor.u32()?;
        let body = cursor.rest();
        if body.len() as u64 != u64::from(length) || header.store.checksum(&[body]) != checksum {
            return Err(Malformed);
        }
        let mut cursor = Cursor::new(body);
        let manifest = Self {
            store: header.store,
            generation: cursor.number()?,
            log_start: Link { position: Position(cursor.number()?), checksum: cursor.varint_u32()? },
            next_file: FileNumber(cursor.number()?),
            next_record: RecordNumber(cursor.number()?),
            next_id: IdNumber(cursor.number()?),
            next_stream: StreamNumber(cursor.number()?),
            checkpoints: cursor.number()?,
            versions: cursor.number()?,
            dropped_versions: cursor.number()?,
            logs: list(&mut cursor, |cursor| cursor.number().map(FileNumber))?,
            runs: list(&mut cursor, run_entry)?,
            packs: list(&mut cursor, pack_entry)?,
        };
        if cursor.is_empty() && manifest.is_consistent() { Ok(manifest) } else { Err(Malformed) }
    }

    /// Whether there is a log, no file is named twice, and the next one's number is above all, since it would else be one of them.
    fn is_consistent(&self) -> bool {
        let runs = self.runs.iter().map(|run| run.number);
        let packs = self.packs.iter().map(|pack| pack.number);
        let mut numbers: Vec<_> = self.logs.iter().copied().chain(runs).chain(packs).collect();
        numbers.sort_unstable();
        !self.logs.is_empty()
            && numbers.is_sorted_by(|left, right| left < right)
            && numbers.last().is_none_or(|last| *last < self.next_file)
    }
}

fn list<T>(
    cursor: &mut Cursor<'_>,
    mut item: impl FnMut(&mut Cursor<'_>) -> Result<T, Malformed>,
) -> Result<Vec<T>, Malformed> {
    let count = cursor.length()?;
    if count > cursor.rest().len() {
        return Err(Malformed);
    }
    (0..count).map(|_| item(cursor)).collect()
}

fn run_entry(cursor: &mut Cursor<'_>) -> Result<RunEntry, Malformed> {
    let kind = match cursor.u8()? {
        1 => FileKind::EventRun,
        2 => FileKind::CatalogRun,
        _ => return Err(Malformed),
    };
    Ok(RunEntry {
        kind,
        number: FileNumber(cursor.number()?),
        length: cursor.number()?,
        entries: cursor.number()?,
        dead_bytes: cursor.number()?,
    })
}

fn pack_entry(cursor: &mut Cursor<'_>) -> Result<PackEntry, Malformed> {
    Ok(PackEntry {
        number: FileNumber(cursor.number()?),
        sealed: match cursor.u8()? {
            0 => false,
            1 => true,
            _ => return Err(Malformed),
        },
        length: cursor.number()?,
        records: cursor.number()?,
        dead_bytes: cursor.number()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        Manifest {
            store: StoreId(*b"0123456789abcdef"),
            generation: 3,
            log_start: Link { position: Position(41), checksum: 0xdead_beef },
            next_file: FileNumber(9),
            next_record: RecordNumber(1000),
            next_id: IdNumber(5),
            next_stream: StreamNumber(2),
            checkpoints: 3,
            versions: 8,
            dropped_versions: 6,
            logs: vec![FileNumber(7), FileNumber(8)],
            runs: vec![RunEntry {
                kind: FileKind::EventRun,
                number: FileNumber(3),
                length: 9999,
                entries: 70,
                dead_bytes: 4,
            }],
            packs: vec![PackEntry {
                number: FileNumber(4),
                sealed: true,
                length: 512,
                records: 3,
                dead_bytes: 0,
            }],
        }
    }

    fn decode(bytes: &[u8]) -> Result<Manifest> {
        Manifest::decode(bytes, Path::new("m"))
    }

    #[test]
    fn a_manifest_round_trips() {
        assert_eq!(decode(&sample().encode()).unwrap(), sample());
    }

    #[test]
    fn every_flipped_bit_and_every_truncation_is_refused() {
        let bytes = sample().encode();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            decode(&damaged).unwrap_err();
        }
        for length in 0..bytes.len() {
            decode(&bytes[..length]).unwrap_err();
        }
    }

    /// Catches a recovery that makes its log under the number of a live file, or finds no log: both fail, by errors that are none of damage.
    #[test]
    fn a_manifest_without_a_log_or_with_a_number_twice_is_refused() {
        let without = Manifest { logs: Vec::new(), ..sample() };
        let next = Manifest { next_file: FileNumber(8), ..sample() };
        let twice = Manifest { logs: vec![FileNumber(7), FileNumber(7)], ..sample() };
        let both = Manifest { logs: vec![FileNumber(3)], ..sample() };
        for manifest in [without, next, twice, both] {
            let refused = decode(&manifest.encode()).unwrap_err();
            assert!(matches!(refused, Error::Corrupt { what: "manifest body", .. }), "{refused}");
        }
    }

    #[test]
    fn only_live_files_are_named() {
        let manifest = sample();
        assert!(manifest.names(names::FileName::Log(FileNumber(8))));
        assert!(!manifest.names(names::FileName::Log(FileNumber(3))));
        assert!(manifest.names(names::FileName::Run(FileNumber(3))));
        assert!(!manifest.names(names::FileName::Pack(FileNumber(5))));
    }

    /// Catches a manifest of which a part is not understood, and another file's bytes in its place.
    #[test]
    fn bytes_left_and_another_kind_are_refused_however_right_the_checksum() {
        let mut longer = sample().encode();
        longer.push(0);
        let body = longer.split_off(BODY_OFFSET);
        longer.truncate(HEADER_BYTES);
        longer.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
        longer.extend(sample().store.checksum(&[&body]).to_le_bytes());
        longer.extend(&body);
        let mut other = sample().encode();
        let header = FileHeader::new(FileKind::Log, FileNumber(0), sample().store).encode();
        other[..HEADER_BYTES].copy_from_slice(&header);
        for (bytes, told) in [(longer, "manifest body"), (other, "file header of another file")] {
            let refused = decode(&bytes).unwrap_err();
            assert!(matches!(refused, Error::Corrupt { what, .. } if what == told), "{refused}");
        }
    }
}
