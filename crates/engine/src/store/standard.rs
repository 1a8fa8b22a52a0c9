//! The interface that a program needs to keep an agent's state: five calls, on the default stream.
//!
//! Constraints: the fuller interface is [`Store`]'s own; whatever implements this one behaves the same, so that the one in memory is a model for
//! the one on disk.

use std::sync::Arc;

use super::{Events, Store};
use crate::{
    engine::Op,
    error::{Error, Result},
    events::replay::EventBatch,
    ids::Sequence,
};

/// The stream of [`StorageEngine::append_event`].
const DEFAULT_STREAM: &str = "";

/// How many events an iterator reads ahead, and how many bytes.
const EVENTS_AT_ONCE: usize = 1024;
const BYTES_AT_ONCE: usize = 1 << 20;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its place in the stream, from 1. What is appended gets the next one, whatever stands here.
    pub sequence: u64,
    /// When it was accepted, in milliseconds since the epoch; set by the store.
    pub timestamp_ms: u64,
    /// Its bytes.
    pub data: Vec<u8>,
}

impl Event {
    /// An event to be appended.
    pub fn new(data: impl Into<Vec<u8>>) -> Self {
        Self { sequence: 0, timestamp_ms: 0, data: data.into() }
    }
}

/// Checkpoints by id, and one log of events.
pub trait StorageEngine {
    /// Saves a checkpoint, which replaces the one with the same id. Durable when it returns.
    fn save_checkpoint(&self, id: &str, data: &[u8]) -> Result<()>;
    /// Loads a checkpoint; [`Error::NotFound`] where there is none.
    fn load_checkpoint(&self, id: &str) -> Result<Vec<u8>>;
    /// Appends an event and answers its sequence. It survives the end of the process when this returns.
    fn append_event(&self, event: &Event) -> Result<u64>;
    /// The events with a sequence of at least `from`, in order, as they are now. Damage is an item, the last one.
    fn replay_events(&self, from: u64) -> impl Iterator<Item = Result<Event>> + Send;
    /// Removes the events with a sequence below `before` and answers how many they were.
    fn prune(&self, before: u64) -> Result<usize>;
}

impl StorageEngine for Arc<Store> {
    fn save_checkpoint(&self, id: &str, data: &[u8]) -> Result<()> {
        let save = self.save_request(id, data.to_vec(), "", Vec::new(), None);
        self.commit_and_wait(vec![Op::Save(save)]).map(drop)
    }

    fn load_checkpoint(&self, id: &str) -> Result<Vec<u8>> {
        let loaded = self.load_and_wait(id, None)?;
        loaded
            .map(|bytes| bytes.to_vec())
            .ok_or_else(|| Error::NotFound { what: format!("checkpoint {id:?}") })
    }

    fn append_event(&self, event: &Event) -> Result<u64> {
        self.append_events(DEFAULT_STREAM, &[&event.data], None).map(|sequence| sequence.0)
    }

    fn replay_events(&self, from: u64) -> impl Iterator<Item = Result<Event>> + Send {
        let opened = Store::replay_events(self, DEFAULT_STREAM, Sequence(from), None);
        let (events, error) = match opened {
            Ok(events) => (Some(events), None),
            Err(error) => (None, Some(error)),
        };
        EventIterator { events, error, batch: EventBatch::default(), next: 0 }
    }

    fn prune(&self, before: u64) -> Result<usize> {
        let pruned = Store::prune(self, DEFAULT_STREAM, Sequence(before))?;
        Ok(usize::try_from(pruned).unwrap_or(usize::MAX))
    }
}

/// One event after the other.
struct EventIterator {
    events: Option<Events>,
    error: Option<Error>,
    batch: EventBatch,
    next: usize,
}

impl Iterator for EventIterator {
    type Item = Result<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.error.take() {
            self.events = None;
            return Some(Err(error));
        }
        if self.next == self.batch.events.len() {
            let events = self.events.as_mut()?;
            self.next = 0;
            if let Err(error) = events.fill(&mut self.batch, EVENTS_AT_ONCE, BYTES_AT_ONCE) {
                self.events = None;
                self.batch = EventBatch::default();
                return Some(Err(error));
            }
        }
        let facts = self.batch.events.get(self.next)?;
        self.next += 1;
        let data = self.batch.data(facts).to_vec();
        Some(Ok(Event { sequence: facts.sequence.0, timestamp_ms: facts.time_ms, data }))
    }
}
