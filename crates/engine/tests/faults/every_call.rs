//! Fails each call of a workload, and each of an opening.

use std::{path::Path, sync::Arc, thread};

use agent_storage_engine::{
    error::{Error, Result},
    registry::Registry,
    store::Store,
};

use super::{LONG, look, save};
use crate::support::{
    history::History,
    long_run::{is_long, print_figures, seeds},
    model::State,
    observe::read_while_poisoned,
    runner::{Runner, STORE, no_fault_of_the_engine, options},
    sim::{Call, Failure, Fault, SimDisk},
    workload::Mix,
};

const STEPS: usize = 40;
const FAILURES: [Failure; 4] = [Failure::Io, Failure::Full, Failure::Short(7), Failure::Short(600)];
const SEED: u64 = 7;

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    faults: u64,
    poisoned: u64,
    full: u64,
    unnoticed: u64,
    openings: u64,
    healed_then_cut: u64,
}

#[test]
fn every_failing_call_is_told_and_healed() {
    let stride = if is_long() { 1 } else { 5 };
    let mut faults = 0;
    for seed in seeds(SEED, 1) {
        let threads: Vec<_> = FAILURES
            .into_iter()
            .enumerate()
            .map(|(index, failure)| {
                thread::spawn(move || {
                    let mut counts = Counts::default();
                    fail_calls(seed, failure, 1 + index as u64, stride, &mut counts);
                    counts
                })
            })
            .collect();
        for (thread, failure) in threads.into_iter().zip(FAILURES) {
            let counts = thread.join().expect("all is as it must be");
            println!("seed {seed}, {failure:?}: {counts:?}");
            faults += counts.faults;
        }
    }
    print_figures(&[("faults", faults)]);
}

fn fail_calls(seed: u64, failure: Failure, first: u64, stride: u64, counts: &mut Counts) {
    for call in (first..).step_by(usize::try_from(stride).expect("small")) {
        let disk = SimDisk::new();
        disk.fail(Fault::nth(None, call, failure));
        let label = format!("seed {seed}, {failure:?} at call {call}");
        let last = fail_one(&disk, seed, call, &label, counts);
        if last {
            return;
        }
        counts.faults += 1;
    }
}

/// Runs the workload over one failing call. `true` once there is no such call.
fn fail_one(disk: &SimDisk, seed: u64, call: u64, label: &str, counts: &mut Counts) -> bool {
    let open = || Runner::open(Arc::new(disk.clone()), State::default(), seed, Mix::SMALL, options(LONG));
    let opened = open().or_else(|error| {
        no_fault_of_the_engine(&error);
        counts.openings += 1;
        open()
    });
    let mut runner = opened.unwrap_or_else(|error| panic!("{label}: it does not open: {error}"));
    let mut told = false;
    let mut struck = false;
    for call_number in 0..STEPS + 2 {
        // A call may fail on a thread in the background after the last one here: then looking at everything tells it, or closing.
        let answer = match call_number.checked_sub(STEPS) {
            None => runner.step().map(drop),
            Some(0) => {
                struck = disk.count(None) >= call;
                disk.clear_faults();
                runner.check()
            }
            Some(_) => runner.close(),
        };
        let Err(error) = answer else { continue };
        assert!(!told, "{label}: one fault was told twice, at last as {error}");
        told = true;
        after_failure(&mut runner, disk, call, &error, label, counts);
    }
    counts.unnoticed += u64::from(struck && !told);
    if runner.store().is_none() {
        runner.reopen().unwrap_or_else(|error| panic!("{label}: closed, it does not open: {error}"));
    }
    runner.check().unwrap_or_else(|error| panic!("{label}: {error}"));
    let verified = runner.store().expect("open").verify(&|| false, &mut |_, _| {}).expect("verifies");
    assert!(verified.is_ok(), "{label}: {verified:?}");
    runner.close().unwrap_or_else(|error| panic!("{label}: {error}"));
    let found = look(&disk.power_cut_losing_all()).unwrap_or_else(|error| panic!("{label}: {error}"));
    let wrong = runner.history.check(&found, runner.history.last());
    wrong.unwrap_or_else(|wrong| panic!("{label}: closed, then a power cut: {wrong}"));
    !struck
}

