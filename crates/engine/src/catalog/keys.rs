//! The catalog's keys. Their order as bytes is the order that lists go by.
//!
//! Constraints: the first byte tells the kind of row; numbers are big-endian, a time is its bits turned so that they compare as the number does;
//! a name stands last, so that it needs no end mark.

use crate::ids::{IdNumber, Position, StreamNumber};

const STREAM: u8 = 1;
const ID: u8 = 2;
const VERSION: u8 = 3;
const BY_FIRST_SAVE: u8 = 4;
const BY_TIME: u8 = 5;
const LINEAGE: u8 = 6;
const INTERNAL: u8 = 7;

/// What the key of an internal record of a stream begins with; no other key does, since those are texts.
const OF_STREAM: u8 = 0;

/// A range of keys: from the first to before the second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRange {
    /// The first key that may be in it.
    pub from: Vec<u8>,
    /// The first key behind it; `None` where there is no bound.
    pub until: Option<Vec<u8>>,
}

/// What a key says, read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    /// A key of [`stream`].
    Stream(&'a str),
    /// A key of [`id`].
    Id(&'a str),
    /// A key of [`version`].
    Version(IdNumber, u32),
    /// A key of [`by_first_save`].
    ByFirstSave(Position, IdNumber),
    /// A key of [`by_time`], without its time.
    ByTime(Position, IdNumber),
    /// A key of [`lineage`].
    Lineage,
    /// A key of [`internal`].
    Internal,
    /// None of these.
    Unknown,
}

impl<'a> Key<'a> {
    /// Reads a key.
    pub fn parse(key: &'a [u8]) -> Self {
        Self::of(key).unwrap_or(Self::Unknown)
    }

    fn of(key: &'a [u8]) -> Option<Self> {
        let (kind, rest) = key.split_first()?;
        Some(match *kind {
            STREAM => Self::Stream(std::str::from_utf8(rest).ok()?),
            ID => Self::Id(std::str::from_utf8(rest).ok()?),
            VERSION => {
                let (number, version) = rest.split_first_chunk::<8>()?;
                let version = u32::from_be_bytes(version.try_into().ok()?);
                Self::Version(IdNumber(u64::from_be_bytes(*number)), version)
            }
            BY_FIRST_SAVE => {
                let (first, number) = first_and_number(rest)?;
                Self::ByFirstSave(first, number)
            }
            BY_TIME => {
                let (first, number) = first_and_number(rest.get(8..)?)?;
                Self::ByTime(first, number)
            }
            LINEAGE => Self::Lineage,
            INTERNAL => Self::Internal,
            _ => return None,
        })
    }
}

fn first_and_number(bytes: &[u8]) -> Option<(Position, IdNumber)> {
    let (first, number) = bytes.split_first_chunk::<8>()?;
    let number = u64::from_be_bytes(number.try_into().ok()?);
    Some((Position(u64::from_be_bytes(*first)), IdNumber(number)))
}

fn named(kind: u8, name: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(1 + name.len());
    key.push(kind);
    key.extend_from_slice(name);
    key
}

fn kind(kind: u8) -> KeyRange {
    KeyRange { from: vec![kind], until: Some(vec![kind + 1]) }
}

/// A stream's row.
pub fn stream(name: &str) -> Vec<u8> {
    named(STREAM, name.as_bytes())
}

/// All streams, by name.
pub fn streams() -> KeyRange {
    kind(STREAM)
}

/// The name in a key of [`stream`] or [`id`].
pub fn name(key: &[u8]) -> Option<&str> {
    key.get(1..).and_then(|name| std::str::from_utf8(name).ok())
}

/// An id's row.
pub fn id(id: &str) -> Vec<u8> {
    named(ID, id.as_bytes())
}

/// All ids, by name.
pub fn ids() -> KeyRange {
    kind(ID)
}

/// A version's row.
pub fn version(id: IdNumber, version: u32) -> Vec<u8> {
    let mut key = named(VERSION, &id.0.to_be_bytes());
    key.extend_from_slice(&version.to_be_bytes());
    key
}

/// All versions of all ids.
pub fn versions() -> KeyRange {
    kind(VERSION)
}

/// The row that puts an id in the order of first saves.
pub fn by_first_save(first: Position, id: IdNumber) -> Vec<u8> {
    let mut key = named(BY_FIRST_SAVE, &first.0.to_be_bytes());
    key.extend_from_slice(&id.0.to_be_bytes());
    key
}

/// All ids, by first save.
pub fn all_by_first_save() -> KeyRange {
    kind(BY_FIRST_SAVE)
}

/// The row that puts an id in the order of times.
pub fn by_time(time: f64, first: Position, id: IdNumber) -> Vec<u8> {
    let mut key = named(BY_TIME, &sortable(time).to_be_bytes());
    key.extend_from_slice(&first.0.to_be_bytes());
    key.extend_from_slice(&id.0.to_be_bytes());
    key
}

/// All ids with a time of `[from, until]`, by time and, within one time, by first save.
pub fn between_times(from: Option<f64>, until: Option<f64>) -> KeyRange {
    let bound = |time: f64| named(BY_TIME, &sortable(time).to_be_bytes());
    KeyRange {
        from: from.map_or_else(|| vec![BY_TIME], bound),
        until: Some(until.map_or_else(|| vec![BY_TIME + 1], |until| after_time(&bound(until)))),
    }
}

/// The bytes that all keys of one time start with, where `key` is one of them.
pub fn time_of(key: &[u8]) -> Option<&[u8]> {
    key.get(..9)
}

/// The first key behind all keys that start with `time`, a result of [`time_of`].
pub fn after_time(time: &[u8]) -> Vec<u8> {
    let mut next = time.to_vec();
    for byte in next.iter_mut().rev() {
        *byte = byte.wrapping_add(1);
        if *byte != 0 {
            break;
        }
    }
    next
}

/// A lineage's row.
pub fn lineage(lineage: &str) -> Vec<u8> {
    named(LINEAGE, lineage.as_bytes())
}

/// An internal record's row.
pub fn internal(key: &[u8]) -> Vec<u8> {
    named(INTERNAL, key)
}

/// What [`internal`] made the key of.
pub fn internal_key(row: &[u8]) -> Option<&[u8]> {
    row.strip_prefix(&[INTERNAL])
}

/// The key of an internal record that goes when its stream is deleted: `rest` is a layer's own.
pub fn internal_of_stream(stream: StreamNumber, rest: &[u8]) -> Vec<u8> {
    [&[OF_STREAM], &stream.0.to_be_bytes()[..], rest].concat()
}

/// The rows of a stream's internal records.
pub fn internals_of_stream(stream: StreamNumber) -> KeyRange {
    let behind = StreamNumber(stream.0 + 1);
    KeyRange {
        from: internal(&internal_of_stream(stream, &[])),
        until: Some(internal(&internal_of_stream(behind, &[]))),
    }
}

/// Bits that compare as the numbers do: −0 as 0.
fn sortable(time: f64) -> u64 {
    let bits = (time + 0.0).to_bits();
    if bits >> 63 == 0 { bits | 1 << 63 } else { !bits }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_sort_as_numbers() {
        let times = [
            f64::NEG_INFINITY,
            -1e300,
            -1.5,
            -5e-324,
            0.0,
            5e-324,
            1.0,
            1_760_000_000_000.0,
            1_760_000_000_000.5,
            f64::INFINITY,
        ];
        for pair in times.windows(2) {
            assert!(
                by_time(pair[0], Position(9), IdNumber(9)) < by_time(pair[1], Position(1), IdNumber(1)),
                "{pair:?}"
            );
        }
        assert_eq!(sortable(-0.0), sortable(0.0));
    }

    #[test]
    fn keys_are_read_back() {
        let (first, number) = (Position(1 << 40), IdNumber(7));
        assert_eq!(Key::parse(&stream("")), Key::Stream(""));
        assert_eq!(Key::parse(&id("a")), Key::Id("a"));
        assert_eq!(Key::parse(&version(number, 300)), Key::Version(number, 300));
        assert_eq!(Key::parse(&by_first_save(first, number)), Key::ByFirstSave(first, number));
        assert_eq!(Key::parse(&by_time(-1.5, first, number)), Key::ByTime(first, number));
        assert_eq!(Key::parse(&lineage("x")), Key::Lineage);
        assert_eq!(Key::parse(&internal(b"x")), Key::Internal);
        for other in [&b""[..], b"\0", b"\x03short", b"\x05", b"\xff"] {
            assert_eq!(Key::parse(other), Key::Unknown, "{other:?}");
        }
    }

    #[test]
    fn a_range_of_times_has_both_ends() {
        let range = between_times(Some(1.0), Some(2.0));
        let key = |time| by_time(time, Position(u64::MAX), IdNumber(u64::MAX));
        let inside = |time| key(time) >= range.from && Some(key(time)) < range.until;
        assert!(!inside(0.999) && inside(1.0) && inside(1.5) && inside(2.0) && !inside(2.000_1));
    }

    #[test]
    fn the_open_range_of_times_holds_infinity_and_nothing_else() {
        let range = between_times(None, Some(f64::INFINITY));
        assert!(Some(by_time(f64::INFINITY, Position(u64::MAX), IdNumber(1))) < range.until);
        assert!(Some(lineage("")) >= range.until);
    }
}
