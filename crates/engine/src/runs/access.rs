//! Reading the blocks of an open run and going through their entries.
//!
//! Constraints: a block's checksum is checked each time it is read from the file, and what a walk finds in it is held against what the index says: its first key,
//! how many entries it has, and that its last key is below the next block's first.

use std::{cmp::Ordering, ops::Range, sync::Arc};

use super::{
    block::{CheckedBlock, Unusable, emptied},
    cache::{CACHE, SharedBlock},
    entries::{Entries, Entry},
    index::BlockPlace,
    run::{Found, Run},
};
use crate::error::{Error, Result};

/// Whether blocks go through the process's cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Caching {
    /// For what is likely to be read again.
    Cached,
    /// For walks that read much once, and would only push everything else out.
    Bypassed,
}

/// The raw bytes of a block, wherever they are.
#[derive(Debug)]
pub(super) enum BlockBytes {
    /// In the file's mapping.
    Mapped(Range<usize>),
    /// In a buffer of the reader's own.
    Owned(Vec<u8>),
    /// In the cache's buffer.
    Shared(SharedBlock),
}

impl Default for BlockBytes {
    fn default() -> Self {
        Self::Owned(Vec::new())
    }
}

impl BlockBytes {
    /// A buffer to read the next block into.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        if let Self::Owned(buffer) = self { emptied(buffer) } else { Vec::new() }
    }
}

impl Run {
    /// What it says of `key`. Reads at most one block, through the process's cache.
    pub fn get(&self, key: &[u8]) -> Result<Found> {
        let Some(block) = self.layout.index.block_of(key) else { return Ok(Found::Absent) };
        let bytes = self.load(block, Caching::Cached, Vec::new())?;
        let raw = self.raw(&bytes);
        let mut entries = Entries::default();
        while self.step(block, &mut entries, raw)? {
            match entries.key().cmp(key) {
                Ordering::Less => {}
                Ordering::Greater => break,
                Ordering::Equal => {
                    return Ok(match entries.entry(raw) {
                        Entry::Put(value) => Found::Value(value.to_vec()),
                        Entry::Removed => Found::Removed,
                    });
                }
            }
        }
        Ok(Found::Absent)
    }

    /// Reads and checks a block. `buffer` may serve to hold it.
    pub(super) fn load(&self, block: usize, caching: Caching, mut buffer: Vec<u8>) -> Result<BlockBytes> {
        if caching == Caching::Cached
            && let Some(shared) = CACHE.get(self.instance, block)
        {
            return Ok(BlockBytes::Shared(shared));
        }
        let unusable = |unusable: Unusable| unusable.at(self.path(), self.offset(block), "block");
        let stored = self.stored_range(block).ok_or_else(|| unusable(Unusable::Damaged))?;
        let bytes = self.mapping.get(stored.clone()).ok_or_else(|| unusable(Unusable::Damaged))?;
        let checked =
            CheckedBlock::check(self.identity.store, bytes).map_err(|_| unusable(Unusable::Damaged))?;
        if let Some(in_place) = checked.in_place() {
            return Ok(BlockBytes::Mapped(stored.end - in_place.len()..stored.end));
        }
        checked.decode_into(&mut buffer).map_err(unusable)?;
        if caching == Caching::Bypassed {
            return Ok(BlockBytes::Owned(buffer));
        }
        let shared = Arc::new(buffer);
        CACHE.insert(self.instance, block, &shared);
        Ok(BlockBytes::Shared(shared))
    }

    /// The bytes of a block that was loaded from this run.
    pub(super) fn raw<'a>(&'a self, bytes: &'a BlockBytes) -> &'a [u8] {
        match bytes {
            BlockBytes::Mapped(range) => self.mapping.get(range.clone()).unwrap_or_default(),
            BlockBytes::Owned(bytes) => bytes,
            BlockBytes::Shared(bytes) => bytes,
        }
    }

    /// Goes to the next entry of a block, and checks that the block's entries are those that the index tells of.
    pub(super) fn step(&self, block: usize, entries: &mut Entries, raw: &[u8]) -> Result<bool> {
        let advanced = entries.advance(raw).map_err(|_| self.damaged(block))?;
        let expected = if advanced {
            entries.count() > 1 || self.is_first(block, entries.key())
        } else {
            self.is_whole(block, entries.count() as usize, entries.key())
        };
        if expected { Ok(advanced) } else { Err(self.damaged(block)) }
    }

    /// Whether `key` is the key of the block's first entry.
    pub(super) fn is_first(&self, block: usize, key: &[u8]) -> bool {
        self.layout.index.key(block) == Some(key)
    }

    /// Whether a block can have this number of entries and this last key.
    pub(super) fn is_whole(&self, block: usize, entries: usize, last_key: &[u8]) -> bool {
        let index = &self.layout.index;
        index.place(block).is_some_and(|place| place.entries as usize == entries)
            && index.key(block + 1).is_none_or(|next| last_key < next)
    }

    /// That a block's entries are not what was written.
    pub(super) fn damaged(&self, block: usize) -> Error {
        Error::corrupt(self.path(), self.offset(block), "block entries")
    }

    fn offset(&self, block: usize) -> u64 {
        self.layout.index.place(block).map_or(0, |place| place.offset)
    }

    fn stored_range(&self, block: usize) -> Option<Range<usize>> {
        let BlockPlace { offset, length, .. } = *self.layout.index.place(block)?;
        let start = usize::try_from(offset).ok()?;
        Some(start..start.checked_add(length as usize)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ids::{FileNumber, StoreId},
        runs::{Bounds, Entry, Family, RunConfig, RunWriter, Source, testing::MemoryDirectory},
    };

    /// Would catch a replay that wipes the cache, and a cache that no lookup uses or that outlives its runs.
    #[test]
    fn lookups_and_cursors_use_the_cache_and_scans_do_not() {
        let directory = MemoryDirectory::default();
        let (number, store) = (FileNumber(1), StoreId([1; 16]));
        let config = RunConfig { block_bytes: 1_000, level: 1 };
        let mut writer = RunWriter::create(&directory, number, store, Family::Events, config).unwrap();
        for n in 0..100u32 {
            writer.add(&n.to_be_bytes(), Entry::Put(&[7; 100])).unwrap();
        }
        let length = writer.finish().unwrap().length;
        let run = Run::open(&directory, number, store, Family::Events, length).unwrap();
        let cached =
            || (0..run.blocks().len()).filter(|block| CACHE.get(run.instance, *block).is_some()).count();

        let mut scan = run.scan(Bounds::all());
        while scan.next().unwrap() {}
        drop(scan);
        assert_eq!(cached(), 0);
        run.get(&50u32.to_be_bytes()).unwrap();
        assert_eq!(cached(), 1);
        let mut cursor = run.cursor(Bounds::all(), true);
        while cursor.next().unwrap() {}
        drop(cursor);
        assert_eq!(cached(), run.blocks().len());

        let instance = run.instance;
        drop(run);
        assert_eq!(CACHE.get(instance, 0), None);
    }
}
