//! The calls of a handle that are about streams.

use agent_storage_engine::ids::Sequence;
use napi::{Env, Result, bindgen_prelude::Uint8ArraySlice};
use napi_derive::napi;

use crate::{
    buffers::Doubles,
    column_walk::NativeColumnWalk,
    errors::to_js,
    events::NativeReplay,
    shapes::{NativeStreamInfo, integer, number},
    store::NativeStore,
};

#[napi]
impl NativeStore {
    /// Appends one event; its sequence.
    #[napi(catch_unwind)]
    pub fn append_event(&self, env: &Env, data: &[u8], stream: String, after: Option<f64>) -> Result<f64> {
        self.append(env, &[data], &stream, after)
    }

    /// Appends events, all or none; the first one's sequence.
    #[napi(catch_unwind)]
    pub fn append_events(
        &self,
        env: &Env,
        #[napi(ts_arg_type = "Uint8Array[]")] data: Vec<Uint8ArraySlice<'_>>,
        stream: String,
        after: Option<f64>,
    ) -> Result<f64> {
        self.append(env, &data, &stream, after)
    }

    fn append<B: AsRef<[u8]>>(&self, env: &Env, data: &[B], stream: &str, after: Option<f64>) -> Result<f64> {
        let after = after.map(integer).map(Sequence);
        let appended = self.store.append_events(stream, data, after);
        appended.map(|sequence| number(sequence.0)).map_err(|error| to_js(env, &error))
    }

    /// The events of `stream` from a sequence on, as they are now.
    #[napi(catch_unwind)]
    pub fn replay(&self, env: &Env, from: f64, stream: String, limit: Option<f64>) -> Result<NativeReplay> {
        let events = self.store.replay_events(&stream, Sequence(integer(from)), limit.map(integer));
        events.map(NativeReplay::new).map_err(|error| to_js(env, &error))
    }

    /// The same, for events whose bytes are MessagePack values.
    #[napi(catch_unwind)]
    pub fn replay_columns(
        &self,
        env: &Env,
        from: f64,
        stream: String,
        limit: Option<f64>,
    ) -> Result<NativeColumnWalk> {
        let events = self.store.replay_events(&stream, Sequence(integer(from)), limit.map(integer));
        events.map(NativeColumnWalk::of_events).map_err(|error| to_js(env, &error))
    }

    /// Removes events before a sequence; how many they were.
    #[napi(catch_unwind)]
    pub fn prune(&self, env: &Env, before: f64, stream: String) -> Result<f64> {
        let pruned = self.store.prune(&stream, Sequence(integer(before)));
        pruned.map(number).map_err(|error| to_js(env, &error))
    }

    /// The last sequence of `stream`; 0 where it was never used.
    #[napi(catch_unwind)]
    pub fn last_sequence(&self, env: &Env, stream: String) -> Result<f64> {
        let last = self.store.last_sequence(&stream);
        last.map(|sequence| number(sequence.0)).map_err(|error| to_js(env, &error))
    }

    /// What is known of `stream` without reading an event: its number, which no other one ever has, its oldest sequence that is not pruned, and its last one; 0, 1 and 0 where there is none.
    #[napi(catch_unwind, ts_return_type = "Float64Array")]
    pub fn stream_place(&self, env: &Env, stream: String) -> Result<Doubles> {
        let row = self.store.stream_row(&stream).map_err(|error| to_js(env, &error))?;
        let place = row.map_or([0, 1, 0], |row| [row.number.0, row.first.0, row.last.0]);
        Ok(Doubles(place.map(number).to_vec()))
    }

    /// All streams, by name.
    #[napi(catch_unwind)]
    pub fn streams(&self, env: &Env) -> Result<Vec<NativeStreamInfo>> {
        let streams = self.store.streams().map_err(|error| to_js(env, &error))?;
        Ok(streams.into_iter().map(NativeStreamInfo::from).collect())
    }

    /// Forgets a stream; whether there was one.
    #[napi(catch_unwind)]
    pub fn delete_stream(&self, env: &Env, stream: String) -> Result<bool> {
        self.store.delete_stream(&stream).map_err(|error| to_js(env, &error))
    }
}
