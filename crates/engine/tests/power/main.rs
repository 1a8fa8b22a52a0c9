//! Faults of a real machine: file systems that lose their power, syncs that fail, disks that are full.
//!
//! Constraints: nothing is mounted outside temporary directories, and every mount and loop device is given back, also by a test that fails. Where the
//! machine or its user cannot mount, a test prints `skipped:` and why.
//!
//! What the other tests simulate is done here by the kernel: the order in which ext4 and xfs write what was not synced, what a page cache shows after
//! a failed sync, where a file system finds no room.
//!
//! `ENGINE_SECONDS`, `ENGINE_ROUNDS` and `ENGINE_SEED` are those of all long runs.

#![cfg(target_os = "linux")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "../support/mod.rs"]
pub mod support;

mod cuts;
mod failed_sync;
mod failed_sync_cases;
mod full_disk;
mod image;
mod loop_device;
mod machine;
mod memory_disk;
mod names;
mod stacked;

use std::{path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    error::{Error, Result},
    io::disk::Disk,
    registry::Registry,
    store::Store,
};

use support::{
    model::State,
    observe::observe,
    runner::{Runner, no_fault_of_the_engine, options},
    workload::{Mix, Workload},
};

/// Syncing is left to the calls that ask for it.
const LONG: Duration = Duration::from_secs(3600);

/// A process of its own, as far as the engine can tell.
fn registry() -> Arc<Registry> {
    Registry::new(Arc::new(Disk))
}

/// What a poisoned engine tells of, or the error itself.
fn cause(error: &Error) -> &Error {
    match error {
        Error::Poisoned { cause: first } => cause(first),
        other => other,
    }
}

fn is_poisoned(runner: &Runner) -> bool {
    runner.store().is_some_and(|store| store.stats().is_ok_and(|stats| stats.poisoned))
}

/// A runner on the store at `path`, which holds `base`; syncs come with the calls that ask for them.
fn attach(path: &Path, base: State, seed: u64, mix: Mix) -> Result<Runner> {
    Runner::attach(registry(), path, base, Workload::new(seed, mix), options(LONG))
}

/// Opens the store, reads everything and closes it. Where that works, all it showed is durable.
fn look(registry: &Arc<Registry>, path: &Path) -> Result<State> {
    let store = Store::open(registry, path, options(LONG))?;
    let found = observe(&store, None);
    if let Err(error) = store.close_and_wait() {
        no_fault_of_the_engine(&error);
    }
    found
}
