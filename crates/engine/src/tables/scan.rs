//! Walking the catalog's keys over all tables at once.
//!
//! Constraints: what is walked is a snapshot; a key that was removed is not given; nothing is held locked between two steps.

use std::sync::Arc;

use super::{Memtable, Snapshot, rows::Row};
use crate::{
    error::Result,
    runs::{Bounds, Entry, Merge, Source},
};

/// Keys and values, one after the other.
pub struct Scan {
    merge: Merge,
}

impl Scan {
    pub(super) fn new(snapshot: &Snapshot, from: &[u8], until: Option<&[u8]>, reverse: bool) -> Result<Self> {
        let mut sources: Vec<Box<dyn Source + Send>> = Vec::new();
        for table in snapshot.tables.memtables() {
            sources.push(Box::new(MemorySource {
                snapshot: snapshot.clone(),
                table: Arc::clone(table),
                from: from.to_vec(),
                until: until.map(<[u8]>::to_vec),
                reverse,
                started: false,
                key: Box::default(),
                value: None,
            }));
        }
        let bounds = Bounds { from: from.to_vec(), until: until.map(<[u8]>::to_vec) };
        for run in snapshot.tables.catalog_runs.iter().rev() {
            sources.push(Box::new(run.cursor(bounds.clone(), reverse)));
        }
        Ok(Self { merge: Merge::new(sources, reverse)? })
    }

    /// The next key and value.
    pub fn step(&mut self) -> Result<Option<(&[u8], &[u8])>> {
        loop {
            if !self.merge.next()? {
                return Ok(None);
            }
            if matches!(self.merge.entry(), Entry::Put(_)) {
                break;
            }
        }
        match self.merge.entry() {
            Entry::Put(value) => Ok(Some((self.merge.key(), value))),
            Entry::Removed => Ok(None),
        }
    }
}

/// The rows of one table in memory.
struct MemorySource {
    snapshot: Snapshot,
    table: Arc<Memtable>,
    from: Vec<u8>,
    until: Option<Vec<u8>>,
    reverse: bool,
    started: bool,
    key: Box<[u8]>,
    value: Option<Vec<u8>>,
}

impl MemorySource {
    fn step(&self) -> Option<(Box<[u8]>, Row)> {
        let at = self.snapshot.position;
        let rows = &self.table.rows;
        match (self.reverse, self.started) {
            (false, false) => rows.first(&self.from, false, self.until.as_deref(), at),
            (false, true) => rows.first(&self.key, true, self.until.as_deref(), at),
            (true, false) => rows.last(&self.from, self.until.as_deref(), at),
            (true, true) => rows.last(&self.from, Some(&self.key), at),
        }
    }
}

impl Source for MemorySource {
    fn next(&mut self) -> Result<bool> {
        let Some((key, row)) = self.step() else { return Ok(false) };
        self.started = true;
        self.key = key;
        self.value = self.snapshot.materialise(&self.table, row)?;
        Ok(true)
    }

    fn key(&self) -> &[u8] {
        &self.key
    }

    fn entry(&self) -> Entry<'_> {
        self.value.as_deref().map_or(Entry::Removed, Entry::Put)
    }
}
