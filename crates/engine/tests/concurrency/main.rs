//! Many threads and handles on one store: calls at once, and stores that are opened, released, closed and dropped under them.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test that cannot go on fails"
)]

#[path = "../support/mod.rs"]
pub mod support;

mod at_once;
mod called_after;
mod lifecycle;
mod read_ahead;
mod space;

use std::{
    path::Path,
    sync::{Arc, mpsc},
    time::Duration,
};

use agent_storage_engine::{
    engine::{BatchResult, Op},
    error::Result,
    events::replay::EventBatch,
    ids::Sequence,
    options::Options,
    registry::Registry,
    store::{Events, Store},
};

use support::{sim::SimDisk, waiting};

const STORE: &str = "/store";

fn simulated() -> (SimDisk, Arc<Registry>) {
    let disk = SimDisk::new();
    let registry = Registry::new(Arc::new(disk.clone()));
    (disk, registry)
}

fn options() -> Options {
    Options { sync_interval: Duration::from_millis(2), history_limit: 4, ..Options::default() }
}

fn open(registry: &Arc<Registry>, path: &Path) -> Arc<Store> {
    Store::open(registry, path, options()).expect("opens")
}

fn save(store: &Store, id: &str, data: Vec<u8>) -> Op {
    Op::Save(store.save_request(id, data, "", Vec::new(), None))
}

fn delete(id: &str) -> Op {
    Op::Delete { id: id.to_owned(), unless_after: None }
}

/// Calls without waiting.
fn submit(store: &Arc<Store>, ops: Vec<Op>) -> mpsc::Receiver<Result<BatchResult>> {
    let (sender, receiver) = mpsc::channel();
    store.commit(ops, Box::new(move |answer| drop(sender.send(answer))));
    receiver
}

/// Far more than any of this takes: only a deadlock takes longer.
fn answer<T>(receiver: &mpsc::Receiver<T>) -> T {
    receiver.recv_timeout(Duration::from_secs(120)).expect("an answer")
}

fn read_all(mut events: Events) -> Result<Vec<(u64, Vec<u8>)>> {
    let mut all = Vec::new();
    let mut batch = EventBatch::default();
    loop {
        events.fill(&mut batch, 300, 1 << 16)?;
        if batch.events.is_empty() {
            return Ok(all);
        }
        all.extend(batch.events.iter().map(|event| (event.sequence.0, batch.data(event).to_vec())));
    }
}

fn events(store: &Arc<Store>, stream: &str) -> Vec<(u64, Vec<u8>)> {
    read_all(store.replay_events(stream, Sequence(0), None).expect("a replay")).expect("events")
}

/// Waits for what other threads will do.
fn eventually(what: &str, holds: impl FnMut() -> bool) {
    waiting::wait_until(Duration::from_secs(60), what, holds);
}
