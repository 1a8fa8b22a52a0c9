//! Syncs that fail because the disk below the file system is full: what was written stays in the page cache, marked as if it had been synced.
//!
//! The image of the file system is sparse and lies on a full disk, so that what the file system has room for its disk may have none for.
//!
//! Would catch: a failed sync that is taken for done or tried again, a write after it, a healing that trusts what the page cache shows, and with it the
//! loss of what the healed store acknowledges.

use std::{path::Path, sync::Arc};

use agent_storage_engine::{error::Error, store::Store};

use crate::{
    LONG, attach, cause,
    image::{Image, Kind},
    is_poisoned, look,
    machine::{self, Missing},
    memory_disk::MemoryDisk,
    registry,
    support::{
        long_run::{print_figures, seeds},
        model::State,
        observe::{observe, read_while_poisoned},
        rng::Rng,
        runner::{Runner, no_fault_of_the_engine, options},
        workload::Mix,
    },
};

/// Room for a formatted image (an xfs of 300 MB has a log of 64 MiB) and for what the workload writes.
const DISK_BYTES: u64 = 110 << 20;
const MIX: Mix = Mix { larger_than_a_frame: 2, upkeep: 20, backups: false };
/// By then some sync has failed.
const STEPS_WITHOUT_ROOM: usize = 1000;
const STEPS_AFTER: usize = 20;

/// A file system on a disk that can be filled.
struct Stacked {
    image: Image,
    disk: MemoryDisk,
}

impl Stacked {
    fn new(kind: Kind) -> Result<Self, Missing> {
        let disk = MemoryDisk::new(DISK_BYTES)?;
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut image = Image::at(kind, &disk.path().join("image"), directory)?;
        image.device().write_page_by_page()?;
        Ok(Self { image, disk })
    }
}

/// The smallest case, on the calls of one stream.
#[test]
fn a_failed_sync_is_told_and_healed() {
    let stacked = match Stacked::new(Kind::Ext4) {
        Ok(stacked) => stacked,
        Err(why) => return machine::skip(&why),
    };
    // Dropped from the last to the first.
    let Stacked { disk, mut image } = stacked;
    let path = image.path().join("store");
    let registry = registry();
    let store = Store::open(&registry, &path, options(LONG)).expect("opens");
    store.append_events("", &[b"durable"], None).expect("appends");
    store.flush_and_wait().expect("syncs");
    disk.leave_pages(0);
    // Less than what is preallocated, so that the file system itself has room.
    let accepted: Vec<Vec<u8>> = (0..40u8).map(|number| vec![number; 1000]).collect();
    store.append_events("", &accepted, None).expect("the page cache has room");
    let failed = store.flush_and_wait().expect_err("the disk has none");
    assert!(matches!(cause(&failed), Error::Io { .. }), "{failed}");
    assert_eq!(failed.code(), "ERR_STORAGE_POISONED");
    for refused in [store.append_events("", &[b"late"], None).map(drop), store.flush_tables()] {
        assert!(matches!(refused, Err(Error::Poisoned { .. })), "{refused:?}");
    }
    assert_eq!(store.last_sequence("").expect("reads go on").0, 41);
    disk.remove_ballast();
    let healed = Store::open(&registry, &path, options(LONG)).expect("heals");
    let found = observe(&healed, None).expect("reads");
    assert_eq!(found.streams[""].events[&1].data.as_slice(), b"durable");
    healed.append_events("", &[b"after"], None).expect("writes again");
    healed.flush_and_wait().expect("syncs again");
    image.cut();
    for store in [store, healed] {
        store.close_and_wait().ok();
    }
    image.remount();
    let kept = look(&crate::registry(), &path).expect("opens");
    let mut after = kept.streams[""].clone();
    let last = after.events.remove(&after.last).expect("what was acknowledged last");
    assert_eq!(last.data.as_slice(), b"after");
    assert_eq!(after.events, found.streams[""].events, "what the healed store showed");
    println!("{} of 41 events after healing", found.last_sequence(""));
}

#[derive(Debug, Default)]
struct Counts {
    failed_syncs: u64,
    refused_whole: u64,
    healed_in_place: u64,
    mounted_again: u64,
    calls: u64,
}

/// The same in the middle of any call, on file systems that go on and on those that give up.
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

fn fail_and_heal(stacked: Stacked, seed: u64, counts: &mut Counts) {
    // Dropped from the last to the first.
    let Stacked { disk, mut image } = stacked;
    let label = format!("seed {seed}");
    let mut rng = Rng::new(seed);
    let path = image.path().join("store");
    let mut runner =
        attach(&path, State::default(), seed, MIX).unwrap_or_else(|error| panic!("{label}: {error}"));
    runner.run(rng.index(20)).unwrap_or_else(|error| panic!("{label}: {error}"));
    disk.leave_pages(rng.below(40));
    let failed = work_until_a_sync_fails(&mut runner, &label, counts);
    counts.failed_syncs += 1;
    println!("{label}: {failed}");
    if is_poisoned(&runner) {
        stays_readable(&runner, &label);
    }
    disk.remove_ballast();
    if heal_in_place(&mut runner, &image, &label) {
        counts.healed_in_place += 1;
    } else {
        counts.mounted_again += 1;
        runner = heal_after_mounting(runner, &mut image, &path, seed);
    }
    runner.run(STEPS_AFTER).unwrap_or_else(|error| panic!("{label}: healed: {error}"));
    cut_and_compare(runner, &mut image, &path, &label);
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

fn stays_readable(runner: &Runner, label: &str) {
    let store = Arc::clone(runner.store().expect("open"));
    read_while_poisoned(&store, &runner.history, label);
    let refused = store.append_events("", &[b"late"], None);
    assert!(matches!(refused, Err(Error::Poisoned { .. })), "{label}: {refused:?}");
}

/// Opens the store again in the same process. `false` where the file system has given up: then a store can at most be read.
fn heal_in_place(runner: &mut Runner, image: &Image, label: &str) -> bool {
    let takes_writes = image.takes_writes();
    if let Err(error) = runner.reopen() {
        no_fault_of_the_engine(&error);
        assert!(!takes_writes, "{label}: it does not heal: {error}");
        return false;
    }
    // The kernel may have dropped what was not synced, or still show it.
    runner.resume_from(runner.history.durable()).unwrap_or_else(|wrong| panic!("{label}: healed: {wrong}"));
    takes_writes
}

fn heal_after_mounting(mut runner: Runner, image: &mut Image, path: &Path, seed: u64) -> Runner {
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
