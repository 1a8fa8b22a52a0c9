//! What a handle gives to be read piece by piece.
//!
//! Constraints: an iterator is a snapshot of the moment of its call; it ends with its handle: after the close every step answers [`Error::Closed`], and once
//! another engine has taken the place of its own, [`Error::Poisoned`]; a store is not released as idle within a step. One that has come to its end holds
//! no file open: a program may keep it for long, and a garbage collector does.

use std::sync::Arc;

use super::Store;
use crate::{
    catalog::{find::CheckpointInfo, listing::Listing},
    engine::Engine,
    error::Result,
    events::replay::{EventBatch, Replay},
    registry::Lease,
};

/// Where an iterator reads; `None` where there was no store.
type Source<T> = Option<(Arc<Engine>, T)>;

/// Events, read in batches.
pub struct Events {
    store: Arc<Store>,
    source: Source<Replay>,
}

impl Events {
    pub(super) fn new(store: &Arc<Store>, source: Source<Replay>) -> Self {
        Self { store: Arc::clone(store), source }
    }

    /// Fills `batch` with the next events: at most `most_events`, and no further one once it has `most_bytes`. It stays empty only at the end.
    pub fn fill(&mut self, batch: &mut EventBatch, most_events: usize, most_bytes: usize) -> Result<()> {
        self.store.check_open()?;
        let Some((engine, replay)) = &mut self.source else {
            *batch = EventBatch::default();
            return Ok(());
        };
        let _in_use = self.store.step(engine)?;
        let filled = replay.fill(batch, most_events, most_bytes);
        if replay.is_done() {
            self.source = None;
        }
        filled
    }

    /// Whether every event was given.
    pub fn is_done(&self) -> bool {
        self.source.as_ref().is_none_or(|(_, replay)| replay.is_done())
    }
}

/// The newest version of each checkpoint, one after the other.
pub struct Checkpoints {
    store: Arc<Store>,
    source: Source<Listing>,
}

impl Checkpoints {
    pub(super) fn new(store: &Arc<Store>, source: Source<Listing>) -> Self {
        Self { store: Arc::clone(store), source }
    }
}

impl Iterator for Checkpoints {
    type Item = Result<CheckpointInfo>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Err(error) = self.store.check_open() {
            return Some(Err(error));
        }
        let (engine, listing) = self.source.as_mut()?;
        let _in_use = match self.store.step(engine) {
            Ok(in_use) => in_use,
            Err(error) => return Some(Err(error)),
        };
        let next = listing.next();
        if next.is_none() {
            self.source = None;
        }
        next
    }
}

impl Store {
    /// Keeps `engine` from being released as idle while an iterator reads from it.
    fn step(&self, engine: &Arc<Engine>) -> Result<Option<Lease>> {
        let lease = self.held.lock().slot.as_ref().map(|slot| slot.lease_of(engine));
        engine.check_readable()?;
        Ok(lease)
    }
}
