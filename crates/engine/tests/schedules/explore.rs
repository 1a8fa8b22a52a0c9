//! Running a scenario in many orders.

use std::{path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    end_schedule,
    error::Result,
    events::replay::EventBatch,
    ids::Sequence,
    options::{DurabilityMode, Options},
    registry::Registry,
    store::Store,
};
use shuttle::{
    Config, Runner,
    scheduler::{PctScheduler, RandomScheduler, Scheduler},
    thread::{self, JoinHandle},
};

use crate::support::{
    long_run::{print_figures, seeds},
    sim::SimDisk,
};

pub(crate) const STORE: &str = "/store";

/// Schedules of each kind that a seed stands for.
const SCHEDULES: usize = 10;
/// How often the priorities change in a schedule.
const CHANGES: usize = 3;
/// What a call of the engine needs in a debug build.
const STACK_BYTES: usize = 1 << 20;

/// Runs `scenario` in the orders of the seeds from `first` on: of `rounds` of them, unless a long run was asked for.
pub(crate) fn explore(first: u64, rounds: u64, scenario: fn()) {
    let mut schedules = 0;
    for seed in seeds(first, rounds) {
        println!("seed {seed}");
        run(RandomScheduler::new_from_seed(seed, SCHEDULES), scenario);
        run(PctScheduler::new_from_seed(seed, CHANGES, SCHEDULES), scenario);
        schedules += 2 * SCHEDULES as u64;
    }
    print_figures(&[("schedules", schedules)]);
}

fn run(scheduler: impl Scheduler + 'static, scenario: fn()) {
    let mut config = Config::new();
    config.stack_size = STACK_BYTES;
    Runner::new(scheduler, config).run(move || {
        scenario();
        end_schedule();
    });
}

/// A disk whose calls take time: other threads run meanwhile.
pub(crate) fn disk() -> SimDisk {
    SimDisk::new().pausing(thread::yield_now)
}

pub(crate) fn registry(disk: &SimDisk) -> Arc<Registry> {
    Registry::new(Arc::new(disk.clone()))
}

pub(crate) fn options(durability: DurabilityMode) -> Options {
    Options { durability, sync_interval: Duration::from_millis(1), history_limit: 4, ..Options::default() }
}

pub(crate) fn open(registry: &Arc<Registry>) -> Arc<Store> {
    Store::open(registry, Path::new(STORE), options(DurabilityMode::Background)).expect("opens")
}

/// Looks at the store as the next process finds it after this crash, and closes it.
pub(crate) fn after(disk: &SimDisk, look: impl FnOnce(&Arc<Store>)) {
    let store = open(&registry(disk));
    look(&store);
    store.close_and_wait().expect("closes");
}

/// Waits for threads that do not fail.
pub(crate) fn join<T>(threads: impl IntoIterator<Item = JoinHandle<T>>) -> Vec<T> {
    threads.into_iter().map(|thread| thread.join().expect("a thread that ends")).collect()
}

/// The numbers that the events of `stream` hold.
pub(crate) fn numbers(store: &Arc<Store>, stream: &str) -> Result<Vec<u8>> {
    let mut events = store.replay_events(stream, Sequence(0), None)?;
    let mut batch = EventBatch::default();
    let mut found = Vec::new();
    loop {
        events.fill(&mut batch, 3, 1 << 16)?;
        if batch.events.is_empty() {
            return Ok(found);
        }
        found.extend(batch.events.iter().filter_map(|event| batch.data(event).first().copied()));
    }
}
