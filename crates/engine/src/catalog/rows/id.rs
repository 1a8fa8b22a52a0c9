//! What is known of an id.

use crate::{
    format::codec::{Cursor, Malformed, Put},
    ids::{IdNumber, Position, RecordNumber},
};

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
