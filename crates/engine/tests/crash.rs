//! Power cuts and kills at every call of a workload, at every call of the recovery after it, and again in the life after that.
//!
//! Would catch: an acknowledgement before its sync, a file named before it is durable, one removed while a manifest still names it, a frame of an
//! earlier life that fits, a recovery that cannot be repeated, a batch that comes back in part.
//!
//! For how long, and from which seed: see `support::long_run`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

pub mod support;

use std::{path::Path, sync::Arc, thread, time::Duration};

use agent_storage_engine::{
    options::{DurabilityMode, Options},
    registry::Registry,
    store::Store,
};
use support::{
    history::History,
    long_run::{print_figures, seeds},
    model::State,
    observe::observe,
    rng::Rng,
    runner::{Copy, Runner, STORE, options},
    sim::{Call, Failure, Fault, SimDisk},
    workload::{Mix, Step},
};

const THREADS: u64 = 2;
const STEPS: usize = 30;
const LONG: Duration = Duration::from_secs(3600);
const LATER_STEPS: usize = 6;
/// Power cuts that are tried at each call.
const CUTS: u64 = 3;
const CUTS_OF_NAMES: u64 = 16;
/// Of so many crashes, one has its recovery crashed at every call.
const RECOVERIES: u64 = 25;

/// How many crashes of which kind were simulated.
#[derive(Debug, Default)]
struct Counts {
    calls: u64,
    cuts: u64,
    kills: u64,
    recovery_crashes: u64,
    second_lives: u64,
    copies: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.calls += other.calls;
        self.cuts += other.cuts;
        self.kills += other.kills;
        self.recovery_crashes += other.recovery_crashes;
        self.second_lives += other.second_lives;
        self.copies += other.copies;
    }
}

/// Background syncs in every other workload, and a sync for each call in every fourth; else syncing is left to the calls that ask for it.
fn options_of(seed: u64) -> Options {
    let interval = if seed.is_multiple_of(2) { LONG } else { Duration::from_millis(1) };
    let durability = if seed % 4 == 1 { DurabilityMode::Sync } else { DurabilityMode::Background };
    Options { durability, ..options(interval) }
}

#[test]
fn every_crash_leaves_a_prefix_with_all_that_was_durable() {
    let mut counts = Counts::default();
    for seed in seeds(20, 2) {
        let threads: Vec<_> =
            (1..=THREADS).map(|call| thread::spawn(move || crash_at_every_call(seed, call))).collect();
        for thread in threads {
            counts.add(&thread.join().expect("no state but a legal one"));
        }
    }
    println!("{counts:?}");
    print_figures(&[
        ("simulated_crashes", counts.cuts + counts.recovery_crashes + counts.second_lives),
        ("simulated_kills", counts.kills),
    ]);
}

/// Takes every call from `first` on that is this thread's.
fn crash_at_every_call(seed: u64, first: u64) -> Counts {
    let mut counts = Counts::default();
    for call in (first..).step_by(usize::try_from(THREADS).expect("a few")) {
        let (disk, life, copies, finished) = life_until(seed, call);
        life.crash(&disk, &mut counts);
        check_copies(&disk.power_cut(life.seed + 7), &copies, &life, &mut counts);
        counts.calls += 1;
        if finished {
            break;
        }
    }
    counts
}

/// A life that ends at a call, with the copies made in it, and whether it came to its end before that.
fn life_until(seed: u64, call: u64) -> (SimDisk, Life, Vec<Copy>, bool) {
    let disk = SimDisk::new();
    disk.fail(Fault::nth(None, call, Failure::Halt));
    let opened = Runner::open(Arc::new(disk.clone()), State::default(), seed, Mix::SMALL, options_of(seed));
    let (history, copies, finished) = match opened {
        Ok(mut runner) => {
            let finished = runner.run(STEPS).is_ok();
            (std::mem::take(&mut runner.history), std::mem::take(&mut runner.copies), finished)
        }
        Err(_) => (History::default(), Vec::new(), false),
    };
    let last_call = disk.calls().get(usize::try_from(call).expect("small") - 1).map(|last| last.call);
    let label = format!("seed {seed}, call {call}");
    (disk, Life { label, seed: seed * 1_000_003 + call, history, last_call }, copies, finished)
}

