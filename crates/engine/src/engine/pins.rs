//! Records that nothing refers to yet, or no longer, but that a save under way needs.
//!
//! Constraints: a new record is pinned from before its first byte, a base from its choice, both until the save's frame is written or the save is
//! given up; compaction drops no record that a pinned one needs.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::Engine;
use crate::{error::Result, ids::RecordNumber};

/// How often each record is pinned.
#[derive(Debug, Default)]
pub(super) struct Pins {
    counts: HashMap<RecordNumber, u32>,
}

impl Pins {
    pub(super) fn numbers(&self) -> Vec<RecordNumber> {
        self.counts.keys().copied().collect()
    }

    fn add(&mut self, number: RecordNumber) {
        *self.counts.entry(number).or_default() += 1;
    }

    fn remove(&mut self, number: RecordNumber) {
        if let Some(count) = self.counts.get_mut(&number) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&number);
            }
        }
    }
}

/// What a merge of packs is about to drop, and what saves have chosen since it looked.
///
/// A save chooses its base from an older snapshot, in which the base may still have been alive; so a merge notes what is chosen from when it looks at what is
/// alive, and drops nothing of that.
#[derive(Debug, Default)]
pub(super) struct Drops {
    /// Bases chosen since the merge began, with all that they need; `None` where no merge is under way.
    chosen: Option<HashSet<RecordNumber>>,
    /// What no save may choose any more.
    doomed: HashSet<RecordNumber>,
}

impl Drops {
    /// A merge looks at what is alive, under the same lock.
    pub(super) fn begin(&mut self) {
        self.chosen = Some(HashSet::new());
    }

    /// The merge ended, or was given up.
    pub(super) fn end(&mut self) {
        *self = Self::default();
    }

    /// From now on no save may choose one of `doomed`. `false` where one already has: then nothing may be dropped.
    pub(super) fn doom(&mut self, doomed: HashSet<RecordNumber>) -> bool {
        let is_free = self.chosen.as_ref().is_none_or(|chosen| chosen.is_disjoint(&doomed));
        if is_free {
            self.doomed = doomed;
        }
        is_free
    }

    /// Notes that a save chose a base with `chain`; `false` where it may not.
    fn choose(&mut self, chain: &[RecordNumber]) -> bool {
        if chain.iter().any(|record| self.doomed.contains(record)) {
            return false;
        }
        if let Some(chosen) = &mut self.chosen {
            chosen.extend(chain);
        }
        true
    }
}

/// Keeps one record until it is dropped.
pub(super) struct Pin {
    engine: Arc<Engine>,
    number: RecordNumber,
}

impl Pin {
    pub(super) fn new(engine: &Arc<Engine>, number: RecordNumber) -> Self {
        engine.core.lock().pins.add(number);
        Self { engine: Arc::clone(engine), number }
    }
}

/// Pins a base that was chosen from an older snapshot, with `chain`, itself and all that it needs. `None` where one of them is gone or going, so that it can be no base.
pub(super) fn pin_base(engine: &Arc<Engine>, chain: &[RecordNumber]) -> Result<Option<Pin>> {
    let Some(base) = chain.first() else { return Ok(None) };
    let (pin, tables) = {
        let mut core = engine.core.lock();
        if !core.drops.choose(chain) {
            return Ok(None);
        }
        core.pins.add(*base);
        (Pin { engine: Arc::clone(engine), number: *base }, Arc::clone(&core.tables))
    };
    // What was dropped before the pin is missing from these tables; from now on nothing of the chain is dropped.
    for record in chain {
        if tables.find_record(*record)?.is_none() {
            return Ok(None);
        }
    }
    Ok(Some(pin))
}

impl Drop for Pin {
    fn drop(&mut self) {
        self.engine.core.lock().pins.remove(self.number);
    }
}
