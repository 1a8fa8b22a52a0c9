//! Records that nothing refers to yet, or no longer, but that a save under way needs.
//!
//! Constraints: a new record is pinned from before its first byte, a base from its choice, both until the save's frame is written or the save is
//! given up; compaction drops no record that a pinned one needs.

use std::{collections::HashMap, sync::Arc};

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
        if chain.iter().any(|record| core.doomed.contains(record)) {
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
