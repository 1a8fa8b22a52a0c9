//! Power cuts at random moments of a store's work, and of the recovery after one.
//!
//! Would catch: an acknowledgement before its sync, a file or a name that is not synced before what depends on it, a recovery that trusts frames which only
//! a page cache had, a recovery that cannot be repeated, an I/O error taken for damage, a failed engine that keeps a file open.

use std::{collections::BTreeMap, fs, path::PathBuf, thread, time::Duration};

use agent_storage_engine::{
    options::{DurabilityMode, Options},
    store::Store,
};

use crate::{
    LONG,
    image::{Image, Kind},
    look, machine, registry,
    support::{
        history::History,
        long_run::{print_figures, seeds},
        model::State,
        observe::observe,
        rng::Rng,
        runner::{Runner, no_fault_of_the_engine, options},
        workload::{Mix, Workload},
    },
};

const MIX: Mix = Mix { larger_than_a_frame: 2, upkeep: 20, backups: false };
/// A store is used for so many lives, so that checking stays quick.
const LIVES_OF_A_STORE: u64 = 20;
/// The work that a cut interrupts, at most.
const WORK_MICROS: u64 = 15_000;
const RECOVERY_MICROS: u64 = 6_000;
/// Of so many openings, one is cut.
const RECOVERIES: u64 = 4;

#[test]
fn ext4_keeps_all_that_was_durable() {
    cut_again_and_again(Kind::Ext4, 1, 30, "power_cuts_ext4");
}

#[test]
fn xfs_keeps_all_that_was_durable() {
    cut_again_and_again(Kind::Xfs, 1_000_000, 10, "power_cuts_xfs");
}

fn cut_again_and_again(kind: Kind, first_seed: u64, rounds: u64, figure: &str) {
    let image = match Image::new(kind) {
        Ok(image) => image,
        Err(why) => return machine::skip(&why),
    };
    let mut store = CutStore {
        path: image.path().join("store"),
        image,
        history: History::default(),
        lives: 0,
        counts: Counts::default(),
    };
    for seed in seeds(first_seed, rounds) {
        store.live(seed);
    }
    println!("{}: {:?}", kind.name(), store.counts);
    print_figures(&[(figure, store.counts.cuts)]);
}

#[derive(Debug, Default)]
struct Counts {
    cuts: u64,
    cut_recoveries: u64,
    calls: u64,
    lost_undurable: u64,
    under_way: BTreeMap<&'static str, u64>,
}

/// A store on a file system whose power is cut in each of its lives.
struct CutStore {
    image: Image,
    path: PathBuf,
    history: History,
    lives: u64,
    counts: Counts,
}

/// Background syncs in every other life, a sync for each call in every fourth; else syncing is left to the calls that ask for it.
fn options_of(seed: u64) -> Options {
    let interval = if seed.is_multiple_of(2) { LONG } else { Duration::from_millis(1) };
    let durability = if seed % 4 == 1 { DurabilityMode::Sync } else { DurabilityMode::Background };
    Options { durability, ..options(interval) }
}

impl CutStore {
    /// Opens the store, compares it with the life before, works on it, and cuts the power meanwhile.
    fn live(&mut self, seed: u64) {
        let mut rng = Rng::new(seed);
        if self.lives.is_multiple_of(LIVES_OF_A_STORE) {
            self.start_anew(seed);
        }
        if rng.chance(1, RECOVERIES) {
            self.cut_recovery(seed, Duration::from_micros(rng.below(RECOVERY_MICROS)));
        }
        self.lives += 1;
        let registry = registry();
        let store = Store::open(&registry, &self.path, options_of(seed))
            .unwrap_or_else(|error| panic!("seed {seed}: it does not open: {error}"));
        let found = observe(&store, None).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        self.compare(&found, seed);
        let workload = Workload::new(seed, MIX);
        let mut runner = Runner::attach(registry, &self.path, found, workload, options_of(seed))
            .unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        drop(store);
        let pause = Duration::from_micros(rng.below(WORK_MICROS));
        self.cut_after(pause, || work_until_it_fails(&mut runner)).note(&mut self.counts);
        let_go(&mut runner);
        self.history = std::mem::take(&mut runner.history);
        self.image.remount();
    }

    /// Another directory, because a cut may bring back what was removed.
    fn start_anew(&mut self, seed: u64) {
        fs::remove_dir_all(&self.path).ok();
        self.path = self.image.path().join(format!("store-{seed}"));
        self.history = History::default();
    }

    /// Whatever a recovery that came to its end showed is there from then on, as if it had been acknowledged.
    fn cut_recovery(&mut self, seed: u64, pause: Duration) {
        let path = self.path.clone();
        let found = self.cut_after(pause, || look(&registry(), &path));
        match found {
            Ok(found) => {
                self.compare(&found, seed);
                self.history = History::new(found);
            }
            Err(error) => no_fault_of_the_engine(&error),
        }
        self.counts.cut_recoveries += 1;
        self.image.remount();
    }

    fn compare(&mut self, found: &State, seed: u64) {
        if let Err(wrong) = self.history.check(found, self.history.durable()) {
            panic!("seed {seed}, life {}: {wrong}, after{}", self.lives, self.history.tail());
        }
        self.counts.lost_undurable += self.history.last().saturating_sub(found.position);
    }

    /// Does something, and cuts the power after a while.
    fn cut_after<T>(&mut self, pause: Duration, work: impl FnOnce() -> T) -> T {
        self.counts.cuts += 1;
        let image = &self.image;
        thread::scope(|scope| {
            scope.spawn(move || {
                thread::sleep(pause);
                image.cut();
            });
            work()
        })
    }
}

/// What a cut ended.
struct Work {
    calls: u64,
    under_way: &'static str,
}

impl Work {
    fn note(self, counts: &mut Counts) {
        counts.calls += self.calls;
        *counts.under_way.entry(self.under_way).or_default() += 1;
    }
}

fn work_until_it_fails(runner: &mut Runner) -> Work {
    let mut calls = 0;
    loop {
        let step = runner.next_step();
        let under_way = step.kind();
        if runner.make(step).is_err() {
            return Work { calls, under_way };
        }
        calls += 1;
    }
}

/// Gives back every file, as the end of the process would.
fn let_go(runner: &mut Runner) {
    if let Err(error) = runner.close() {
        no_fault_of_the_engine(&error);
    }
}
