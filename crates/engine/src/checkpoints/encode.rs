//! Making a record of raw bytes: compressed, with its header.
//!
//! Constraints: a delta is only stored where it saves something worth the longer load, and only against the very bytes its header names as the
//! base; the header describes exactly the stored bytes.

use crate::{
    checkpoints::{
        chain::Link,
        compress::{CodecError, compress},
    },
    format::record::{Base, MAX_RAW_BYTES, MAX_STORED_BYTES, RecordHeader, RecordKind},
    ids::RecordNumber,
};

/// A delta of at most this part of the raw bytes is kept without a look at what the whole record would take.
const SURELY_WORTH_IT: usize = 8;

/// A larger delta is kept where it saves at least this part of the whole record.
const WORTH_IT: usize = 8;

/// A record ready to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncodedRecord {
    /// Its header.
    pub header: RecordHeader,
    /// The bytes behind it.
    pub stored: Vec<u8>,
}

/// Compresses `raw` at `level` into checkpoint record `number` with its place `link`; `base` are the raw bytes of `link.base`, if it has one. Where
/// the delta does not save enough, the record is whole and keeps its ordinal. Raw bytes over [`MAX_RAW_BYTES`] are refused.
pub fn encode_checkpoint(
    number: RecordNumber,
    link: &Link,
    raw: &[u8],
    base: Option<&[u8]>,
    level: i32,
) -> Result<EncodedRecord, CodecError> {
    let raw_length = checked_length(raw, MAX_RAW_BYTES)?;
    let chained = link.base.zip(base).filter(|(facts, base)| crc32fast::hash(base) == facts.raw_checksum);
    let (stored, is_delta) = match chained {
        Some((_, base)) => smaller(level, raw, base)?,
        None => (compress(level, raw, None)?, false),
    };
    let base = chained
        .filter(|_| is_delta)
        .map(|(facts, _)| Base { number: facts.number, raw_checksum: facts.raw_checksum });
    let header = RecordHeader {
        number,
        base,
        raw_length,
        raw_checksum: crc32fast::hash(raw),
        stored_length: checked_length(&stored, MAX_STORED_BYTES)?,
        stored_checksum: crc32fast::hash(&stored),
        ordinal: link.ordinal,
        depth: if is_delta { link.depth() } else { 1 },
        kind: RecordKind::Checkpoint,
    };
    Ok(EncodedRecord { header, stored })
}

/// Compresses the body of a large log frame at `level` into record `number`. Raw bytes over [`MAX_RAW_BYTES`] are refused.
pub fn encode_large_change(
    number: RecordNumber,
    raw: &[u8],
    level: i32,
) -> Result<EncodedRecord, CodecError> {
    let mut whole = encode_checkpoint(number, &Link::FIRST, raw, None, level)?;
    whole.header.kind = RecordKind::LargeChange;
    Ok(whole)
}

/// The delta against `base`, or the whole record where the delta saves too little; and whether it is the delta.
fn smaller(level: i32, raw: &[u8], base: &[u8]) -> Result<(Vec<u8>, bool), CodecError> {
    let delta = compress(level, raw, Some(base))?;
    if delta.len() <= raw.len() / SURELY_WORTH_IT {
        return Ok((delta, true));
    }
    let whole = compress(level, raw, None)?;
    if delta.len() <= whole.len() - whole.len() / WORTH_IT { Ok((delta, true)) } else { Ok((whole, false)) }
}

fn checked_length(bytes: &[u8], most: u32) -> Result<u32, CodecError> {
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= most);
    length.ok_or(CodecError::Refused("record is longer than any may be"))
}

#[cfg(test)]
mod tests {
    use super::*;

    // The bug: a record that is written and can never be read, since a reader refuses its length.
    #[test]
    fn lengths_end_at_the_limit() {
        assert_eq!(checked_length(&[0; 3], 3), Ok(3));
        assert!(checked_length(&[0; 3], 2).is_err());
    }
}
