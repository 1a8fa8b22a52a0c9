//! Single safeguards of the engine, each where only it is between a moment that is hard to meet and a loss.
//!
//! Would catch: a flush or a merge that drops what only an unsynced change made dead, names that are not durable when something depends on them, numbers that
//! are given twice, a failed engine that goes on, a large change that is written as it was before another one came.
//!
//! Constraint: a call is held on the simulated disk, or made to fail there, by what it is about; nothing depends on how long something takes.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]
#![expect(clippy::case_sensitive_file_extension_comparisons, reason = "the names are the engine's")]

#[path = "../support/mod.rs"]
pub mod support;

mod background;
mod failed;
mod leftovers;
mod numbers;
mod one_call;
mod overtaken;
mod record_numbers;
mod repair;
mod upkeep;

use std::{path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{engine::Op, error::Result, ids::Sequence, registry::Registry, store::Store};
use support::{
    model::State,
    observe::observe,
    rng::Rng,
    runner::{STORE, options},
    sim::{Call, SimDisk},
    victim::{LONG, contents, save},
    waiting,
};

/// Names reach the disk in any order.
const CUTS: u64 = 24;
/// More than goes into a frame.
const LARGE_BYTES: usize = 40_000;
/// Only turns what never comes into a failure.
const NEVER: Duration = Duration::from_secs(10);

fn open(disk: &SimDisk) -> Result<Arc<Store>> {
    Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG))
}

fn fresh() -> (SimDisk, Arc<Store>) {
    let disk = SimDisk::new();
    let store = open(&disk).expect("a new store");
    (disk, store)
}

fn look(disk: &SimDisk, label: &str) -> State {
    let store = open(disk).unwrap_or_else(|error| panic!("{label}: the store does not open: {error}"));
    observe(&store, None).unwrap_or_else(|error| panic!("{label}: {error}"))
}

fn append(store: &Store, byte: u8) -> Result<Sequence> {
    store.append_events("trace", &vec![vec![byte; 60]; 30], None)
}

fn large(id: &str, seed: u64) -> Op {
    save(id, Rng::new(seed).bytes(LARGE_BYTES))
}

fn save_large(store: &Store, id: &str, seed: u64) -> Result<()> {
    store.commit_and_wait(vec![large(id, seed)]).map(drop)
}

fn wait_until(what: &str, holds: impl FnMut() -> bool) {
    waiting::wait_until(NEVER, what, holds);
}

/// How many files of the store have names that end so.
fn with_ending(disk: &SimDisk, ending: &str) -> usize {
    contents(disk).keys().filter(|name| name.ends_with(ending)).count()
}

/// How many calls of this kind were made on files whose names end so.
fn count(disk: &SimDisk, call: Call, suffix: &str) -> usize {
    disk.calls()
        .iter()
        .filter(|made| made.call == call && made.path.to_string_lossy().ends_with(suffix))
        .count()
}
