//! The index of a run: for each block the key of its first entry, its place and how many entries it has.
//!
//! Constraints: an open run holds it in memory, so all keys lie in one buffer; blocks lie one after the other from the file's header to the index itself, without a
//! gap, so that no byte of the file is without a checksum; the keys in full take at most [`MAX_RAW_BYTES`].

use super::{
    block::{BLOCK_HEADER_BYTES, MAX_RAW_BYTES},
    entries::common_prefix,
};
use crate::{
    error::{Error, Result},
    format::codec::{Cursor, Malformed, Put},
};

/// Where a block is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockPlace {
    /// Its offset in the file.
    pub(super) offset: u64,
    /// Its length in the file.
    pub(super) length: u32,
    /// How many entries it has, at least one.
    pub(super) entries: u32,
    key_start: u32,
    key_end: u32,
}

/// The index of an open run.
#[derive(Debug)]
pub(super) struct Index {
    keys: Vec<u8>,
    places: Vec<BlockPlace>,
}

impl Index {
    /// Reads the raw bytes of an index whose blocks lie from `start` to `end` of the file.
    pub(super) fn decode(raw: &[u8], start: u64, end: u64) -> Result<Self, Malformed> {
        let mut index = Self { keys: Vec::new(), places: Vec::new() };
        let mut cursor = Cursor::new(raw);
        let mut offset = start;
        while !cursor.is_empty() {
            let shared = cursor.length()?;
            let unshared = cursor.length()?;
            let length = cursor.varint_u32()?;
            let entries = cursor.varint_u32()?;
            let unshared = cursor.take(unshared)?;
            let (key_start, key_end) = index.push_key(shared, unshared)?;
            if (length as usize) < BLOCK_HEADER_BYTES || entries == 0 {
                return Err(Malformed);
            }
            index.places.push(BlockPlace { offset, length, entries, key_start, key_end });
            offset = offset.checked_add(u64::from(length)).filter(|next| *next <= end).ok_or(Malformed)?;
        }
        if offset != end {
            return Err(Malformed);
        }
        index.keys.shrink_to_fit();
        index.places.shrink_to_fit();
        Ok(index)
    }

    fn push_key(&mut self, shared: usize, unshared: &[u8]) -> Result<(u32, u32), Malformed> {
        let before = self.places.last().map(|place| (place.key_start as usize, self.key_of(place)));
        let shared = match before {
            Some((start, before)) => {
                if before.get(shared..).ok_or(Malformed)? >= unshared {
                    return Err(Malformed);
                }
                start..start + shared
            }
            None if shared == 0 => 0..0,
            None => return Err(Malformed),
        };
        let start = self.keys.len();
        let end = start.saturating_add(shared.len()).saturating_add(unshared.len());
        if end > MAX_RAW_BYTES {
            return Err(Malformed);
        }
        self.keys.extend_from_within(shared);
        self.keys.extend_from_slice(unshared);
        Ok((u32::try_from(start).map_err(|_| Malformed)?, u32::try_from(end).map_err(|_| Malformed)?))
    }

    /// How many blocks there are.
    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    /// The place of a block.
    pub(super) fn place(&self, block: usize) -> Option<&BlockPlace> {
        self.places.get(block)
    }

    /// All places, in order.
    pub(super) fn places(&self) -> &[BlockPlace] {
        &self.places
    }

    /// The first key of the block at `place`.
    pub(super) fn key_of(&self, place: &BlockPlace) -> &[u8] {
        self.keys.get(place.key_start as usize..place.key_end as usize).unwrap_or_default()
    }

    /// The first key of a block.
    pub(super) fn key(&self, block: usize) -> Option<&[u8]> {
        self.place(block).map(|place| self.key_of(place))
    }

    /// The last block whose first key is at most `key`: the only one that can hold it.
    pub(super) fn block_of(&self, key: &[u8]) -> Option<usize> {
        self.places.partition_point(|place| self.key_of(place) <= key).checked_sub(1)
    }

    /// The last block whose first key is below `key`.
    pub(super) fn block_before(&self, key: &[u8]) -> Option<usize> {
        self.places.partition_point(|place| self.key_of(place) < key).checked_sub(1)
    }
}

/// Collects an index.
#[derive(Debug, Default)]
pub(super) struct IndexWriter {
    raw: Vec<u8>,
    last_key: Vec<u8>,
    blocks: u64,
    key_bytes: usize,
}