/// The one cut at each call that shows a missing sync for certain: it takes all bytes and names that were not synced. Then the same behind the recovery.
#[test]
fn a_cut_that_takes_all_it_may_leaves_what_was_durable() {
    let mut counts = Counts::default();
    for seed in seeds(20, 2) {
        for call in 1.. {
            let (disk, life, copies, finished) = life_until(seed, call);
            let crashed = disk.power_cut_losing_all();
            check_copies(&crashed, &copies, &life, &mut counts);
            life.recover_and_cut(&crashed, &life.label);
            counts.cuts += 1;
            if life.last_call == Some(Call::SyncDirectory) {
                // Of the names that it was to sync, any may be there.
                for cut in 0..CUTS_OF_NAMES {
                    let label = format!("{}, cut {cut}", life.label);
                    life.recover(&disk.power_cut(life.seed * 31 + cut), life.history.durable(), &label);
                    counts.cuts += 1;
                }
            }
            if finished {
                break;
            }
        }
    }
    print_figures(&[("simulated_cuts_losing_all", counts.cuts)]);
}

/// What a crash ended.
struct Life {
    label: String,
    seed: u64,
    history: History,
    /// The one that it ended at.
    last_call: Option<Call>,
}

impl Life {
    fn crash(&self, disk: &SimDisk, counts: &mut Counts) {
        self.kill(disk, counts);
        // Names reach the disk in many more orders than one call's bytes.
        let cuts = if self.last_call == Some(Call::SyncDirectory) { CUTS_OF_NAMES } else { CUTS };
        for cut in 0..cuts {
            let seed = self.seed * 31 + cut;
            let crashed = if cut == 0 { disk.power_cut_losing_all() } else { disk.power_cut(seed) };
            let label = format!("{}, cut {cut}", self.label);
            counts.cuts += 1;
            if Rng::new(seed).chance(1, RECOVERIES) {
                self.crash_recovery(&crashed, seed, &label, counts);
            }
            let Some(found) = self.recover(&crashed, self.history.durable(), &label) else { continue };
            // The disk is now that of a store that was recovered, and closed in order.
            counts.second_lives += 1;
            second_life(&crashed.kill(), found, seed, &label);
        }
    }

    /// Kills the process; the next one finds all that was accepted, and a power cut after that finds what it found.
    fn kill(&self, disk: &SimDisk, counts: &mut Counts) {
        let killed = disk.kill();
        let label = format!("{}, killed", self.label);
        counts.kills += 1;
        if Rng::new(self.seed).chance(1, RECOVERIES) {
            self.crash_recovery(&killed, self.seed, &label, counts);
        }
        let Some(found) = self.recover(&killed, self.history.last(), &label) else { return };
        self.recover(&killed.power_cut(self.seed), found.position, &format!("{label}, closed, cut"));
        counts.cuts += 1;
    }

    /// Opens the store, checks what it holds, and closes it.
    fn recover(&self, disk: &SimDisk, at_least: u64, label: &str) -> Option<State> {
        let found = look(disk, Path::new(STORE), label);
        if let Err(wrong) = self.history.check(found.as_ref().unwrap_or(&State::default()), at_least) {
            panic!("{label}: {wrong}, after{}", self.history.tail());
        }
        found
    }

    /// Opens the store and cuts the power once more: what an opening showed is there from then on.
    fn recover_and_cut(&self, crashed: &SimDisk, label: &str) {
        let disk = crashed.kill();
        let Some(found) = self.recover(crashed, self.history.durable(), label) else { return };
        let _open = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG))
            .unwrap_or_else(|error| panic!("{label}: the store does not open: {error}"));
        self.recover(&disk.power_cut_losing_all(), found.position, &format!("{label}, opened, cut again"));
    }

    /// Lets the recovery of `crashed` crash at each of its calls.
    fn crash_recovery(&self, crashed: &SimDisk, seed: u64, label: &str, counts: &mut Counts) {
        for call in 1.. {
            let disk = crashed.kill();
            disk.fail(Fault::nth(None, call, Failure::Halt));
            let opened = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG));
            let label = format!("{label}, recovery crashed at call {call}");
            let again = if call % 4 == 0 { disk.kill() } else { disk.power_cut(seed + call) };
            self.recover(&again, self.history.durable(), &label);
            counts.recovery_crashes += 1;
            if opened.is_ok() {
                return;
            }
        }
    }
}

