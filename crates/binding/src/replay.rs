//! Events on their way to JavaScript: batches over one slab.

use agent_storage_engine::{events::replay::EventBatch, store::Events};
use napi::{Env, Result};
use napi_derive::napi;

use crate::{
    buffers::{OutBytes, OutF64, OutU32},
    errors::{answer, number},
    options::saturated,
};

/// Consecutive events: the bytes of event `i` are `slab` from `ends[i - 1]`, or 0, to `ends[i]`; its sequence is `firstSequence + i`.
#[napi(object, object_from_js = false)]
pub struct NativeEventBatch {
    #[napi(ts_type = "Buffer")]
    pub slab: OutBytes,
    pub first_sequence: f64,
    #[napi(ts_type = "Uint32Array")]
    pub ends: OutU32,
    #[napi(ts_type = "Float64Array")]
    pub positions: OutF64,
    #[napi(ts_type = "Float64Array")]
    pub timestamps: OutF64,
}

/// A walk over the events of a stream, as they were when it was made.
#[napi]
pub struct NativeReplay {
    events: Events,
}

impl From<Events> for NativeReplay {
    fn from(events: Events) -> Self {
        Self { events }
    }
}

#[napi]
impl NativeReplay {
    /// The next events: at most `maxEvents`, and no further one once they have `maxBytes`; `null` at the end.
    #[napi(catch_unwind)]
    pub fn next(&mut self, env: Env, max_events: f64, max_bytes: f64) -> Result<Option<NativeEventBatch>> {
        let mut batch = EventBatch::default();
        answer(env, self.events.fill(&mut batch, saturated(max_events), saturated(max_bytes)))?;
        let Some(first) = batch.events.first() else { return Ok(None) };
        Ok(Some(NativeEventBatch {
            first_sequence: number(first.sequence.0),
            // A slab is less than `maxBytes` and one event, of at most 256 MiB.
            ends: OutU32(
                batch.events.iter().map(|event| u32::try_from(event.end).unwrap_or(u32::MAX)).collect(),
            ),
            positions: OutF64(batch.events.iter().map(|event| number(event.position.0)).collect()),
            timestamps: OutF64(batch.events.iter().map(|event| number(event.time_ms)).collect()),
            slab: batch.slab.into(),
        }))
    }
}
