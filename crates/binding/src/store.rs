//! The handle.
//!
//! Constraints: a method without a promise answers on the spot and blocks its caller only; one with a promise never blocks. A handle that is collected without
//! having been closed lets its store go in the background.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use agent_storage_engine::{
    catalog::listing::CheckpointInfo,
    engine::{BatchResult, Op},
    registry::Registry,
    store::{Bytes, Store},
};
use napi::{
    Env, Result,
    bindgen_prelude::{Object, Uint8ArraySlice},
};
use napi_derive::napi;

use crate::{
    buffers::OutBytes,
    deferred::promise,
    errors::{answer, number},
    listing::NativeListing,
    long_call::{NativeLongCall, watch},
    ops::{self, NativeOp, sequence},
    options::{NativeListOptions, NativeOptions, milliseconds, saturated},
    replay::NativeReplay,
    shapes::{
        NativeBatchResult, NativeCheckpointInfo, NativeCompactionReport, NativeStats, NativeStreamInfo,
        NativeVerifyReport,
    },
};

/// A handle on a store.
#[napi]
pub struct NativeStore {
    store: Arc<Store>,
}

impl From<Arc<Store>> for NativeStore {
    fn from(store: Arc<Store>) -> Self {
        Self { store }
    }
}

#[napi]
impl NativeStore {
    /// Opens the store in `directory`.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeStore>")]
    pub fn open(env: &Env, directory: String, options: NativeOptions) -> Result<Object<'_>> {
        let options = answer(*env, options.try_into())?;
        promise(env, Self::from, |done| {
            Store::open_later(Registry::of_process(), PathBuf::from(directory), options, done);
        })
    }

    /// The same on the spot.
    #[napi(catch_unwind)]
    pub fn open_sync(env: Env, directory: String, options: NativeOptions) -> Result<Self> {
        let options = answer(env, options.try_into())?;
        answer(env, Store::open(Registry::of_process(), Path::new(&directory), options)).map(Self::from)
    }

    /// A handle that does no I/O, opens its store at the first use, and lets it go after `idleReleaseMs` without use; 0: never.
    #[napi(catch_unwind)]
    pub fn lazy(env: Env, directory: String, options: NativeOptions, idle_release_ms: f64) -> Result<Self> {
        let options = answer(env, options.try_into())?;
        let idle = milliseconds(idle_release_ms);
        answer(env, Store::lazy(Registry::of_process(), Path::new(&directory), options, idle)).map(Self::from)
    }

    /// Appends one event; answers its sequence.
    #[napi(catch_unwind)]
    pub fn append_event(&self, env: Env, data: &[u8], stream: String, after: Option<f64>) -> Result<f64> {
        let appended = self.store.append_events(&stream, &[data], after.map(sequence));
        answer(env, appended).map(|sequence| number(sequence.0))
    }

    /// Appends events, all or none; answers the first one's sequence.
    #[napi(catch_unwind)]
    pub fn append_events(
        &self,
        env: Env,
        #[napi(ts_arg_type = "Uint8Array[]")] data: Vec<Uint8ArraySlice<'_>>,
        stream: String,
        after: Option<f64>,
    ) -> Result<f64> {
        let appended = self.store.append_events(&stream, &data, after.map(sequence));
        answer(env, appended).map(|sequence| number(sequence.0))
    }

    /// The events of `stream` from sequence `from` on, at most `limit`, as they are now.
    #[napi(catch_unwind)]
    pub fn replay(&self, env: Env, from: f64, stream: String, limit: Option<f64>) -> Result<NativeReplay> {
        let events = self.store.replay_events(&stream, sequence(from), limit.map(saturated));
        answer(env, events).map(NativeReplay::from)
    }

    /// Removes the events of `stream` before the sequence `before`; answers how many they were.
    #[napi(catch_unwind)]
    pub fn prune(&self, env: Env, before: f64, stream: String) -> Result<f64> {
        answer(env, self.store.prune(&stream, sequence(before))).map(number)
    }

    /// The last sequence of `stream`; 0 where it was never used.
    #[napi(catch_unwind)]
    pub fn last_sequence(&self, env: Env, stream: String) -> Result<f64> {
        answer(env, self.store.last_sequence(&stream)).map(|sequence| number(sequence.0))
    }

    /// All streams, by name.
    #[napi(catch_unwind)]
    pub fn streams(&self, env: Env) -> Result<Vec<NativeStreamInfo>> {
        let streams = answer(env, self.store.streams())?;
        Ok(streams.into_iter().map(NativeStreamInfo::from).collect())
    }

    /// Forgets a stream; answers whether there was one.
    #[napi(catch_unwind)]
    pub fn delete_stream(&self, env: Env, stream: String) -> Result<bool> {
        answer(env, self.store.delete_stream(&stream))
    }

    /// Commits a batch; resolves when it is durable.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeBatchResult>")]
    pub fn commit<'env>(
        &self,
        env: &'env Env,
        #[napi(ts_arg_type = "NativeOp[]")] ops: Vec<NativeOp<'_>>,
    ) -> Result<Object<'env>> {
        let ops = answer(*env, ops::convert(&self.store, ops))?;
        promise(env, NativeBatchResult::from, |done| self.store.commit(ops, done))
    }

    /// The same on the spot. A batch without checkpoints waits for no sync, unless the handle's durability asks for it.
    #[napi(catch_unwind)]
    pub fn commit_sync(
        &self,
        env: Env,
        #[napi(ts_arg_type = "NativeOp[]")] ops: Vec<NativeOp<'_>>,
    ) -> Result<NativeBatchResult> {
        let ops = answer(env, ops::convert(&self.store, ops))?;
        answer(env, self.store.commit_and_wait(ops)).map(NativeBatchResult::from)
    }

    /// Saves a checkpoint; resolves when it is durable.
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
        let save = self.store.save_request(&id, data.to_vec(), &lineage, meta.to_vec(), time);
        promise(env, saved, |done| self.store.commit(vec![Op::Save(save)], done))
    }

    /// The same on the spot.
    #[napi(catch_unwind, ts_return_type = "NativeCheckpointInfo")]
    pub fn save_sync(
        &self,
        env: Env,
        id: String,
        data: &[u8],
        lineage: String,
        meta: &[u8],
        time: Option<f64>,
    ) -> Result<Option<NativeCheckpointInfo>> {
        let save = self.store.save_request(&id, data.to_vec(), &lineage, meta.to_vec(), time);
        answer(env, self.store.commit_and_wait(vec![Op::Save(save)])).map(saved)
    }

    /// The bytes of the newest version of `id`, or of a named one; `null` where there is none.
    #[napi(catch_unwind, ts_return_type = "Promise<Buffer | null>")]
    pub fn load<'env>(&self, env: &'env Env, id: String, version: Option<f64>) -> Result<Object<'env>> {
        promise(env, loaded, |done| self.store.load(&id, version.map(saturated), done))
    }

    /// The same on the spot.
    #[napi(catch_unwind, ts_return_type = "Buffer | null")]
    pub fn load_sync(&self, env: Env, id: String, version: Option<f64>) -> Result<Option<OutBytes>> {
        answer(env, self.store.load_and_wait(&id, version.map(saturated))).map(loaded)
    }

    /// The newest version of each id.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeCheckpointInfo[]>")]
    pub fn list<'env>(&self, env: &'env Env, options: NativeListOptions) -> Result<Object<'env>> {
        let options = answer(*env, options.try_into())?;
        promise(env, infos, |done| self.store.list(options, done))
    }

    /// The same, read while it is iterated.
    #[napi(catch_unwind)]
    pub fn checkpoints(&self, env: Env, options: NativeListOptions) -> Result<NativeListing> {
        let options = answer(env, options.try_into())?;
        answer(env, self.store.checkpoints(options)).map(NativeListing::from)
    }

    /// The versions of `id`, oldest first.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeCheckpointInfo[]>")]
    pub fn history<'env>(&self, env: &'env Env, id: String) -> Result<Object<'env>> {
        promise(env, infos, |done| self.store.history_later(&id, done))
    }

    /// The same on the spot.
    #[napi(catch_unwind)]
    pub fn history_sync(&self, env: Env, id: String) -> Result<Vec<NativeCheckpointInfo>> {
        answer(env, self.store.history(&id)).map(infos)
    }

    /// What a layer above keeps under `key`, apart from the users' data.
    #[napi(catch_unwind, ts_return_type = "Buffer | null")]
    pub fn internal(&self, env: Env, key: &[u8]) -> Result<Option<OutBytes>> {
        Ok(answer(env, self.store.internal(key))?.map(OutBytes::from))
    }

    /// Makes every call so far durable.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn flush<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        promise(env, std::convert::identity::<()>, |done| self.store.flush(done))
    }

    /// The same on the spot.
    #[napi(catch_unwind)]
    pub fn flush_sync(&self, env: Env) -> Result<()> {
        answer(env, self.store.flush_and_wait())
    }

    /// Finishes what was called before and lets the store go. Closing again is no error.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn close<'env>(&self, env: &'env Env) -> Result<Object<'env>> {
        promise(env, std::convert::identity::<()>, |done| self.store.close(done))
    }

    /// The same on the spot.
    #[napi(catch_unwind)]
    pub fn close_sync(&self, env: Env) -> Result<()> {
        answer(env, self.store.close_and_wait())
    }

    /// Merges everything and drops what is dead.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeCompactionReport>")]
    pub fn compact<'env>(&self, env: &'env Env, call: Option<&NativeLongCall>) -> Result<Object<'env>> {
        let (abort, progress) = watch(call);
        promise(env, NativeCompactionReport::from, |done| self.store.compact_later(abort, progress, done))
    }

    /// Reads and checks every live byte.
    #[napi(catch_unwind, ts_return_type = "Promise<NativeVerifyReport>")]
    pub fn verify<'env>(&self, env: &'env Env, call: Option<&NativeLongCall>) -> Result<Object<'env>> {
        let (abort, progress) = watch(call);
        promise(env, NativeVerifyReport::from, |done| self.store.verify_later(abort, progress, done))
    }

    /// Copies the store into an empty directory while writing goes on.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn backup<'env>(
        &self,
        env: &'env Env,
        directory: String,
        call: Option<&NativeLongCall>,
    ) -> Result<Object<'env>> {
        let (abort, progress) = watch(call);
        let target = PathBuf::from(directory);
        promise(env, std::convert::identity::<()>, |done| {
            self.store.backup_later(target, abort, progress, done);
        })
    }

    /// The store's figures.
    #[napi(catch_unwind)]
    pub fn stats(&self, env: Env) -> Result<NativeStats> {
        answer(env, self.store.stats()).map(NativeStats::from)
    }

    /// Whether the handle was closed.
    #[napi(getter)]
    pub fn is_closed(&self) -> bool {
        self.store.is_closed()
    }
}

fn saved(mut result: BatchResult) -> Option<NativeCheckpointInfo> {
    result.checkpoints.pop().map(NativeCheckpointInfo::from)
}

fn loaded(bytes: Option<Bytes>) -> Option<OutBytes> {
    bytes.map(OutBytes::from)
}

fn infos(infos: Vec<CheckpointInfo>) -> Vec<NativeCheckpointInfo> {
    infos.into_iter().map(NativeCheckpointInfo::from).collect()
}
