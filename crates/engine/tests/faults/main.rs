//! Calls of the operating system that fail: with EIO, without room, in the middle of a write, and with a page cache that shows what the disk lost.
//!
//! Would catch: a save that resolves although its sync failed, a write after a failure, a manifest that is replaced after one, a healing that trusts
//! what it reads, a full disk that ends writing although nothing was placed, an I/O error that is taken for damage.
//!
//! A long run (see `support::long_run`) fails every call of each workload; the test suite every fifth of one.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "../support/mod.rs"]
pub mod support;

mod cases;
mod every_call;
mod healing;
mod no_room;
mod read_only;

use std::{path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    engine::{Op, SaveRequest},
    error::Result,
    registry::Registry,
    store::Store,
};

use support::{
    model::State,
    observe::observe,
    runner::{STORE, options},
    sim::SimDisk,
};

/// Syncing is left to the calls that ask for it.
const LONG: Duration = Duration::from_secs(3600);

fn look(disk: &SimDisk) -> Result<State> {
    let store = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG))?;
    let found = observe(&store, None)?;
    store.close_and_wait()?;
    Ok(found)
}

fn save(id: &str) -> Op {
    let data = Arc::new(id.as_bytes().repeat(20));
    let (id, lineage, meta) = (id.to_owned(), String::new(), Vec::new());
    Op::Save(SaveRequest { id, data, lineage, meta, time: Some(1.), level: 3, max_delta_chain: 3 })
}

fn fresh() -> (SimDisk, Arc<Registry>, Arc<Store>) {
    let disk = SimDisk::new();
    let registry = Registry::new(Arc::new(disk.clone()));
    let store = Store::open(&registry, Path::new(STORE), options(LONG)).expect("opens");
    (disk, registry, store)
}
