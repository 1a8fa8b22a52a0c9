//! States that a stream adds up to, over prunes, forks, flushes, compactions, restarts and power cuts, against one that never forgets.
//!
//! Would catch: a state that is taken for another run's, an event folded twice or not at all, events given back before the state that stands for them is
//! durable, a watermark after which a retained event has no state, a hold that goes back, states that are never removed.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "../../../binding/src/graph_fold.rs"]
mod graph_fold;
#[path = "../../../task-graph/tests/support/mod.rs"]
pub mod graph_support;
#[path = "../support/mod.rs"]
pub mod support;

mod cases;
mod chain;
mod graph;
mod model;
mod random_lives;
mod readers;
mod subject;

use std::{path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    engine::wait_for,
    error::Error,
    folds::{Kept, Run},
    ids::Sequence,
    registry::Registry,
    store::Store,
};
use subject::Subject;
use support::{
    runner::{STORE, options},
    sim::SimDisk,
};

const STREAM: &str = "graph";
const KEY: &[u8] = b"runs";
/// Behind all events.
const OPEN: u64 = 1 << 53;

const LONG: Duration = Duration::from_secs(3600);

fn keep<S: Subject>(store: &Arc<Store>, run: Run, until: u64) -> Result<Option<Kept>, Error> {
    wait_for(|done| store.keep_fold::<S>(STREAM, run, Sequence(until), done))
}

fn open(disk: &SimDisk) -> (Arc<Registry>, Arc<Store>) {
    let registry = Registry::new(Arc::new(disk.clone()));
    let store = Store::open(&registry, Path::new(STORE), options(LONG)).expect("opens");
    (registry, store)
}