/// Goes on after the call that was told of the fault.
fn after_failure(
    runner: &mut Runner,
    disk: &SimDisk,
    call: u64,
    error: &Error,
    label: &str,
    counts: &mut Counts,
) {
    if runner.store().is_none() {
        // Closing or opening in between failed.
        runner.reopen().unwrap_or_else(|error| panic!("{label}: it does not open again: {error}"));
    } else if is_poisoned(runner) {
        counts.poisoned += 1;
        after_poison(runner, disk, call, label);
        counts.healed_then_cut += 1;
        return;
    } else {
        assert!(matches!(error, Error::Full { .. } | Error::Io { .. }), "{label}: {error}");
        counts.full += u64::from(matches!(error, Error::Full { .. }));
    }
    runner.resume().unwrap_or_else(|wrong| panic!("{label}: {wrong}"));
}

fn is_poisoned(runner: &Runner) -> bool {
    runner.store().is_some_and(|store| store.stats().is_ok_and(|stats| stats.poisoned))
}

/// Reads go on and writes do not; nothing is replaced; opening again heals.
fn after_poison(runner: &mut Runner, disk: &SimDisk, call: u64, label: &str) {
    let old = Arc::clone(runner.store().expect("open"));
    read_while_poisoned(&old, &runner.history, label)
        .unwrap_or_else(|error| panic!("{label}: reading: {error}"));
    let refused =
        |answer: Result<()>| assert!(matches!(answer, Err(Error::Poisoned { .. })), "{label}: {answer:?}");
    refused(old.append_events("", &[b"late"], None).map(drop));
    refused(old.commit_and_wait(vec![save("late")]).map(drop));
    refused(old.flush_tables());
    let failed_at = usize::try_from(call).expect("small");
    let replaced = disk.calls().into_iter().skip(failed_at).filter(|made| made.call == Call::Rename).count();
    // A compaction in the background, or of calls made side by side another one, may be replacing the manifest just then.
    assert!(replaced <= 1 || runner.was_concurrent, "{label}: {replaced} replacements after the failure");

    let killed = disk.kill();
    runner.reopen().unwrap_or_else(|error| panic!("{label}: it does not heal: {error}"));
    refused(old.load_and_wait("agent", None).map(drop));
    refused(old.append_events("", &[b"late"], None).map(drop));
    runner.resume().unwrap_or_else(|wrong| panic!("{label}: healed: {wrong}"));
    // What healing found is durable, whatever became of the pages before; also if it was the next process that healed.
    look(&killed).unwrap_or_else(|error| panic!("{label}: killed: {error}"));
    for healed in [disk, &killed] {
        let found = look(&healed.power_cut_losing_all()).unwrap_or_else(|error| panic!("{label}: {error}"));
        if let Err(wrong) = runner.history.check(&found, runner.history.last()) {
            panic!("{label}: healed, then a power cut: {wrong}");
        }
    }
}

/// A disk with a store that was not closed, and what it holds.
fn unclosed() -> (SimDisk, History) {
    let disk = SimDisk::new();
    let mut runner = Runner::open(Arc::new(disk.clone()), State::default(), SEED, Mix::SMALL, options(LONG))
        .expect("opens");
    runner.run(STEPS).expect("runs");
    runner.step().expect("runs");
    (disk.kill(), std::mem::take(&mut runner.history))
}

/// An opening whose call fails answers with that, or works; in either case nothing is lost, and the next one works.
#[test]
fn every_failing_call_of_an_opening_loses_nothing() {
    let (disk, history) = unclosed();
    let mut openings = 0;
    for failure in [Failure::Io, Failure::Full, Failure::Short(100)] {
        for call in 1.. {
            let again = disk.kill();
            again.fail(Fault::nth(None, call, failure));
            let registry = Registry::new(Arc::new(again.clone()));
            let opened = Store::open(&registry, Path::new(STORE), options(LONG));
            let struck = again.count(None) >= call;
            if let Err(error) = &opened {
                assert!(struck, "nothing failed, but: {error}");
                no_fault_of_the_engine(error);
                let expected = matches!(error, Error::Io { .. } | Error::Full { .. });
                assert!(expected, "{failure:?} at call {call}: {error}");
            }
            drop(opened);
            let label = format!("{failure:?} at call {call} of the opening");
            for after in [again.kill(), again.power_cut(call)] {
                let found = look(&after).unwrap_or_else(|error| panic!("{label}: {error}"));
                let least = if after.count(None) == 0 { history.last() } else { history.durable() };
                history.check(&found, least).unwrap_or_else(|wrong| panic!("{label}: {wrong}"));
            }
            openings += 1;
            if !struck {
                break;
            }
        }
    }
    println!("{openings} failing openings");
}
