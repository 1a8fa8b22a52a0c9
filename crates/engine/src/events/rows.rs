//! An event as an entry of a run.
//!
//! Constraints: the keys' order as bytes is the order of streams and, within one, of sequences.

use crate::{
    format::codec::{Cursor, Malformed, Put},
    ids::{Position, Sequence, StreamNumber},
};

/// An event's entry, borrowed from its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventRow<'a> {
    /// The change that appended it.
    pub position: Position,
    /// When that was accepted, in milliseconds.
    pub time_ms: u64,
    /// The sum of the lengths of all events of the stream before it.
    pub bytes_before: u64,
    /// Its bytes.
    pub data: &'a [u8],
}

/// The key of an event.
pub fn key(stream: StreamNumber, sequence: Sequence) -> [u8; 16] {
    let mut key = [0; 16];
    let (left, right) = key.split_at_mut(8);
    left.copy_from_slice(&stream.0.to_be_bytes());
    right.copy_from_slice(&sequence.0.to_be_bytes());
    key
}

/// What a key says.
pub fn parse_key(key: &[u8]) -> Result<(StreamNumber, Sequence), Malformed> {
    let (stream, sequence) = key.split_first_chunk::<8>().ok_or(Malformed)?;
    let sequence = <[u8; 8]>::try_from(sequence).map_err(|_| Malformed)?;
    Ok((StreamNumber(u64::from_be_bytes(*stream)), Sequence(u64::from_be_bytes(sequence))))
}

impl<'a> EventRow<'a> {
    /// In place of an event that was damaged and that a repair gave up: readers pass over it.
    pub fn lost(bytes_before: u64) -> Self {
        Self { position: Position(0), time_ms: 0, bytes_before, data: &[] }
    }

    /// Whether it stands in place of an event that was given up. No change has the position 0.
    pub fn is_lost(&self) -> bool {
        self.position == Position(0)
    }

    /// Writes the entry's value over `value`.
    pub fn encode(&self, value: &mut Vec<u8>) {
        value.clear();
        for number in [self.position.0, self.time_ms, self.bytes_before] {
            value.put_varint(number);
        }
        value.extend_from_slice(self.data);
    }

    /// Reads an entry's value.
    pub fn decode(value: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(value);
        Ok(Self {
            position: Position(cursor.number()?),
            time_ms: cursor.varint()?,
            bytes_before: cursor.number()?,
            data: cursor.rest(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_stream_then_sequence() {
        let keys = [
            key(StreamNumber(1), Sequence(300)),
            key(StreamNumber(2), Sequence(1)),
            key(StreamNumber(300), Sequence(0)),
        ];
        assert!(keys.is_sorted());
        assert_eq!(parse_key(&keys[0]), Ok((StreamNumber(1), Sequence(300))));
        assert_eq!(parse_key(&keys[0][..15]), Err(Malformed));
    }

    #[test]
    fn values_round_trip() {
        let row = EventRow {
            position: Position(1 << 40),
            time_ms: 1_760_000_000_000,
            bytes_before: 0,
            data: b"event",
        };
        let mut value = Vec::new();
        row.encode(&mut value);
        assert_eq!(EventRow::decode(&value), Ok(row));
        assert_eq!(EventRow::decode(&value[..3]), Err(Malformed));
    }
}
