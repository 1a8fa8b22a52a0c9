//! A page of a task graph's timeline.

use agent_storage_engine::{
    error::Result as StorageResult,
    events::replay::EventBatch,
    folds::{Run, Stretch},
    ids::Sequence,
    store::{Events, Store},
};
use agent_task_graph::{REPEAT_EVENTS, Timeline, TimelineFilter, Values};
use napi_derive::napi;
use std::sync::Arc;

/// How much is read at once: a page is found in a few.
const BATCH_EVENTS: usize = 1024;
const BATCH_BYTES: usize = 256 << 10;

/// Which events are wanted.
#[napi(object, object_to_js = false)]
pub struct NativeTimelineFilter {
    /// Of one of these types; of any, where there is none.
    pub types: Vec<String>,
    /// About this node.
    pub node_id: Option<String>,
    /// Not before this time.
    pub since: Option<String>,
    /// Before this time.
    pub until: Option<String>,
}

impl From<NativeTimelineFilter> for TimelineFilter {
    fn from(filter: NativeTimelineFilter) -> Self {
        let NativeTimelineFilter { types, node_id, since, until } = filter;
        Self { types, node_id, since, until }
    }
}

/// The entries of at most `limit` events of `run` from `from` on that `filter` wants.
pub(crate) fn page(
    store: &Arc<Store>,
    stream: &str,
    run: &Run,
    from: Sequence,
    filter: TimelineFilter,
    limit: usize,
) -> StorageResult<Values> {
    let mut timeline = Timeline::new(filter);
    let mut left = limit;
    let mut batch = EventBatch::default();
    for stretch in run.part(lookback(run, from), Sequence(u64::MAX)) {
        let mut events = open(store, stream, stretch)?;
        while left > 0 && !events.is_done() {
            events.fill(&mut batch, BATCH_EVENTS, BATCH_BYTES)?;
            // Fewer are there where some were pruned meanwhile or lost, and those behind the stretch come in their place.
            for event in batch.events.iter().take_while(|event| event.sequence < stretch.until) {
                let bytes = batch.data(event);
                if event.sequence < from {
                    timeline.pass(bytes);
                } else if left > 0 && timeline.look(bytes) {
                    left -= 1;
                }
            }
        }
        events.end();
    }
    Ok(timeline.into_entries())
}

fn open(store: &Arc<Store>, stream: &str, stretch: Stretch) -> StorageResult<Events> {
    store.replay_events(stream, stretch.from, Some(stretch.until.0 - stretch.from.0))
}

/// From where on events are to be seen, so that a repeat among those from `from` on is known.
fn lookback(run: &Run, from: Sequence) -> Sequence {
    let mut left = REPEAT_EVENTS;
    for stretch in run.part(Sequence(0), from).rev() {
        let events = stretch.until.0 - stretch.from.0;
        if events >= left {
            return Sequence(stretch.until.0 - left);
        }
        left -= events;
    }
    Sequence(0)
}
