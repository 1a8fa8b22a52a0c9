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

#[path = "../support/mod.rs"]
pub mod support;

mod cases;
mod model;
mod random_lives;

use std::{path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    engine::wait_for,
    error::Error,
    folds::{Fold, Kept, Run},
    ids::Sequence,
    registry::Registry,
    store::Store,
};
use support::{
    runner::{STORE, options},
    sim::SimDisk,
};

const STREAM: &str = "graph";
const KEY: &[u8] = b"runs";
/// Behind all events.
const OPEN: u64 = 1 << 53;

const LONG: Duration = Duration::from_secs(3600);

/// A checksum over all events in order: another one for every other list of events.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Chain {
    sum: u64,
    events: u64,
}

impl Fold for Chain {
    const NAME: &'static str = "test-chain";

    fn apply(&mut self, event: &[u8]) {
        self.events += 1;
        for byte in event {
            self.sum = (self.sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(7);
        }
    }

    /// Every fourth is large, so that it takes several records.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = [self.sum.to_le_bytes(), self.events.to_le_bytes()].concat();
        bytes.resize(if self.events.is_multiple_of(4) { 600_000 } else { 16 }, 7);
        bytes
    }

    fn decode(bytes: Vec<u8>) -> Option<Self> {
        let (sum, rest) = bytes.split_first_chunk()?;
        let (events, padding) = rest.split_first_chunk()?;
        let state = Self { sum: u64::from_le_bytes(*sum), events: u64::from_le_bytes(*events) };
        (padding.iter().all(|byte| *byte == 7) && state.encode().len() == bytes.len()).then_some(state)
    }
}

fn keep(store: &Arc<Store>, run: Run, until: u64) -> Result<Option<Kept>, Error> {
    wait_for(|done| store.keep_fold::<Chain>(STREAM, run, Sequence(until), done))
}

fn open(disk: &SimDisk) -> (Arc<Registry>, Arc<Store>) {
    let registry = Registry::new(Arc::new(disk.clone()));
    let store = Store::open(&registry, Path::new(STORE), options(LONG)).expect("opens");
    (registry, store)
}
