//! Where the nodes of a list are, by their ids.
//!
//! Constraint: it knows the hash of an id alone, so whoever asks tells whether a place has the id that is looked for.

use std::hash::BuildHasher;

use hashbrown::HashTable;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    /// The hash of each id, and the place.
    table: HashTable<(u64, usize)>,
    hasher: foldhash::fast::RandomState,
}

impl Index {
    pub(crate) fn with_capacity(places: usize) -> Self {
        Self { table: HashTable::with_capacity(places), ..Self::default() }
    }

    /// Notes a place of an id that has none.
    pub(crate) fn insert(&mut self, id: &[u8], place: usize) {
        let hash = self.hasher.hash_one(id);
        self.table.insert_unique(hash, (hash, place), |(hash, _)| *hash);
    }

    /// The place of an id.
    pub(crate) fn find(&self, id: &[u8], has_id: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = self.hasher.hash_one(id);
        let found = self.table.find(hash, |(known, place)| *known == hash && has_id(*place));
        found.map(|(_, place)| *place)
    }

    /// Forgets the place of an id, which it gives.
    pub(crate) fn remove(&mut self, id: &[u8], has_id: impl Fn(usize) -> bool) -> Option<usize> {
        let hash = self.hasher.hash_one(id);
        let found = self.table.find_entry(hash, |(known, place)| *known == hash && has_id(*place));
        found.ok().map(|entry| entry.remove().0.1)
    }
}
