//! A handle on a store.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use agent_storage_engine::{
    engine::{BatchResult, Op},
    error::Result as StorageResult,
    registry::Registry,
    store::Store,
};
use napi::{
    Env, Result,
    bindgen_prelude::{Object, ToNapiValue},
};
use napi_derive::napi;

use crate::{
    buffers::Bytes,
    deferred::Answer,
    errors::to_js,
    long_call::{NativeLongCall, watch},
    ops::{self, NativeOp},
    options::NativeOptions,
    shapes::{NativeBatchResult, NativeCompactionReport, NativeStats, NativeVerifyReport, integer},
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

    pub(crate) fn commit_later<'env, T: ToNapiValue + Send + 'static>(
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
