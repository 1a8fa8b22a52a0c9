//! Loading a record's raw bytes through its bases.
//!
//! Constraints: every record on the way is the one that was asked for, has the raw length and checksum its header names, and the raw checksum its
//! delta expects; each base is less deep than what needs it, so the walk ends after at most 255 records whatever it is told; at most two
//! records are decompressed at a time.

use std::{path::PathBuf, sync::Arc};

use crate::{
    checkpoints::{
        cache::{RawBytes, StoreBases},
        compress::decompress,
    },
    error::{Error, Result},
    format::record::{Base, MAX_RAW_BYTES, RecordHeader},
    ids::RecordNumber,
};

/// Where a record lies, for messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The pack or log.
    pub path: PathBuf,
    /// Where in it, in bytes.
    pub offset: u64,
}

/// A record as it is stored: its header and stored bytes, each with the checksum it should have.
#[derive(Debug, Clone)]
pub struct StoredRecord {
    /// Its header.
    pub header: RecordHeader,
    /// The bytes behind it.
    pub stored: Vec<u8>,
    /// Where it was read.
    pub origin: Origin,
}

/// Finds and reads stored records, wherever they lie.
pub trait Locate {
    /// Record `number`; `None` where the store has none of that number.
    fn stored(&self, number: RecordNumber) -> Result<Option<StoredRecord>>;
}

/// What a load puts into the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// Nothing: for a walk over everything, which would throw out what is in use.
    Nothing,
    /// The bases on the way: other versions need them too.
    Bases,
    /// The record alone: it is about to be a base itself, and what it was compressed against is less often needed.
    Record,
}

/// The raw bytes of record `number`; `None` where the store has no such record, which is damage if something names it. Takes what it can from `bases` and puts
/// there what `keep` says.
pub fn load_record(
    number: RecordNumber,
    locate: &dyn Locate,
    bases: Option<&StoreBases>,
    keep: Keep,
) -> Result<Option<RawBytes>> {
    if let Some((raw, _)) = bases.and_then(|bases| bases.get(number)) {
        return Ok(Some(raw));
    }
    let Some(record) = locate.stored(number)? else { return Ok(None) };
    if record.header.number != number {
        return Err(damaged(&record, "record of another number"));
    }
    let (mut needed, mut base) = descend(record, locate, bases)?;
    while let Some(record) = needed.pop() {
        let raw = Arc::new(expand(&record, base.as_deref().map(Vec::as_slice))?);
        let keeps = match keep {
            Keep::Nothing => false,
            Keep::Bases => !needed.is_empty(),
            Keep::Record => needed.is_empty(),
        };
        if let (true, Some(bases)) = (keeps, bases) {
            bases.insert(record.header.number, &raw, record.header.raw_checksum);
        }
        base = Some(raw);
    }
    Ok(base)
}

/// Reads the records that `record` needs, itself first, down to a whole one or one whose base is cached; that base then comes with them.
fn descend(
    record: StoredRecord,
    locate: &dyn Locate,
    bases: Option<&StoreBases>,
) -> Result<(Vec<StoredRecord>, Option<RawBytes>)> {
    let mut needed = Vec::new();
    let mut current = record;
    while let Some(base) = current.header.base {
        let cached = bases.and_then(|bases| bases.get(base.number));
        if let Some((raw, _)) = cached.filter(|(_, checksum)| *checksum == base.raw_checksum) {
            needed.push(current);
            return Ok((needed, Some(raw)));
        }
        let below = read_base(&current, base, locate)?;
        needed.push(current);
        current = below;
    }
    needed.push(current);
    Ok((needed, None))
}

/// Reads the record that `delta` was compressed against.
fn read_base(delta: &StoredRecord, base: Base, locate: &dyn Locate) -> Result<StoredRecord> {
    let Some(record) = locate.stored(base.number)? else {
        return Err(damaged(delta, "the record's base is missing"));
    };
    let what = if record.header.number != base.number {
        "record of another number"
    } else if record.header.raw_checksum != base.raw_checksum {
        "the record's base is another"
    } else if record.header.depth >= delta.header.depth {
        "the record's base is as deep as the record"
    } else {
        return Ok(record);
    };
    Err(damaged(delta, what))
}

/// Decompresses `record` against its base's raw bytes and checks what comes out.
fn expand(record: &StoredRecord, base: Option<&[u8]>) -> Result<Vec<u8>> {
    let origin = &record.origin;
    let raw = decompress(&record.stored, record.header.raw_length, base, MAX_RAW_BYTES)
        .map_err(|error| error.at(&origin.path, origin.offset))?;
    if crc32fast::hash(&raw) == record.header.raw_checksum {
        Ok(raw)
    } else {
        Err(damaged(record, "record's raw bytes"))
    }
}

fn damaged(record: &StoredRecord, what: &'static str) -> Error {
    Error::corrupt(&record.origin.path, record.origin.offset, what)
}

#[cfg(test)]
mod tests;
