//! What is known of a version.

use crate::{
    format::codec::{Cursor, Malformed, Put},
    ids::{Position, RecordNumber},
};

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
