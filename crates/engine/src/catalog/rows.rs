//! The values of the catalog's rows.
//!
//! Constraints: a row that does not decode, or whose fields contradict each other, is damage of a store whose checksums held, so it is reported, never
//! skipped.

use std::path::Path;

use crate::{
    error::{Error, Result},
    format::codec::{Cursor, Malformed, Put},
    ids::{IdNumber, Position, RecordNumber, Sequence, StreamNumber},
};

/// What is known of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StreamRow {
    /// Its number.
    pub number: StreamNumber,
    /// The oldest sequence that was not pruned; one more than `last` where all were.
    pub first: Sequence,
    /// The newest sequence.
    pub last: Sequence,
    /// Pruned events from here on are still kept on disk.
    pub hold: Option<Sequence>,
    /// The sum of the lengths of all events it ever had.
    pub total_bytes: u64,
}

/// What is known of an id.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct IdRow {
    /// Its number.
    pub number: IdNumber,
    /// Where it was first saved.
    pub first_position: Position,
    /// Its oldest kept version.
    pub oldest: u32,
    /// Its newest version.
    pub newest: u32,
    /// The newest version's time.
    pub time: f64,
    /// The newest version's record.
    pub record: RecordNumber,
}

/// What is known of a version.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionRow {
    /// Its bytes.
    pub record: RecordNumber,
    /// How many they are.
    pub bytes: u64,
    /// How many of them are stored, compressed.
    pub stored_bytes: u64,
    /// When it was saved, in milliseconds.
    pub saved_at: u64,
    /// The time the caller gave.
    pub time: f64,
    /// The change that saved it.
    pub position: Position,
    /// The last change there was when the save was called.
    pub called_after: Position,
    /// Its lineage.
    pub lineage: String,
    /// What is listed without loading the data.
    pub meta: Vec<u8>,
}

/// An id at the time of its newest version, with what a list needs to go to that version at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRow<'a> {
    /// Its newest version.
    pub newest: u32,
    /// The id.
    pub id: &'a str,
}

/// The record saved last in a lineage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LineageRow {
    /// The id it was saved under.
    pub id: IdNumber,
    /// The version it became.
    pub version: u32,
    /// The record.
    pub record: RecordNumber,
}

impl StreamRow {
    /// The first event that is not given back.
    pub fn oldest(&self) -> Sequence {
        self.hold.map_or(self.first, |hold| hold.min(self.first))
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16);
        let hold = self.hold.map_or(0, |hold| hold.0 + 1);
        for number in [self.number.0, self.first.0, self.last.0, hold, self.total_bytes] {
            bytes.put_varint(number);
        }
        bytes
    }

    /// Reads it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes);
        let row = Self {
            number: StreamNumber(cursor.number()?),
            first: Sequence(cursor.number()?),
            last: Sequence(cursor.number()?),
            hold: cursor.number()?.checked_sub(1).map(Sequence),
            total_bytes: cursor.number()?,
        };
        let fits = row.first >= Sequence(1) && row.first <= row.last.next();
        if fits { Ok(row) } else { Err(Malformed) }
    }
}

impl IdRow {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(32);
        for number in [self.number.0, self.first_position.0, self.oldest.into(), self.newest.into()] {
            bytes.put_varint(number);
        }
        bytes.extend_from_slice(&self.time.to_bits().to_le_bytes());
        bytes.put_varint(self.record.0);
        bytes
    }

    /// Reads it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes);
        let row = Self {
            number: IdNumber(cursor.number()?),
            first_position: Position(cursor.number()?),
            oldest: cursor.varint_u32()?,
            newest: cursor.varint_u32()?,
            time: cursor.f64()?,
            record: RecordNumber(cursor.number()?),
        };
        if (1..=row.newest).contains(&row.oldest) { Ok(row) } else { Err(Malformed) }
    }
}

impl VersionRow {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.encode_head(self.meta.len());
        bytes.extend_from_slice(&self.meta);
        bytes
    }

    /// The bytes before the meta's own, which end the row.
    pub fn encode_head(&self, meta_bytes: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(48 + self.lineage.len() + meta_bytes);
        for number in [self.record.0, self.bytes, self.stored_bytes, self.saved_at] {
            bytes.put_varint(number);
        }
        bytes.extend_from_slice(&self.time.to_bits().to_le_bytes());
        bytes.put_varint(self.position.0);
        bytes.put_varint(self.called_after.0);
        bytes.put_bytes(self.lineage.as_bytes());
        bytes.put_varint(meta_bytes as u64);
        bytes
    }

    /// The bytes of a version that was damaged and that a repair gave up, between others of its id.
    pub const LOST: &'static [u8] = &[];

    /// Reads it; `None` where it is [`VersionRow::LOST`].
    pub fn decode(bytes: &[u8]) -> Result<Option<Self>, Malformed> {
        if bytes == Self::LOST {
            return Ok(None);
        }
        let mut cursor = Cursor::new(bytes);
        let row = Self {
            record: RecordNumber(cursor.number()?),
            bytes: cursor.number()?,
            stored_bytes: cursor.number()?,
            saved_at: cursor.varint()?,
            time: cursor.f64()?,
            position: Position(cursor.number()?),
            called_after: Position(cursor.number()?),
            lineage: cursor.text()?.to_owned(),
            meta: cursor.bytes()?.to_vec(),
        };
        if row.called_after < row.position { Ok(Some(row)) } else { Err(Malformed) }
    }
}

