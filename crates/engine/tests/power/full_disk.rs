//! A disk whose room ends at every page of a workload, and is there again later.
//!
//! Would catch: a full disk that is not told as such, one that costs data or hides it, a store that goes on only after a restart of its process although
//! nothing was placed, one that does not open for want of room and not later either.

use std::{fs, path::Path, sync::Arc};

use agent_storage_engine::error::{Error, Result};

use crate::{
    attach, cause, is_poisoned, look, machine,
    memory_disk::MemoryDisk,
    registry,
    support::{
        long_run::{print_figures, seeds},
        model::State,
        observe::read_while_poisoned,
        runner::{Runner, no_fault_of_the_engine},
        workload::Mix,
    },
};

/// More than the workload needs.
const DISK_BYTES: u64 = 4 << 20;
const STEPS: usize = 30;
/// Calls that are made while there is no room.
const CALLS_WITHOUT_ROOM: usize = 4;
const MIX: Mix = Mix { larger_than_a_frame: 0, upkeep: 25, backups: false };

#[derive(Debug, Default)]
struct Counts {
    full_disks: u64,
    not_opened: u64,
    refused_whole: u64,
    poisoned: u64,
}

#[test]
fn every_page_at_which_room_ends() {
    let disk = match MemoryDisk::new(DISK_BYTES) {
        Ok(disk) => disk,
        Err(why) => return machine::skip(&why),
    };
    let mut counts = Counts::default();
    for seed in seeds(3, 3) {
        for pages in 0.. {
            counts.full_disks += 1;
            if run_with_room_for(pages, &disk, seed, &mut counts) {
                break;
            }
        }
    }
    println!("{counts:?}");
    assert!(counts.refused_whole > 0, "nothing was refused whole");
    print_figures(&[("full_disks", counts.full_disks)]);
}

/// Runs the workload with room for so many pages, and goes on when there is more. `true` where that was enough for all of it.
fn run_with_room_for(pages: u64, disk: &MemoryDisk, seed: u64, counts: &mut Counts) -> bool {
    let label = format!("seed {seed}, {pages} pages");
    let path = disk.path().join("store");
    fs::remove_dir_all(&path).ok();
    disk.leave_pages(pages);
    let opened = attach(&path, State::default(), seed, MIX);
    let mut told = opened.is_err();
    counts.not_opened += u64::from(told);
    let mut runner = opened.unwrap_or_else(|error| {
        assert_tells_of_no_room(&error, &label);
        disk.remove_ballast();
        attach(&path, State::default(), seed, MIX).unwrap_or_else(|error| panic!("{label}: {error}"))
    });
    for _ in 0..STEPS {
        let Err(error) = runner.step() else { continue };
        assert!(!told, "{label}: there is room, but: {error}");
        told = true;
        assert_tells_of_no_room(&error, &label);
        go_on_without_room(&mut runner, &label);
        disk.remove_ballast();
        go_on_with_room(&mut runner, &label, counts);
    }
    disk.remove_ballast();
    close_and_compare(&mut runner, &path, &label);
    !told
}

/// What can be read is read, and what cannot be written is told, again and again.
fn go_on_without_room(runner: &mut Runner, label: &str) {
    for _ in 0..CALLS_WITHOUT_ROOM {
        let Some(store) = runner.store().map(Arc::clone) else { return };
        if is_poisoned(runner) {
            return read_while_poisoned(&store, &runner.history, label)
                .unwrap_or_else(|error| panic!("{label}: reading: {error}"));
        }
        runner.resume().unwrap_or_else(|wrong| panic!("{label}: without room: {wrong}"));
        if let Err(error) = runner.step() {
            assert_tells_of_no_room(&error, label);
        }
    }
}

/// Only what has been placed in part needs the store to be opened again.
fn go_on_with_room(runner: &mut Runner, label: &str, counts: &mut Counts) {
    if runner.store().is_none() || is_poisoned(runner) {
        counts.poisoned += 1;
        runner.reopen().unwrap_or_else(|error| panic!("{label}: it does not open again: {error}"));
    } else {
        counts.refused_whole += 1;
    }
    runner.resume().unwrap_or_else(|wrong| panic!("{label}: {wrong}"));
}

fn close_and_compare(runner: &mut Runner, path: &Path, label: &str) {
    let all_is_well = |result: Result<()>| result.unwrap_or_else(|error| panic!("{label}: {error}"));
    all_is_well(runner.check());
    all_is_well(runner.close());
    let expected = runner.history.now();
    let found = look(&registry(), path).unwrap_or_else(|error| panic!("{label}: {error}"));
    if let Some(differs) = expected.difference(&found) {
        panic!("{label}: closed and opened: {differs}");
    }
}

fn assert_tells_of_no_room(error: &Error, label: &str) {
    no_fault_of_the_engine(error);
    assert!(cause(error).is_out_of_space(), "{label}: no room was left, but: {error}");
}
