//! Syncs that fail at any call of a workload, because the disk below the file system is full.
//!
//! Would catch: a failed sync that is taken for done or tried again, a write after it, a healing that trusts what the page cache shows, and with it the
//! loss of what the healed store acknowledges.

use std::{path::Path, sync::Arc};

use agent_storage_engine::error::Error;

use crate::{
    attach,
    image::{Image, Kind},
    is_poisoned, look, machine, registry,
    stacked::Stacked,
    support::{
        long_run::{print_figures, seeds},
        model::State,
        observe::read_while_poisoned,
        rng::Rng,
        runner::{Runner, no_fault_of_the_engine},
        workload::Mix,
    },
};

const MIX: Mix = Mix { larger_than_a_frame: 2, upkeep: 20, backups: false };
/// By then some sync has failed.
const STEPS_WITHOUT_ROOM: usize = 1000;
const STEPS_AFTER: usize = 20;

#[derive(Debug, Default)]
struct Counts {
    failed_syncs: u64,
    refused_whole: u64,
    refused_reads: u64,
    healed_in_place: u64,
    mounted_again: u64,
    calls: u64,
}

/// What was durable is there in any case, and once healed all that the store showed.
#[test]
fn syncs_that_fail_at_any_call_lose_nothing_durable() {
    let mut counts = Counts::default();
    for seed in seeds(1, 6) {
        let kind = if seed % 3 == 0 { Kind::Xfs } else { Kind::Ext4 };
        match Stacked::new(kind) {
            Ok(stacked) => fail_and_heal(stacked, seed, &mut counts),
            Err(why) => return machine::skip(&why),
        }
    }
    println!("{counts:?}");
    print_figures(&[("failed_syncs", counts.failed_syncs)]);
}

fn fail_and_heal(mut stacked: Stacked, seed: u64, counts: &mut Counts) {
    let label = format!("seed {seed}");
    let mut rng = Rng::new(seed);
    let path = stacked.image.path().join("store");
    let mut runner =
        attach(&path, State::default(), seed, MIX).unwrap_or_else(|error| panic!("{label}: {error}"));
    runner.run(rng.index(20)).unwrap_or_else(|error| panic!("{label}: {error}"));
    stacked.leave_pages(rng.below(40));
    let failed = work_until_a_sync_fails(&mut runner, &label, counts);
    counts.failed_syncs += 1;
    println!("{label}: {failed}");
    if is_poisoned(&runner) {
        counts.refused_reads += u64::from(!stays_readable(&runner, &label));
    }
    stacked.disk.remove_ballast();
    if rng.chance(1, 2) && stacked.image.takes_writes() {
        counts.healed_in_place += 1;
        heal_in_place(&mut runner, &label);
    } else {
        counts.mounted_again += 1;
        runner = heal_after_a_cut(runner, &mut stacked.image, &path, seed);
    }
    runner.run(STEPS_AFTER).unwrap_or_else(|error| panic!("{label}: healed: {error}"));
    cut_and_compare(runner, &mut stacked.image, &path, &label);
}

/// A file system that says at the sync of a new file that there is no room for it has harmed nothing: that file is dropped, and the store goes on.
fn work_until_a_sync_fails(runner: &mut Runner, label: &str, counts: &mut Counts) -> Error {
    for _ in 0..STEPS_WITHOUT_ROOM {
        counts.calls += 1;
        let Err(error) = runner.step() else { continue };
        if runner.store().is_none() || is_poisoned(runner) {
            return error;
        }
        assert!(matches!(error, Error::Full { .. }), "{label}: {error}");
        counts.refused_whole += 1;
        runner.go_on().unwrap_or_else(|error| panic!("{label}: refused whole: {error}"));
    }
    panic!("{label}: no sync failed");
}

/// Reads all that was accepted; `false` where the kernel dropped some of it from its cache of the log, which is then told.
fn stays_readable(runner: &Runner, label: &str) -> bool {
    let store = Arc::clone(runner.store().expect("open"));
    let read = read_while_poisoned(&store, &runner.history, label);
    if let Err(error) = &read {
        let is_log = |path: &Path| path.extension().is_some_and(|end| end == "log");
        assert!(matches!(error, Error::Corrupt { path, .. } if is_log(path)), "{label}: reading: {error}");
    }
    let refused = store.append_events("", &[b"late"], None);
    assert!(matches!(refused, Err(Error::Poisoned { .. })), "{label}: {refused:?}");
    read.is_ok()
}

/// Opens the store again in the same process.
fn heal_in_place(runner: &mut Runner, label: &str) {
    runner.reopen().unwrap_or_else(|error| panic!("{label}: it does not heal: {error}"));
    // The kernel may have dropped what was not synced, or still show it.
    runner.resume_from(runner.history.durable()).unwrap_or_else(|wrong| panic!("{label}: healed: {wrong}"));
}

/// The machine ends before anything heals; what was durable before the failure is all that is sure to be there.
fn heal_after_a_cut(mut runner: Runner, image: &mut Image, path: &Path, seed: u64) -> Runner {
    image.cut();
    if let Err(error) = runner.close() {
        no_fault_of_the_engine(&error);
    }
    image.remount();
    let found = look(&registry(), path).unwrap_or_else(|error| panic!("seed {seed}: mounted again: {error}"));
    if let Err(wrong) = runner.history.check(&found, runner.history.durable()) {
        panic!("seed {seed}: mounted again: {wrong}, after{}", runner.history.tail());
    }
    attach(path, found, seed + 1, MIX).unwrap_or_else(|error| panic!("seed {seed}: {error}"))
}

/// What the healed store found, and what it acknowledged since, is on the disk.
fn cut_and_compare(mut runner: Runner, image: &mut Image, path: &Path, label: &str) {
    image.cut();
    if let Err(error) = runner.close() {
        no_fault_of_the_engine(&error);
    }
    image.remount();
    let found = look(&registry(), path).unwrap_or_else(|error| panic!("{label}: cut: {error}"));
    if let Err(wrong) = runner.history.check(&found, runner.history.durable()) {
        panic!("{label}: healed, then a power cut: {wrong}, after{}", runner.history.tail());
    }
}
