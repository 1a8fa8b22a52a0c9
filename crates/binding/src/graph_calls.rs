//! The calls of a handle that know of task graphs.

use agent_storage_engine::{
    folds::{Kept, Run},
    ids::Sequence,
};
use napi::{Env, Result, bindgen_prelude::Object};
use napi_derive::napi;

use crate::{
    column_walk::NativeColumnWalk,
    deferred::Answer,
    errors::to_js,
    graph::{NativeGraph, NativeRun},
    graph_fold::GraphFold,
    shapes::{integer, number},
    store::NativeStore,
    timeline::{self, NativeTimelineFilter},
};

#[napi]
impl NativeStore {
    /// The task graph that the events of `run` before `until` add up to; `null` where there is no such stream. `ERR_STORAGE_CONFLICT` where the run is another one by now, or was pruned
    /// beyond `first`.
    #[napi(catch_unwind)]
    pub fn fold_graph(
        &self,
        env: &Env,
        stream: String,
        run: NativeRun<'_>,
        first: f64,
        until: f64,
    ) -> Result<Option<NativeGraph>> {
        let [first, until] = [first, until].map(|value| Sequence(integer(value)));
        let folded = self.store.fold::<GraphFold>(&stream, &run.into(), first, until);
        let folded = folded.map_err(|error| to_js(env, &error))?;
        folded.map(|folded| NativeGraph::new(env, folded, self.store.path())).transpose()
    }

    /// A page of what happened: of at most `limit` events of `run` from the sequence `from` on that `filter` wants, a map of `sequenceId`, `type`, `nodeId`, `timestamp`, and `isRepeat`
    /// where it is one.
    #[napi(catch_unwind)]
    pub fn graph_timeline(
        &self,
        env: &Env,
        stream: String,
        run: NativeRun<'_>,
        from: f64,
        filter: NativeTimelineFilter,
        limit: f64,
    ) -> Result<NativeColumnWalk> {
        let run = Run::from(run);
        let limit = usize::try_from(integer(limit)).unwrap_or(usize::MAX);
        let from = Sequence(integer(from));
        let page = timeline::page(&self.store, &stream, &run, from, filter.into(), limit);
        let page = page.map_err(|error| to_js(env, &error))?;
        NativeColumnWalk::of_values(env, page, self.store.path())
    }

    /// The last event of `run` before `until` of which a state is kept; 0 where there is none.
    #[napi(catch_unwind)]
    pub fn kept_graph(&self, env: &Env, stream: String, run: NativeRun<'_>, until: f64) -> Result<f64> {
        let kept = self.store.kept_fold::<GraphFold>(&stream, &run.into(), Sequence(integer(until)));
        kept.map(|kept| number(kept.map_or(0, |sequence| sequence.0))).map_err(|error| to_js(env, &error))
    }

    /// Keeps the state after the last event of `run`, whose last stretch is open, before `until`, and lets pruned events go that it stands for; how many bytes it has before it is compressed, 0 where it was kept before or is not
    /// needed. `ERR_STORAGE_CONFLICT` where the run is another one by now.
    #[napi(catch_unwind, ts_return_type = "Promise<number>")]
    pub fn keep_graph<'env>(
        &self,
        env: &'env Env,
        stream: String,
        run: NativeRun<'_>,
        until: f64,
    ) -> Result<Object<'env>> {
        let (answer, promise) = Answer::new(env)?;
        let done = answer.done(|kept: Option<Kept>| number(kept.map_or(0, |kept| kept.state_bytes)));
        self.store.keep_fold::<GraphFold>(&stream, run.into(), Sequence(integer(until)), done);
        Ok(promise)
    }
}
