//! The manifest's bytes.
//!
//! Constraint: what is read is consistent, or refused whole.

use std::path::Path;

use super::{Manifest, PackEntry, RunEntry};
use crate::{
    error::{Error, Result},
    format::{
        codec::{Cursor, Malformed, Put},
        frame::Link,
        header::{FileHeader, FileKind, HEADER_BYTES},
    },
    ids::{FileNumber, IdNumber, Position, RecordNumber, StreamNumber},
};

impl Manifest {
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
