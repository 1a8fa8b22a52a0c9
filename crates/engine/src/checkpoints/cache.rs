//! Raw bytes of records that new versions were lately compressed against, for all stores of the process together.
//!
//! Constraints: the cache holds at most its budget, whatever stores are open; an entry is only ever seen by the opening of a store that put
//! it there (a copied store has the same id and numbers, and after a recovery a number can stand for other bytes), and all entries of an
//! opening go when its [`StoreBases`] is dropped; bytes put in were checked against their checksum.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    sync::Arc,
};

use crate::{
    ids::RecordNumber,
    sync::{Mutex, process_wide},
};

/// The budget of the process in bytes.
pub const PROCESS_BUDGET_BYTES: usize = 64 << 20;

/// What an entry takes besides its bytes, about.
const ENTRY_OVERHEAD_BYTES: usize = 192;

/// One entry takes at most this part of the budget: one large checkpoint must not throw out all others, and gains little, since
/// compressing it takes much longer than loading its base.
const LARGEST_PART: usize = 4;

/// Raw bytes of a record, shared by whoever needs them.
pub type RawBytes = Arc<Vec<u8>>;

/// A bounded cache that forgets what was used longest ago.
pub struct BaseCache {
    budget: usize,
    state: Mutex<State>,
}

/// Which opening of a store, and which of its records.
type Key = (u64, RecordNumber);

#[derive(Default)]
struct State {
    entries: HashMap<Key, Entry>,
    /// Keys by the tick of their last use.
    by_use: BTreeMap<u64, Key>,
    used: usize,
    tick: u64,
    openings: u64,
}

struct Entry {
    raw: RawBytes,
    raw_checksum: u32,
    tick: u64,
}

process_wide! { static SHARED: Arc<BaseCache> = BaseCache::new(PROCESS_BUDGET_BYTES); }

impl BaseCache {
    /// The cache that all stores of the process share.
    pub fn of_process() -> &'static Arc<Self> {
        &SHARED
    }

    /// A cache of its own, of at most `budget` bytes.
    pub fn new(budget: usize) -> Arc<Self> {
        Arc::new(Self { budget, state: Mutex::default() })
    }

    /// The part of one opening of a store.
    pub fn open(self: &Arc<Self>) -> StoreBases {
        let mut state = self.state.lock();
        state.openings += 1;
        StoreBases { cache: Arc::clone(self), opening: state.openings }
    }

    /// How many bytes it holds now, about.
    pub fn used(&self) -> usize {
        self.state.lock().used
    }
}

impl fmt::Debug for BaseCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BaseCache").field("budget", &self.budget).finish_non_exhaustive()
    }
}

/// The entries of one opening of a store; dropping it forgets them.
#[derive(Debug)]
pub struct StoreBases {
    cache: Arc<BaseCache>,
    opening: u64,
}

impl StoreBases {
    /// The raw bytes of record `number` and their CRC-32, if they are here.
    pub fn get(&self, number: RecordNumber) -> Option<(RawBytes, u32)> {
        self.cache.state.lock().get((self.opening, number))
    }

    /// Puts in the raw bytes of record `number`, whose CRC-32 is `raw_checksum`, making room by forgetting what was used longest ago. Bytes too large for the cache are
    /// not taken.
    pub fn insert(&self, number: RecordNumber, raw: &RawBytes, raw_checksum: u32) {
        if cost(raw) <= self.cache.budget / LARGEST_PART {
            let mut state = self.cache.state.lock();
            state.insert((self.opening, number), Arc::clone(raw), raw_checksum);
            state.shrink_to(self.cache.budget);
        }
    }

    /// Forgets record `number`, which no new version will be compressed against any more.
    pub fn forget(&self, number: RecordNumber) {
        self.cache.state.lock().remove((self.opening, number));
    }
}

impl Drop for StoreBases {
    fn drop(&mut self) {
        self.cache.state.lock().forget(self.opening);
    }
}

impl State {
    fn get(&mut self, key: Key) -> Option<(RawBytes, u32)> {
        let entry = self.entries.get_mut(&key)?;
        self.by_use.remove(&entry.tick);
        self.tick += 1;
        entry.tick = self.tick;
        self.by_use.insert(entry.tick, key);
        Some((Arc::clone(&entry.raw), entry.raw_checksum))
    }

    fn insert(&mut self, key: Key, raw: RawBytes, raw_checksum: u32) {
        self.remove(key);
        self.tick += 1;
        self.used += cost(&raw);
        self.by_use.insert(self.tick, key);
        self.entries.insert(key, Entry { raw, raw_checksum, tick: self.tick });
    }

    fn remove(&mut self, key: Key) {
        if let Some(entry) = self.entries.remove(&key) {
            self.by_use.remove(&entry.tick);
            self.used -= cost(&entry.raw);
        }
    }

    fn shrink_to(&mut self, budget: usize) {
        while self.used > budget
            && let Some(oldest) = self.by_use.first_entry()
        {
            let key = *oldest.get();
            self.remove(key);
        }
    }

    fn forget(&mut self, opening: u64) {
        let keys: Vec<_> = self.entries.keys().copied().filter(|(owner, _)| *owner == opening).collect();
        for key in keys {
            self.remove(key);
        }
    }
}

fn cost(raw: &RawBytes) -> usize {
    raw.capacity().saturating_add(ENTRY_OVERHEAD_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(bytes: usize) -> RawBytes {
        Arc::new(vec![7; bytes])
    }

    fn has(bases: &StoreBases, number: u64) -> bool {
        bases.get(RecordNumber(number)).is_some()
    }

    #[test]
    fn what_was_used_longest_ago_goes_first() {
        let cache = BaseCache::new(10_000);
        let bases = cache.open();
        for number in 1..=4 {
            bases.insert(RecordNumber(number), &raw(2300), 0);
        }
        assert!(has(&bases, 1));
        bases.insert(RecordNumber(5), &raw(2300), 0);
        assert!(!has(&bases, 2) && has(&bases, 1) && has(&bases, 3) && has(&bases, 4) && has(&bases, 5));
    }

    // The bug: a budget for each store, or sizes that drift when an entry is replaced.
    #[test]
    fn all_stores_together_keep_to_the_budget() {
        let cache = BaseCache::new(50_000);
        let stores = [cache.open(), cache.open(), cache.open()];
        for round in 0..200u64 {
            for store in &stores {
                store.insert(RecordNumber(round % 17), &raw(usize::try_from(round * 60).unwrap()), 0);
                assert!(cache.used() <= 50_000);
            }
        }
        drop(stores);
        assert_eq!(cache.used(), 0);
        assert!(cache.state.lock().by_use.is_empty());
    }

    // The bug: a copy of a store, with the same id, that is given the other one's bytes.
    #[test]
    fn one_opening_never_sees_the_entries_of_another() {
        let cache = BaseCache::new(10_000);
        let (one, other) = (cache.open(), cache.open());
        one.insert(RecordNumber(1), &raw(10), 5);
        assert!(!has(&other, 1));
        drop(other);
        assert_eq!(one.get(RecordNumber(1)).unwrap().1, 5);
        drop(one);
        assert!(!has(&cache.open(), 1));
    }

    #[test]
    fn an_entry_over_a_quarter_of_the_budget_is_not_taken() {
        let cache = BaseCache::new(10_000);
        let bases = cache.open();
        bases.insert(RecordNumber(1), &raw(2500), 0);
        assert!(!has(&bases, 1));
        bases.insert(RecordNumber(2), &raw(2000), 0);
        assert!(has(&bases, 2));
    }
}