impl<'a> TimeRow<'a> {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(5 + self.id.len());
        bytes.put_varint(self.newest.into());
        bytes.extend_from_slice(self.id.as_bytes());
        bytes
    }

    /// Reads it.
    pub fn decode(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes);
        let newest = cursor.varint_u32()?;
        let id = std::str::from_utf8(cursor.rest()).map_err(|_| Malformed)?;
        Ok(Self { newest, id })
    }
}

impl LineageRow {
    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(16);
        for number in [self.id.0, self.version.into(), self.record.0] {
            bytes.put_varint(number);
        }
        bytes
    }

    /// Reads it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes);
        Ok(Self {
            id: IdNumber(cursor.number()?),
            version: cursor.varint_u32()?,
            record: RecordNumber(cursor.number()?),
        })
    }
}

/// A row whose checksum held but which makes no sense, in the store at `directory`.
pub fn damaged(directory: &Path) -> impl Fn(Malformed) -> Error + '_ {
    move |Malformed| Error::corrupt(directory, 0, "catalog row")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_round_trip() {
        let stream = StreamRow {
            number: StreamNumber(1),
            first: Sequence(4),
            last: Sequence(900),
            hold: Some(Sequence(0)),
            total_bytes: 1 << 40,
        };
        assert_eq!(StreamRow::decode(&stream.encode()), Ok(stream));
        let id = IdRow {
            number: IdNumber(3),
            first_position: Position(9),
            oldest: 1,
            newest: 300,
            time: -0.5,
            record: RecordNumber(77),
        };
        assert_eq!(IdRow::decode(&id.encode()), Ok(id));
        let version = VersionRow {
            record: RecordNumber(7),
            bytes: 1000,
            stored_bytes: 10,
            saved_at: 1_760_000_000_000,
            time: 1.5,
            position: Position(8),
            called_after: Position(6),
            lineage: "agent".to_owned(),
            meta: b"meta".to_vec(),
        };
        assert_eq!(VersionRow::decode(&version.encode()), Ok(Some(version)));
        assert_eq!(VersionRow::decode(VersionRow::LOST), Ok(None));
        let by_time = TimeRow { newest: 200, id: "agent/1" };
        assert_eq!(TimeRow::decode(&by_time.encode()), Ok(by_time));
        let lineage = LineageRow { id: IdNumber(1), version: 2, record: RecordNumber(3) };
        assert_eq!(LineageRow::decode(&lineage.encode()), Ok(lineage));
    }

    /// Catches a stream of more events, or an id of more versions, than numbers tell: counting them would overflow; and a save that was called after it was done.
    #[test]
    fn rows_that_contradict_themselves_are_malformed() {
        let stream = |first, last| StreamRow {
            number: StreamNumber(1),
            first: Sequence(first),
            last: Sequence(last),
            hold: None,
            total_bytes: 0,
        };
        for (first, last, fits) in
            [(1, 0, true), (10, 9, true), (10, 8, false), (0, 9, false), (1, u64::MAX, false)]
        {
            assert_eq!(StreamRow::decode(&stream(first, last).encode()).is_ok(), fits, "{first} to {last}");
        }
        let id = |oldest, newest| IdRow {
            number: IdNumber(3),
            first_position: Position(9),
            oldest,
            newest,
            time: 0.,
            record: RecordNumber(77),
        };
        for (oldest, newest, fits) in [(1, 1, true), (2, 1, false), (0, 1, false)] {
            assert_eq!(IdRow::decode(&id(oldest, newest).encode()).is_ok(), fits, "{oldest} to {newest}");
        }
        let version = |called_after| VersionRow {
            record: RecordNumber(7),
            bytes: 1,
            stored_bytes: 1,
            saved_at: 1,
            time: 1.,
            position: Position(8),
            called_after: Position(called_after),
            lineage: String::new(),
            meta: Vec::new(),
        };
        for (called_after, fits) in [(0, true), (7, true), (8, false), (9, false)] {
            assert_eq!(VersionRow::decode(&version(called_after).encode()).is_ok(), fits, "{called_after}");
        }
    }

    #[test]
    fn a_row_that_ends_early_is_malformed() {
        let bytes = LineageRow { id: IdNumber(1), version: 2, record: RecordNumber(3) }.encode();
        assert_eq!(LineageRow::decode(&bytes[..2]), Err(Malformed));
    }
}
