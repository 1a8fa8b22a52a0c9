//! Calls of the operating system that fail: with EIO, without room, in the middle of a write, and with a page cache that shows what the disk lost.
//!
//! Would catch: a save that resolves although its sync failed, a write after a failure, a manifest that is replaced after one, a healing that trusts
//! what it reads, a full disk that ends writing although nothing was placed, an I/O error that is taken for damage.
//!
//! `ENGINE_FAULT_ROUNDS=n` fails every call of n workloads; without it every fifth call of one.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that cannot go on fails")]

pub mod support;

use std::{path::Path, sync::Arc, sync::mpsc, thread, time::Duration};

use agent_storage_engine::{
    engine::{BatchResult, Op, SaveRequest},
    error::{Error, Result},
    registry::Registry,
    store::Store,
};
use support::{
    history::History,
    model::State,
    observe::observe,
    runner::{Runner, STORE, no_fault_of_the_engine, options},
    sim::{Call, Failure, Fault, SimDisk},
    workload::Mix,
};

const STEPS: usize = 40;
const FAILURES: [Failure; 4] = [Failure::Io, Failure::Full, Failure::Short(7), Failure::Short(600)];
/// Syncing is left to the calls that ask for it.
const LONG: Duration = Duration::from_secs(3600);
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
    let rounds = std::env::var("ENGINE_FAULT_ROUNDS").ok().and_then(|value| value.parse().ok());
    let (rounds, stride) = rounds.map_or((1, 5), |rounds: u64| (rounds, 1));
    let threads: Vec<_> = FAILURES
        .into_iter()
        .enumerate()
        .map(|(index, failure)| {
            thread::spawn(move || {
                let mut counts = Counts::default();
                for seed in SEED..SEED + rounds {
                    fail_calls(seed, failure, 1 + index as u64, stride, &mut counts);
                }
                counts
            })
        })
        .collect();
    for (thread, failure) in threads.into_iter().zip(FAILURES) {
        println!(
            "seed {SEED}, {rounds} rounds, {failure:?}: {:?}",
            thread.join().expect("all is as it must be")
        );
    }
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
    for _ in 0..STEPS {
        let Err(error) = runner.step() else { continue };
        assert!(!told, "{label}: one fault was told twice, at last as {error}");
        told = true;
        if runner.store().is_none() {
            // Closing or opening in between failed.
            runner.reopen().unwrap_or_else(|error| panic!("{label}: it does not open again: {error}"));
            runner.resume().unwrap_or_else(|wrong| panic!("{label}: {wrong}"));
        } else if is_poisoned(&runner) {
            counts.poisoned += 1;
            after_poison(&mut runner, disk, call, label);
            counts.healed_then_cut += 1;
        } else {
            assert!(matches!(error, Error::Full { .. } | Error::Io { .. }), "{label}: {error}");
            counts.full += u64::from(matches!(error, Error::Full { .. }));
            runner.resume().unwrap_or_else(|wrong| panic!("{label}: {wrong}"));
        }
    }
    let struck = disk.count(None) >= call;
    counts.unnoticed += u64::from(struck && !told);
    disk.clear_faults();
    runner.check().unwrap_or_else(|error| panic!("{label}: {error}"));
    let verified = runner.store().expect("open").verify(&|| false, &mut |_, _| {}).expect("verifies");
    assert!(verified.is_ok(), "{label}: {verified:?}");
    runner.close().unwrap_or_else(|error| panic!("{label}: {error}"));
    let found = look(&disk.power_cut_losing_all()).unwrap_or_else(|error| panic!("{label}: {error}"));
    let wrong = runner.history.check(&found, runner.history.last());
    wrong.unwrap_or_else(|wrong| panic!("{label}: closed, then a power cut: {wrong}"));
    !struck
}

fn is_poisoned(runner: &Runner) -> bool {
    runner.store().is_some_and(|store| store.stats().is_ok_and(|stats| stats.poisoned))
}