/// Opens the store at `path`, reads everything, closes it. `None` where there is none.
fn look(disk: &SimDisk, path: &Path, label: &str) -> Option<State> {
    if disk.contents(path).is_empty() {
        return None;
    }
    let store = Store::open(&Registry::new(Arc::new(disk.clone())), path, options(LONG))
        .unwrap_or_else(|error| panic!("{label}: the store does not open: {error}"));
    let found = observe(&store, None).unwrap_or_else(|error| panic!("{label}: {error}"));
    store.close_and_wait().unwrap_or_else(|error| panic!("{label}: {error}"));
    Some(found)
}

/// Goes on with a recovered store, and crashes again: what the first recovery dropped must not come back.
fn second_life(disk: &SimDisk, base: State, seed: u64, label: &str) {
    let mix = Mix { backups: false, ..Mix::SMALL };
    let mut runner = Runner::open(Arc::new(disk.clone()), base, seed, mix, options(LONG))
        .unwrap_or_else(|error| panic!("{label}, second life: {error}"));
    runner.run(LATER_STEPS).unwrap_or_else(|error| panic!("{label}, second life: {error}"));
    let history = std::mem::take(&mut runner.history);
    let label = format!("{label}, second life (seed {seed})");
    let life = Life { label: label.clone(), seed, history, last_call: None };
    let found = life.recover(&disk.power_cut(seed + 1), life.history.durable(), &label);
    assert!(found.is_some(), "{label}: the store is gone");
}

/// A copy is whole or no store at all, and whole for certain once the call returned.
fn check_copies(crashed: &SimDisk, copies: &[Copy], life: &Life, counts: &mut Counts) {
    for copy in copies {
        let label = format!("{}, copy {}", life.label, copy.path.display());
        counts.copies += 1;
        if !copy.done && !crashed.contents(&copy.path).contains_key("MANIFEST") {
            continue;
        }
        let found = look(crashed, &copy.path, &label).unwrap_or_default();
        if let Some(differs) = copy.state.difference(&found) {
            panic!("{label}: {differs}");
        }
    }
}

/// A compaction right after an opening leaves the log closed. Would catch an opening that takes the manifest it reads for durable, and removes what the
/// one on the disk still names.
#[test]
fn a_kill_in_a_compaction_and_then_a_power_cut() {
    let prepared = SimDisk::new();
    let mut runner = Runner::open(Arc::new(prepared.clone()), State::default(), 0, Mix::SMALL, options(LONG))
        .expect("opens");
    for round in 0..2u8 {
        runner.make(Step::Append("log".to_owned(), vec![vec![round; 300]; 20])).expect("appends");
        runner.make(Step::FlushTables).expect("flushes");
    }
    runner.close().expect("closes");
    let expected = runner.history.now();
    let mut cuts = 0;
    for call in 1.. {
        let disk = prepared.kill();
        disk.fail(Fault::nth(None, call, Failure::Halt));
        let compacted = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG))
            .and_then(|store| store.compact(&|| false, &mut |_, _| {}));
        for seed in 0..8 {
            let killed = disk.kill();
            let opened =
                Store::open(&Registry::new(Arc::new(killed.clone())), Path::new(STORE), options(LONG));
            let _open = opened.unwrap_or_else(|error| panic!("call {call}, killed: {error}"));
            let label = format!("call {call}, killed, opened, cut {seed}");
            let found = look(&killed.power_cut(seed), Path::new(STORE), &label).unwrap_or_default();
            if let Some(differs) = expected.difference(&found) {
                panic!("{label}: {differs}");
            }
            cuts += 1;
        }
        if compacted.is_ok() {
            break;
        }
    }
    println!("{cuts} power cuts after kills");
}