impl IndexWriter {
    /// Adds the block that comes next.
    pub(super) fn push(&mut self, first_key: &[u8], length: u32, entries: u32) -> Result<()> {
        self.key_bytes += first_key.len();
        let shared = common_prefix(&self.last_key, first_key);
        let (_, unshared) = first_key.split_at(shared);
        for field in [shared as u64, unshared.len() as u64, u64::from(length), u64::from(entries)] {
            self.raw.put_varint(field);
        }
        self.raw.extend_from_slice(unshared);
        self.last_key.truncate(shared);
        self.last_key.extend_from_slice(unshared);
        self.blocks += 1;
        let bytes = self.key_bytes.max(self.raw.len());
        if bytes > MAX_RAW_BYTES {
            return Err(Error::TooLarge {
                what: "the index of a run",
                bytes: bytes as u64,
                limit: MAX_RAW_BYTES as u64,
            });
        }
        Ok(())
    }

    /// Its raw bytes.
    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// How many blocks it has.
    pub(super) fn blocks(&self) -> u64 {
        self.blocks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let mut writer = IndexWriter::default();
        for (key, length, entries) in [("", 20, 1), ("ab", 300, 7), ("abc", 16, 2), ("b", 40, 3)] {
            writer.push(key.as_bytes(), length, entries).unwrap();
        }
        writer.raw().to_vec()
    }

    #[test]
    fn it_round_trips_and_finds_the_block_of_a_key() {
        let index = Index::decode(&sample(), 64, 440).unwrap();
        let places: Vec<_> =
            index.places().iter().map(|p| (index.key_of(p), p.offset, p.length, p.entries)).collect();
        let expected: [(&[u8], u64, u32, u32); 4] =
            [(b"", 64, 20, 1), (b"ab", 84, 300, 7), (b"abc", 384, 16, 2), (b"b", 400, 40, 3)];
        assert_eq!(places, expected);
        for (key, of, before) in [
            ("", Some(0), None),
            ("a", Some(0), Some(0)),
            ("ab", Some(1), Some(0)),
            ("abd", Some(2), Some(2)),
            ("c", Some(3), Some(3)),
        ] {
            assert_eq!(
                (index.block_of(key.as_bytes()), index.block_before(key.as_bytes())),
                (of, before),
                "{key}"
            );
        }
    }

    #[test]
    fn blocks_that_do_not_fill_the_file_are_refused() {
        for (start, end) in [(64, 439), (64, 441), (63, 440), (u64::MAX - 8, u64::MAX)] {
            assert_eq!(Index::decode(&sample(), start, end).err(), Some(Malformed), "{start}..{end}");
        }
        assert!(Index::decode(&[], 64, 64).is_ok());
    }

    #[test]
    fn keys_that_do_not_ascend_or_fields_that_cannot_be_are_refused() {
        let entry = |shared: u8, key: &[u8], length: u8, entries: u8| {
            let unshared = u8::try_from(key.len()).unwrap();
            [&[shared, unshared, length, entries], key].concat()
        };
        let good = [entry(0, b"ab", 20, 1), entry(1, b"c", 20, 1)].concat();
        assert!(Index::decode(&good, 0, 40).is_ok());
        for (what, second) in [
            ("equal keys", entry(2, b"", 20, 1)),
            ("descending keys", entry(1, b"a", 20, 1)),
            ("more shared than there is", entry(3, b"c", 20, 1)),
            ("a block without entries", entry(1, b"c", 20, 0)),
            ("a block shorter than its header", entry(1, b"c", 15, 1)),
        ] {
            let raw = [entry(0, b"ab", 20, 1), second].concat();
            let end = 20 + u64::from(raw[8]);
            assert_eq!(Index::decode(&raw, 0, end).err(), Some(Malformed), "{what}");
        }
        assert!(Index::decode(&entry(1, b"c", 20, 1), 0, 20).is_err(), "a first key that shares");
    }

    #[test]
    fn keys_that_repeat_a_long_prefix_do_not_grow_without_bound() {
        let mut raw = Vec::new();
        let long = vec![b'k'; 1 << 20];
        for (shared, unshared) in
            [(0, long.as_slice())].into_iter().chain((0..2_000).map(|n| ((1 << 20) + n, &b"k"[..])))
        {
            for field in [shared, unshared.len() as u64, 16, 1] {
                raw.put_varint(field);
            }
            raw.extend_from_slice(unshared);
        }
        assert_eq!(Index::decode(&raw, 0, 2_001 * 16).err(), Some(Malformed));
    }
}