/// Reads go on and writes do not; nothing is replaced; opening again heals.
fn after_poison(runner: &mut Runner, disk: &SimDisk, call: u64, label: &str) {
    let old = Arc::clone(runner.store().expect("open"));
    read_while_poisoned(&old, &runner.history, label);
    let refused =
        |answer: Result<()>| assert!(matches!(answer, Err(Error::Poisoned { .. })), "{label}: {answer:?}");
    refused(old.append_events("", &[b"late"], None).map(drop));
    refused(old.commit_and_wait(vec![save("late")]).map(drop));
    refused(old.flush_tables());
    let failed_at = usize::try_from(call).expect("small");
    let replaced = disk.calls().into_iter().skip(failed_at).find(|made| made.call == Call::Rename);
    assert!(replaced.is_none(), "{label}: after the failure {replaced:?}");

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

/// A store that takes no batch does not tell its position; what was called leaves few.
fn read_while_poisoned(store: &Arc<Store>, history: &History, label: &str) {
    let mut wrong = String::new();
    for position in history.last()..history.last() + 5 {
        let seen = observe(store, Some(position)).unwrap_or_else(|error| panic!("{label}: reading: {error}"));
        match history.check(&seen, history.last()) {
            Ok(()) => return,
            Err(differs) => wrong = differs,
        }
    }
    panic!("{label}: read while poisoned: {wrong}");
}

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

fn fresh() -> (SimDisk, Arc<Registry>, Arc<Store>) {
    let disk = SimDisk::new();
    let registry = Registry::new(Arc::new(disk.clone()));
    let store = Store::open(&registry, Path::new(STORE), options(LONG)).expect("opens");
    (disk, registry, store)
}

fn submit(store: &Arc<Store>, op: Op) -> mpsc::Receiver<Result<BatchResult>> {
    let (sender, receiver) = mpsc::channel();
    store.commit(vec![op], Box::new(move |answer| drop(sender.send(answer))));
    receiver
}

#[test]
fn a_failed_sync_rejects_all_that_wait_and_ends_writing() {
    let (disk, registry, store) = fresh();
    store.commit_and_wait(vec![save("before")]).expect("saves");
    disk.fail(Fault::nth(Some(Call::Sync), 1, Failure::Io).on(".log"));
    let pending: Vec<_> = (0..20).map(|number| submit(&store, save(&format!("id {number}")))).collect();
    for answer in pending {
        let answer = answer.recv().expect("an answer");
        assert!(matches!(answer, Err(Error::Poisoned { .. })), "{answer:?}");
    }
    let syncs = disk.count(Some(Call::Sync));
    for _ in 0..3 {
        assert!(matches!(store.append_events("", &[b"x"], None), Err(Error::Poisoned { .. })));
        assert!(matches!(store.flush_and_wait(), Err(Error::Poisoned { .. })));
    }
    assert!(store.load_and_wait("before", None).expect("loads").is_some());
    assert_eq!(disk.count(Some(Call::Sync)), syncs, "a failed sync is not tried again");
    let healed = Store::open(&registry, Path::new(STORE), options(LONG)).expect("heals");
    healed.commit_and_wait(vec![save("after")]).expect("saves");
    assert!(matches!(store.load_and_wait("before", None), Err(Error::Poisoned { .. })));
    assert!(store.close_and_wait().is_err(), "the handle of the failed engine tells of it");
    healed.close_and_wait().expect("closes");
}

/// Without room for a byte the call is refused whole, and the next one is tried again.
#[test]
fn a_full_disk_refuses_calls_and_ends_nothing() {
    let (disk, _registry, store) = fresh();
    for number in 0..50u8 {
        store.append_events("", &[vec![number; 300]], None).expect("appends");
    }
    store.commit_and_wait(vec![save("old")]).expect("saves");
    for call in [Call::Write, Call::Allocate, Call::Create] {
        disk.fail(Fault::nth(Some(call), 1, Failure::Full).lasting());
    }
    let large = vec![Op::Append { stream: "large".to_owned(), events: vec![vec![7; 2 << 20]], after: None }];
    for _ in 0..3 {
        let refused = store.append_events("", &[b"refused"], None);
        assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
        let refused = store.commit_and_wait(vec![save("refused")]);
        assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
        let refused = store.commit_and_wait(large.clone());
        assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
        let refused = store.flush_tables();
        assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
    }
    assert_eq!(store.last_sequence("").expect("reads"), agent_storage_engine::ids::Sequence(50));
    assert!(store.load_and_wait("old", None).expect("loads").is_some());
    disk.clear_faults();
    assert_eq!(store.append_events("", &[b"goes on"], None).expect("appends").0, 51);
    store.commit_and_wait(large).expect("appends");
    store.flush_tables().expect("flushes");
    store.compact(&|| false, &mut |_, _| {}).expect("compacts");
    store.close_and_wait().expect("closes");
    let found = look(&disk.kill()).expect("opens");
    assert_eq!((found.last_sequence(""), found.last_sequence("large")), (51, 1));
    assert!(found.checkpoints.contains_key("old") && !found.checkpoints.contains_key("refused"));
    let strays = disk.contents(Path::new(STORE)).keys().filter(|name| name.ends_with(".run")).count();
    assert!(strays <= 2, "files of refused flushes are left: {strays} runs");
}

/// A frame of which a part was placed ends writing, and the part never counts.
#[test]
fn a_torn_append_ends_writing_and_is_gone_after_healing() {
    let (disk, registry, store) = fresh();
    store.append_events("", &[b"one"], None).expect("appends");
    disk.fail(Fault::nth(Some(Call::Write), 1, Failure::Short(20)).on(".log"));
    let torn = store.append_events("", &[vec![1; 600]], None);
    assert!(matches!(torn, Err(Error::Poisoned { .. })), "{torn:?}");
    let healed = Store::open(&registry, Path::new(STORE), options(LONG)).expect("heals");
    assert_eq!(healed.append_events("", &[b"two"], None).expect("appends").0, 2);
    healed.close_and_wait().expect("closes");
    let found = look(&disk.power_cut_losing_all()).expect("opens");
    let events: Vec<_> = found.streams[""].events.values().map(|event| event.data.to_vec()).collect();
    assert_eq!(events, [b"one", b"two"]);
}

/// Nobody opens a drop-in again: the next call heals it.
#[test]
fn a_lazy_handle_heals_at_its_next_call() {
    let disk = SimDisk::new();
    let registry = Registry::new(Arc::new(disk.clone()));
    let lazy = || {
        Store::lazy(&registry, Path::new(STORE), options(LONG), Duration::from_secs(60)).expect("a handle")
    };
    let (one, two) = (lazy(), lazy());
    one.append_events("", &[b"first"], None).expect("appends");
    two.commit_and_wait(vec![save("a")]).expect("saves");
    disk.fail(Fault::nth(Some(Call::Sync), 1, Failure::Io).on(".log"));
    let failed = one.commit_and_wait(vec![save("b")]);
    assert!(matches!(failed, Err(Error::Poisoned { .. })), "{failed:?}");
    two.commit_and_wait(vec![save("c")]).expect("the next call heals");
    one.append_events("", &[b"second"], None).expect("so does the other handle");
    one.flush_and_wait().expect("flushes");
    let found = look(&disk.power_cut_losing_all()).expect("opens");
    assert_eq!(found.last_sequence(""), 2);
    assert!(found.checkpoints.contains_key("a") && found.checkpoints.contains_key("c"));
    for handle in [one, two] {
        handle.close_and_wait().expect("closes");
    }
}
