//! The same interface in memory: the model that the one on disk is compared with.
//!
//! Constraints: as simple as can be, so that it is right by looking at it; it keeps nothing.

use std::collections::HashMap;

use super::standard::{Event, StorageEngine};
use crate::{
    engine::now_ms,
    error::{Error, Result},
    options::check_id,
    sync::Mutex,
};

/// Checkpoints in a map, events in a vector.
#[derive(Debug, Default)]
pub struct MemoryStorage {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    checkpoints: HashMap<String, Vec<u8>>,
    events: Vec<Event>,
    last_sequence: u64,
}

impl StorageEngine for MemoryStorage {
    fn save_checkpoint(&self, id: &str, data: &[u8]) -> Result<()> {
        check_id(id)?;
        self.state.lock().checkpoints.insert(id.to_owned(), data.to_vec());
        Ok(())
    }

    fn load_checkpoint(&self, id: &str) -> Result<Vec<u8>> {
        check_id(id)?;
        let loaded = self.state.lock().checkpoints.get(id).cloned();
        loaded.ok_or_else(|| Error::NotFound { what: format!("checkpoint {id:?}") })
    }

    fn append_event(&self, event: &Event) -> Result<u64> {
        let mut state = self.state.lock();
        state.last_sequence += 1;
        let sequence = state.last_sequence;
        state.events.push(Event { sequence, timestamp_ms: now_ms(), data: event.data.clone() });
        Ok(sequence)
    }

    fn replay_events(&self, from: u64) -> impl Iterator<Item = Result<Event>> + Send {
        let events = self.state.lock().events.clone();
        events.into_iter().filter(move |event| event.sequence >= from).map(Ok)
    }

    fn prune(&self, before: u64) -> Result<usize> {
        let mut state = self.state.lock();
        let count = state.events.len();
        state.events.retain(|event| event.sequence >= before);
        Ok(count - state.events.len())
    }
}
