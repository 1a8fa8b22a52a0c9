//! Does what a sequence says, and compares.

use std::{path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    error::Result,
    options::{DurabilityMode, Options},
    registry::Registry,
};

use super::{
    operation::{End, Handle, Operation, Sequence},
    support::{
        model::State,
        reads::Reading,
        runner::{Runner, STORE, no_fault_of_the_engine, options},
        sim::{Failure, Fault, SimDisk},
        waiting::wait_until,
        workload::{Mix, Step, Workload},
    },
};

/// Syncing is left to the calls that ask for it.
const LONG: Duration = Duration::from_secs(3600);

/// After how long without use a store is let go.
const IDLE: Duration = Duration::from_millis(20);

/// A store that is not let go within this time is held for ever.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was tried.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) sequences: u64,
    pub(super) operations: u64,
    pub(super) reopenings: u64,
    pub(super) releases: u64,
    pub(super) kills: u64,
    pub(super) cuts: u64,
    pub(super) within_calls: u64,
    pub(super) looks: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: &Self) {
        self.sequences += other.sequences;
        self.operations += other.operations;
        self.reopenings += other.reopenings;
        self.releases += other.releases;
        self.kills += other.kills;
        self.cuts += other.cuts;
        self.within_calls += other.within_calls;
        self.looks += other.looks;
    }
}

/// A store in the middle of a sequence.
pub(super) struct Player {
    pub(super) disk: SimDisk,
    pub(super) runner: Runner,
    pub(super) handle: Handle,
    /// How the life ends whose machine is about to stop.
    pub(super) planned: Option<End>,
    pub(super) reading: Option<Reading>,
    pub(super) counts: Counts,
}

/// The options of a handle.
pub(super) fn options_of(handle: Handle) -> Options {
    let durability = if handle.sync { DurabilityMode::Sync } else { DurabilityMode::Background };
    let (compression_level, max_delta_chain) = (handle.level, handle.max_delta_chain);
    Options { durability, compression_level, max_delta_chain, ..options(LONG) }
}

/// Does all of it, on a disk of its own; then closes the store and looks at it once more.
///
/// # Panics
/// Where the store is not what it must be.
pub(super) fn play(sequence: &Sequence) -> Counts {
    let disk = SimDisk::new();
    let registry = Registry::new(Arc::new(disk.clone()));
    let no_workload = Workload::new(0, Mix::SMALL);
    let opened = Runner::attach(
        registry,
        Path::new(STORE),
        State::default(),
        no_workload,
        options_of(sequence.opened),
    );
    let mut player = Player {
        disk,
        runner: opened.expect("a new store"),
        handle: sequence.opened,
        planned: None,
        reading: None,
        counts: Counts { sequences: 1, ..Counts::default() },
    };
    let last = Operation::Reopen { looked_at: true, next: Handle { lazy: false, ..sequence.opened } };
    for operation in sequence.operations.iter().chain([&last]) {
        player.counts.operations += 1;
        if let Err(error) = player.operate(operation) {
            no_fault_of_the_engine(&error);
            let Some(end) = player.planned else { panic!("{operation:?}: {error}") };
            player.counts.within_calls += 1;
            player.crash(end);
        }
    }
    player.counts
}

impl Player {
    fn operate(&mut self, operation: &Operation) -> Result<()> {
        match operation {
            Operation::Reopen { looked_at, next } => self.reopen(*looked_at, *next),
            Operation::Crash(end) => {
                self.crash(*end);
                Ok(())
            }
            Operation::CrashSoon(call, nth, end) => {
                if self.planned.is_none() {
                    self.disk.fail(Fault::nth(Some(*call), *nth, Failure::Halt));
                    self.planned = Some(*end);
                }
                Ok(())
            }
            Operation::Nothing => Ok(()),
            Operation::Rest => self.rest(),
            Operation::Backup(seed) => {
                self.runner.make(Step::Backup)?;
                self.check_copy(*seed);
                Ok(())
            }
            _ => match self.step(operation) {
                Some(step) => self.runner.make(step),
                None => self.read(operation),
            },
        }
    }

    /// Waits until a store that may be let go is let go; it is closed in order then.
    fn rest(&mut self) -> Result<()> {
        if !self.handle.lazy || self.planned.is_some() {
            return Ok(());
        }
        // A replay that is not at its end holds the store.
        self.reading = None;
        wait_until(PATIENCE, "a store that nobody uses is let go", || !self.disk.is_locked(Path::new(STORE)));
        self.runner.history.durable_through(self.runner.history.last());
        self.counts.releases += 1;
        self.runner.check()
    }

    fn reopen(&mut self, looked_at: bool, next: Handle) -> Result<()> {
        self.runner.close()?;
        self.reading = None;
        if looked_at {
            let found = self.look()?;
            if let Some(differs) = found.and_then(|found| self.runner.state().difference(&found)) {
                panic!("closed, then read only: {differs}");
            }
        }
        self.open_next_with(next);
        self.runner.reopen()?;
        self.counts.reopenings += 1;
        self.runner.check()
    }

    pub(super) fn open_next_with(&mut self, next: Handle) {
        self.handle = next;
        self.runner.open_next_with(options_of(next), next.lazy.then_some(IDLE));
    }
}
