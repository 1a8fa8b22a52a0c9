//! Walking over events.

use agent_storage_engine::{events::replay::EventBatch, store::Events};
use napi::{Env, Result};
use napi_derive::napi;

use crate::{
    buffers::{Bytes, Doubles, Words},
    errors::to_js,
    shapes::{integer, number},
};

/// Consecutive events: the bytes of event i are those of the slab from the end of event i − 1 (0 for the first) to its own.
#[napi(object, object_from_js = false)]
pub struct NativeEventBatch {
    /// All events' bytes.
    #[napi(ts_type = "Buffer")]
    pub slab: Bytes,
    /// The first event's sequence; the others follow without holes.
    pub first_sequence: f64,
    /// Where each event ends in the slab.
    #[napi(ts_type = "Uint32Array")]
    pub ends: Words,
    /// Each event's change.
    #[napi(ts_type = "Float64Array")]
    pub positions: Doubles,
    /// When each was accepted, in milliseconds.
    #[napi(ts_type = "Float64Array")]
    pub timestamps: Doubles,
}

/// A walk over a stream's events, as they were at its start.
#[napi]
pub struct NativeReplay {
    events: Events,
}

impl NativeReplay {
    pub(crate) fn new(events: Events) -> Self {
        Self { events }
    }
}

#[napi]
impl NativeReplay {
    /// Reads no further, so that nothing of the store is held for it any more.
    #[napi]
    pub fn end(&mut self) {
        self.events.end();
    }

    /// The next events: at most `max_events`, and no further one once they have `max_bytes`. `null` at the end.
    #[napi(catch_unwind)]
    pub fn next(&mut self, env: &Env, max_events: f64, max_bytes: f64) -> Result<Option<NativeEventBatch>> {
        let batch = self.fill(env, max_events, max_bytes)?;
        let Some(first) = batch.events.first() else { return Ok(None) };
        Ok(Some(NativeEventBatch {
            first_sequence: number(first.sequence.0),
            ends: Words(
                batch.events.iter().map(|event| u32::try_from(event.end).unwrap_or(u32::MAX)).collect(),
            ),
            positions: Doubles(batch.events.iter().map(|event| number(event.position.0)).collect()),
            timestamps: Doubles(batch.events.iter().map(|event| number(event.time_ms)).collect()),
            slab: batch.slab.into(),
        }))
    }

    fn fill(&mut self, env: &Env, max_events: f64, max_bytes: f64) -> Result<EventBatch> {
        let mut batch = EventBatch::default();
        let size = |value: f64| usize::try_from(integer(value)).unwrap_or(usize::MAX).max(1);
        self.events
            .fill(&mut batch, size(max_events), size(max_bytes))
            .map_err(|error| to_js(env, &error))?;
        Ok(batch)
    }
}
