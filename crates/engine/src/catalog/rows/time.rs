//! An id by the time of its newest version.

use crate::format::codec::{Cursor, Malformed, Put};

/// An id at the time of its newest version, with what a list needs to go to that version at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRow<'a> {
    /// Its newest version.
    pub newest: u32,
    /// The id.
    pub id: &'a str,
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
