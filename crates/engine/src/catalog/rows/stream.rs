//! What is known of a stream.

use crate::{
    format::codec::{Cursor, Malformed, Put},
    ids::{Sequence, StreamNumber},
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
