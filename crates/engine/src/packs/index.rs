//! A pack's index: its records' places by record number, kept in memory as the bytes they have on disk (40 a record).
//!
//! Constraints: an [`Index`] holds entries that all decode, with strictly ascending numbers, all within the records' part of the file.

use crate::{
    format::codec::Malformed,
    ids::RecordNumber,
    packs::place::{ENTRY_BYTES, RecordPlace},
};

/// Places by record number.
#[derive(Debug)]
pub(super) struct Index {
    entries: Vec<[u8; ENTRY_BYTES]>,
}

impl Index {
    /// The index of `places`, which ascend by number.
    pub(super) fn new<'a>(places: impl Iterator<Item = &'a RecordPlace>) -> Self {
        Self { entries: places.map(RecordPlace::encode).collect() }
    }

    /// Reads an index whose checksum was compared already; the records' part of its file ends at `records_end`.
    pub(super) fn decode(bytes: &[u8], records_end: u64) -> Result<Self, Malformed> {
        let (entries, []) = bytes.as_chunks::<ENTRY_BYTES>() else { return Err(Malformed) };
        let mut before = RecordNumber(0);
        for entry in entries {
            let place = RecordPlace::decode(entry)?;
            if place.number <= before || place.end() > records_end {
                return Err(Malformed);
            }
            before = place.number;
        }
        Ok(Self { entries: entries.to_vec() })
    }

    /// Its bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        self.entries.as_flattened()
    }

    /// How many records.
    pub(super) fn count(&self) -> usize {
        self.entries.len()
    }

    /// Where record `number` lies.
    pub(super) fn find(&self, number: RecordNumber) -> Option<RecordPlace> {
        let key = |entry: &[u8; ENTRY_BYTES]| entry.first_chunk().map(|bytes| u64::from_le_bytes(*bytes));
        let at = self.entries.binary_search_by_key(&Some(number.0), key).ok()?;
        self.entries.get(at).and_then(|entry| RecordPlace::decode(entry).ok())
    }

    /// All places, by record number.
    pub(super) fn places(&self) -> impl DoubleEndedIterator<Item = RecordPlace> {
        self.entries.iter().filter_map(|entry| RecordPlace::decode(entry).ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::record::RecordKind;

    fn place(number: u64, offset: u64) -> RecordPlace {
        RecordPlace {
            number: RecordNumber(number),
            offset,
            base: None,
            stored_length: 8,
            raw_length: 8,
            raw_checksum: 0,
            ordinal: 0,
            depth: 1,
            kind: RecordKind::Checkpoint,
        }
    }

    #[test]
    fn every_record_is_found_and_no_other() {
        let places: Vec<_> = (0..50).map(|i| place(3 + i * 2, 64 + i * 64)).collect();
        let index = Index::decode(Index::new(places.iter()).bytes(), 64 + 50 * 64).unwrap();
        for place in &places {
            assert_eq!(index.find(place.number), Some(*place));
            assert_eq!(index.find(place.number.next()), None);
        }
        assert_eq!(index.find(RecordNumber(0)), None);
        assert_eq!(index.places().collect::<Vec<_>>(), places);
    }

    #[test]
    fn disorder_repetition_and_places_outside_the_records_are_refused() {
        let refused = |places: &[RecordPlace], end| {
            Index::decode(Index::new(places.iter()).bytes(), end).unwrap_err();
        };
        refused(&[place(2, 64), place(1, 128)], 1000);
        refused(&[place(1, 64), place(1, 128)], 1000);
        refused(&[place(0, 64)], 1000);
        refused(&[place(1, 63)], 1000);
        refused(&[place(1, 64)], 127);
        refused(&[place(1, u64::MAX)], u64::MAX - 1);
        assert!(Index::decode(&[0; ENTRY_BYTES - 1], 1000).is_err());
    }
}
