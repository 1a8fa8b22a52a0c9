//! Decompressed blocks that were used lately, one cache for all runs of the process.
//!
//! Constraints: it holds at most [`CACHE_BYTES`]; blocks are known by the open run that read them, not by file number, since two copies of a store share
//! their ids and may both be open; what a run put here goes with the run.
//!
//! Second chance: blocks leave in the order in which they came, but one that was used since its last turn is spared once.

use std::{
    collections::{HashMap, VecDeque, hash_map},
    sync::Arc,
};

use crate::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
    process_wide,
};

/// The sum of the lengths of all blocks in the process's cache.
pub(super) const CACHE_BYTES: usize = 32 << 20;

/// A block that takes more than this part of the cache is not kept.
const LARGEST_PART: usize = 16;

process_wide! {
    /// The process's cache.
    pub(super) static CACHE: BlockCache = BlockCache::new(CACHE_BYTES);
}

process_wide! { static NEXT_INSTANCE: AtomicU64 = AtomicU64::new(0); }

/// An open run. Never used twice in a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct RunInstance(u64);

impl RunInstance {
    /// One that was never used before.
    pub(super) fn new() -> Self {
        Self(NEXT_INSTANCE.fetch_add(1, Ordering::Relaxed))
    }
}

/// The raw bytes of a block.
pub(super) type SharedBlock = Arc<Vec<u8>>;

type Key = (RunInstance, usize);

/// Blocks by run and number.
#[derive(Debug)]
pub(super) struct BlockCache {
    most_bytes: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    slots: HashMap<Key, Slot>,
    /// The keys of all slots, in the order of their turns.
    turns: VecDeque<Key>,
    bytes: usize,
}

#[derive(Debug)]
struct Slot {
    block: SharedBlock,
    used: bool,
}

impl BlockCache {
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { most_bytes, state: Mutex::default() }
    }

    /// A block, where it is here.
    pub(super) fn get(&self, run: RunInstance, block: usize) -> Option<SharedBlock> {
        let mut state = self.state.lock();
        let slot = state.slots.get_mut(&(run, block))?;
        slot.used = true;
        Some(Arc::clone(&slot.block))
    }

    /// Keeps a block, unless it is large for the cache.
    pub(super) fn insert(&self, run: RunInstance, block: usize, bytes: &SharedBlock) {
        if bytes.capacity() > self.most_bytes / LARGEST_PART {
            return;
        }
        let mut state = self.state.lock();
        let State { slots, turns, bytes: sum } = &mut *state;
        let hash_map::Entry::Vacant(slot) = slots.entry((run, block)) else { return };
        slot.insert(Slot { block: Arc::clone(bytes), used: false });
        turns.push_back((run, block));
        *sum += bytes.capacity();
        state.make_room(self.most_bytes);
    }

    /// Drops what a run put here.
    pub(super) fn forget(&self, run: RunInstance) {
        let mut state = self.state.lock();
        let State { slots, turns, bytes } = &mut *state;
        turns.retain(|key| key.0 != run);
        slots.retain(|key, slot| {
            let keep = key.0 != run;
            *bytes -= if keep { 0 } else { slot.block.capacity() };
            keep
        });
    }
}

impl State {
    fn make_room(&mut self, most_bytes: usize) {
        while self.bytes > most_bytes {
            let Some(key) = self.turns.pop_front() else { return };
            let hash_map::Entry::Occupied(mut slot) = self.slots.entry(key) else { continue };
            if std::mem::take(&mut slot.get_mut().used) {
                self.turns.push_back(key);
            } else {
                self.bytes -= slot.remove().block.capacity();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(byte: u8) -> SharedBlock {
        Arc::new(vec![byte; 100])
    }

    #[test]
    fn a_block_in_use_outlives_blocks_that_are_not() {
        let cache = BlockCache::new(1_600);
        let run = RunInstance::new();
        for number in 0..100 {
            cache.insert(run, number, &block(1));
            assert!(cache.get(run, 0).is_some(), "the block in use was dropped for block {number}");
        }
        assert!(cache.get(run, 50).is_none());
        assert!(cache.get(run, 99).is_some());
        let state = cache.state.lock();
        assert!(state.bytes <= 1_600, "{}", state.bytes);
        assert_eq!((state.slots.len() * 100, state.turns.len()), (state.bytes, state.slots.len()));
    }

    #[test]
    fn a_dropped_run_leaves_nothing_and_others_stay() {
        let cache = BlockCache::new(10_000);
        let (gone, kept) = (RunInstance::new(), RunInstance::new());
        for number in 0..5 {
            cache.insert(gone, number, &block(1));
            cache.insert(kept, number, &block(2));
        }
        cache.forget(gone);
        assert!((0..5).all(|number| cache.get(gone, number).is_none()));
        assert!((0..5).all(|number| cache.get(kept, number) == Some(block(2))));
        let state = cache.state.lock();
        assert_eq!((state.bytes, state.turns.len(), state.slots.len()), (500, 5, 5));
    }

    #[test]
    fn a_large_block_does_not_wipe_the_cache() {
        let cache = BlockCache::new(1_600);
        let run = RunInstance::new();
        cache.insert(run, 0, &block(1));
        cache.insert(run, 1, &Arc::new(vec![0; 1_500]));
        assert!(cache.get(run, 0).is_some());
        assert!(cache.get(run, 1).is_none());
    }

    #[test]
    fn a_block_that_is_read_twice_at_once_is_counted_once() {
        let cache = BlockCache::new(1_600);
        let run = RunInstance::new();
        cache.insert(run, 0, &block(1));
        cache.insert(run, 0, &block(1));
        let state = cache.state.lock();
        assert_eq!((state.bytes, state.turns.len()), (100, 1));
    }
}
