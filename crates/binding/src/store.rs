//! A handle on a store.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use agent_storage_engine::{
    engine::{BatchResult, Op},
    error::Result as StorageResult,
    ids::Sequence,
    registry::Registry,
    store::Store,
};
use napi::{
    Env, Result,
    bindgen_prelude::{Object, Uint8ArraySlice},
};
use napi_derive::napi;

use crate::{
    buffers::{Bytes, Doubles},
    column_walk::NativeColumnWalk,
    deferred::Answer,
    errors::to_js,
    events::NativeReplay,
    listing::{NativeListOptions, NativeListing},
    long_call::{NativeLongCall, watch},
    ops::{self, NativeOp},
    options::NativeOptions,
    record::NativeRecord,
    shapes::{
        NativeBatchResult, NativeCheckpointInfo, NativeCompactionReport, NativeStats, NativeStreamInfo,
        NativeVerifyReport, infos, integer, number,
    },
};

/// A handle. Dropping it without a `close` gives back what it holds, in the background.
#[napi]
pub struct NativeStore {
    pub(crate) store: Arc<Store>,
}

#[napi]
impl NativeStore {
    /// Opens the store in `directory`, on another thread.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeStore>")]
    pub fn open(env: &Env, directory: String, options: NativeOptions) -> Result<Object<'_>> {
        let options = options.into();
        let (answer, promise) = Answer::new(env)?;
        let done = answer.done(|store| Self { store });
        Store::open_later(Registry::of_process(), PathBuf::from(directory), options, done);
        Ok(promise)
    }

    /// Opens it here.
    #[napi(catch_unwind)]
    pub fn open_sync(env: &Env, directory: String, options: NativeOptions) -> Result<Self> {
        let opened = Store::open(Registry::of_process(), Path::new(&directory), options.into());
        opened.map(|store| Self { store }).map_err(|error| to_js(env, &error))
    }

    /// A handle that does no I/O until it is used, and lets the store go after `idle_release_ms` without use (0: never).
    #[napi(catch_unwind)]
    pub fn lazy(env: &Env, directory: String, options: NativeOptions, idle_release_ms: f64) -> Result<Self> {
        let idle = Duration::from_millis(integer(idle_release_ms));
        let made = Store::lazy(Registry::of_process(), Path::new(&directory), options.into(), idle);
        made.map(|store| Self { store }).map_err(|error| to_js(env, &error))
    }

    /// Whether it was closed.
    #[napi(getter)]
    pub fn is_closed(&self) -> bool {
        self.store.is_closed()
    }

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

    /// Commits a batch; settles when it is durable.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeBatchResult>")]
    pub fn commit<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "NativeOp[]")] ops: Vec<NativeOp<'_>>,
    ) -> Result<Object<'env>> {
        self.commit_later(env, ops::to_engine(&self.store, ops), NativeBatchResult::from)
    }

    /// Commits a batch here.
    #[napi(catch_unwind)]
    pub fn commit_sync(
        &self,
        env: &Env,
        #[napi(ts_arg_type = "NativeOp[]")] ops: Vec<NativeOp<'_>>,
    ) -> Result<NativeBatchResult> {
        let committed = ops::to_engine(&self.store, ops).and_then(|ops| self.store.commit_and_wait(ops));
        committed.map(NativeBatchResult::from).map_err(|error| to_js(env, &error))
    }

    fn commit_later<'env, T: napi::bindgen_prelude::ToNapiValue + Send + 'static>(
        &self,
        env: &'env Env,
        ops: StorageResult<Vec<Op>>,
        convert: impl FnOnce(BatchResult) -> T + Send + 'static,
    ) -> Result<Object<'env>> {
        let ops = ops.map_err(|error| to_js(env, &error))?;
        let (answer, promise) = Answer::new(env)?;
        self.store.commit(ops, answer.done(convert));
        Ok(promise)
    }

    fn save_ops(&self, id: &str, data: &[u8], lineage: &str, meta: &[u8], time: Option<f64>) -> Vec<Op> {
        vec![Op::Save(self.store.save_request(id, data.to_vec(), lineage, meta.to_vec(), time))]
    }

    /// Saves a checkpoint; settles when it is durable.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeCheckpointInfo>")]
    pub fn save<'env>(
        &self,
        env: &'env Env,
        id: String,
        data: &[u8],
        lineage: String,
        meta: &[u8],
        time: Option<f64>,
    ) -> Result<Object<'env>> {
        let ops = self.save_ops(&id, data, &lineage, meta, time);
        self.commit_later(env, Ok(ops), first_checkpoint)
    }

    /// Saves a checkpoint here.
    #[napi(catch_unwind, ts_return_type = "NativeCheckpointInfo")]
    pub fn save_sync(
        &self,
        env: &Env,
        id: String,
        data: &[u8],
        lineage: String,
        meta: &[u8],
        time: Option<f64>,
    ) -> Result<Option<NativeCheckpointInfo>> {
        let saved = self.store.commit_and_wait(self.save_ops(&id, data, &lineage, meta, time));
        saved.map(first_checkpoint).map_err(|error| to_js(env, &error))
    }

    /// Loads the newest or a named version; `null` where there is none.
    #[napi(catch_unwind, ts_return_type = "Promise<Buffer | null>")]
    pub fn load<'env>(&self, env: &'env Env, id: String, version: Option<f64>) -> Result<Object<'env>> {
        let (answer, promise) = Answer::new(env)?;
        self.store.load(&id, version.map(version_number), answer.done(|loaded: Option<_>| loaded.map(Bytes)));
        Ok(promise)
    }

    /// The same without a `Buffer` of its own: for whoever decodes it at once.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeRecord | null>")]
    pub fn load_record<'env>(
        &self,
        env: &'env Env,
        id: String,
        version: Option<f64>,
    ) -> Result<Object<'env>> {
        let (answer, promise) = Answer::new(env)?;
        let done = answer.done(|loaded: Option<_>| loaded.map(NativeRecord::new));
        self.store.load(&id, version.map(version_number), done);
        Ok(promise)
    }

    /// Loads it here.
    #[napi(catch_unwind, ts_return_type = "Buffer | null")]
    pub fn load_sync(&self, env: &Env, id: String, version: Option<f64>) -> Result<Option<Bytes>> {
        let loaded = self.store.load_and_wait(&id, version.map(version_number));
        loaded.map(|loaded| loaded.map(Bytes)).map_err(|error| to_js(env, &error))
    }

    /// The newest version of each id, made on another thread after every earlier call.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeCheckpointInfo[]>")]
    pub fn list<'env>(&self, env: &'env Env, options: NativeListOptions) -> Result<Object<'env>> {
        let (answer, promise) = Answer::new(env)?;
        self.store.list(options.into(), answer.done(infos));
        Ok(promise)
    }

    /// The newest version of each id, one batch after the other.
    #[napi(catch_unwind)]
    pub fn checkpoints(&self, env: &Env, options: NativeListOptions) -> Result<NativeListing> {
        let listing = self.store.checkpoints(options.into()).map_err(|error| to_js(env, &error))?;
        Ok(NativeListing::new(listing))
    }

    /// The versions of an id, oldest first.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeCheckpointInfo[]>")]
    pub fn history<'env>(&self, env: &'env Env, id: String) -> Result<Object<'env>> {
        let (answer, promise) = Answer::new(env)?;
        self.store.history_later(&id, answer.done(infos));
        Ok(promise)
    }

    /// The same here.
    #[napi(catch_unwind)]
    pub fn history_sync(&self, env: &Env, id: String) -> Result<Vec<NativeCheckpointInfo>> {
        self.store.history(&id).map(infos).map_err(|error| to_js(env, &error))
    }

    /// An internal record, or `null`.
    #[napi(catch_unwind, ts_return_type = "Buffer | null")]
    pub fn internal(&self, env: &Env, key: &[u8]) -> Result<Option<Bytes>> {
        let record = self.store.internal(key).map_err(|error| to_js(env, &error))?;
        Ok(record.map(Bytes::from))
    }

    /// Settles when every call so far is durable.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn flush<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let (answer, promise) = Answer::new(env)?;
        self.store.flush(answer.done(|()| ()));
        Ok(promise)
    }

    /// The same, waiting here.
    #[napi(catch_unwind)]
    pub fn flush_sync(&self, env: &Env) -> Result<()> {
        self.store.flush_and_wait().map_err(|error| to_js(env, &error))
    }

    /// Finishes every call so far and lets the store go.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        let (answer, promise) = Answer::new(env)?;
        self.store.close(answer.done(|()| ()));
        Ok(promise)
    }

    /// The same, waiting here.
    #[napi(catch_unwind)]
    pub fn close_sync(&self, env: &Env) -> Result<()> {
        self.store.close_and_wait().map_err(|error| to_js(env, &error))
    }

    /// Merges everything and drops what is dead.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeCompactionReport>")]
    pub fn compact<'env>(&self, env: &'env Env, call: Option<&NativeLongCall>) -> Result<Object<'env>> {
        let (answer, promise) = Answer::new(env)?;
        let (abort, progress) = watch(call);
        self.store.compact_later(abort, progress, answer.done(NativeCompactionReport::from));
        Ok(promise)
    }

    /// Reads and checks every live byte.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeVerifyReport>")]
    pub fn verify<'env>(&self, env: &'env Env, call: Option<&NativeLongCall>) -> Result<Object<'env>> {
        let (answer, promise) = Answer::new(env)?;
        let (abort, progress) = watch(call);
        self.store.verify_later(abort, progress, answer.done(NativeVerifyReport::from));
        Ok(promise)
    }

    /// Copies the store into an empty directory.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn backup<'env>(
        &self,
        env: &'env Env,
        directory: String,
        call: Option<&NativeLongCall>,
    ) -> Result<Object<'env>> {
        let (answer, promise) = Answer::new(env)?;
        let (abort, progress) = watch(call);
        self.store.backup_later(PathBuf::from(directory), abort, progress, answer.done(|()| ()));
        Ok(promise)
    }

    /// The store's figures.
    #[napi(catch_unwind)]
    pub fn stats(&self, env: &Env) -> Result<NativeStats> {
        self.store.stats().map(NativeStats::from).map_err(|error| to_js(env, &error))
    }
}

fn first_checkpoint(result: BatchResult) -> Option<NativeCheckpointInfo> {
    result.checkpoints.into_iter().next().map(NativeCheckpointInfo::from)
}

fn version_number(version: f64) -> u32 {
    u32::try_from(integer(version)).unwrap_or(u32::MAX)
}
