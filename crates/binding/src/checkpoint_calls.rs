//! The calls of a handle that are about checkpoints.

use agent_storage_engine::engine::{BatchResult, Op};
use napi::{Env, Result, bindgen_prelude::Object};
use napi_derive::napi;

use crate::{
    buffers::Bytes,
    deferred::Answer,
    errors::to_js,
    listing::{NativeListOptions, NativeListing},
    record::NativeRecord,
    shapes::{NativeCheckpointInfo, infos, integer},
    store::NativeStore,
};

#[napi]
impl NativeStore {
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
}

fn first_checkpoint(result: BatchResult) -> Option<NativeCheckpointInfo> {
    result.checkpoints.into_iter().next().map(NativeCheckpointInfo::from)
}

fn version_number(version: f64) -> u32 {
    u32::try_from(integer(version)).unwrap_or(u32::MAX)
}
