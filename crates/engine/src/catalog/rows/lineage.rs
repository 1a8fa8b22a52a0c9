//! The record saved last in a lineage.

use crate::{
    format::codec::{Cursor, Malformed, Put},
    ids::{IdNumber, RecordNumber},
};

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
