//! What of a repair is durable, and when.

use std::{cell::Cell, path::Path};

use agent_storage_engine::{
    engine::{RepairReport, repair_directory},
    error::Error,
    io::Backend,
};

use super::{CUTS, open};
use crate::support::{
    model::State,
    observe::salvaged,
    runner::STORE,
    sim::{Call, Failure, Fault, SimDisk},
    victim::{Files, contents, disk_with, everything},
};

/// Where the frames of a log begin.
const FRAMES_OFFSET: usize = 12_288;
/// The calls from the syncs of the new files on, and some before.
const LAST_CALLS: u64 = 40;

fn repair(disk: &SimDisk) -> Result<RepairReport, Error> {
    repair_directory(disk, Path::new(STORE), &|| false, &mut |_, _| {})
}

fn look(disk: &SimDisk, label: &str) -> State {
    let store = open(disk).unwrap_or_else(|error| panic!("{label}: the store does not open: {error}"));
    salvaged(&store).unwrap_or_else(|error| panic!("{label}: {error}"))
}

/// A store whose log has a damaged frame.
fn damaged() -> Files {
    let victim = everything();
    let log = victim.files.keys().find(|name| name.ends_with(".log")).expect("a log").clone();
    victim.with(&log, |bytes| bytes[FRAMES_OFFSET + 40] ^= 1)
}

/// Would catch copies that a power cut takes although what they are of is gone, and removed files that it brings back.
#[test]
fn what_a_repair_did_survives_a_cut() {
    let disk = disk_with(&damaged());
    let saved_to = repair(&disk).expect("repairs").saved_to.expect("something is damaged");
    let crashed = disk.power_cut_losing_all();
    assert!(!crashed.contents(&saved_to).is_empty());
    assert!(crashed.contents(&saved_to) == disk.contents(&saved_to), "copies are gone");
    let names = |disk: &SimDisk| {
        disk.contents(Path::new(STORE)).into_keys().filter(|name| name != "owner").collect::<Vec<_>>()
    };
    assert_eq!(names(&crashed), names(&disk));
}

/// Would catch a manifest in place that names a log, or copies of removed files, whose own names a power cut takes.
#[test]
fn a_repair_that_is_cut_off_names_nothing_that_is_gone() {
    let files = damaged();
    let whole = disk_with(&files);
    repair(&whole).expect("repairs");
    let calls = whole.count(None);
    let expected = look(&whole, "repaired");
    for call in calls.saturating_sub(LAST_CALLS).. {
        let disk = disk_with(&files);
        disk.fail(Fault::nth(None, call, Failure::Halt));
        let repaired = repair(&disk);
        for cut in 0..CUTS {
            let crashed = disk.power_cut(cut);
            let label = format!("call {call} of {calls}, cut {cut}");
            if crashed.contents(Path::new(STORE))["MANIFEST"] != files["MANIFEST"] {
                look(&crashed.kill(), &label);
            }
            repair(&crashed).unwrap_or_else(|error| panic!("{label}: {error}"));
            let found = look(&crashed, &label);
            assert!(
                found.streams == expected.streams && found.checkpoints == expected.checkpoints,
                "{label}"
            );
        }
        if repaired.is_ok() {
            return;
        }
    }
}

/// Would catch an empty directory, or copies of what is still in place, after a repair that was stopped.
#[test]
fn an_aborted_repair_leaves_nothing_behind() {
    let files = damaged();
    for asked in 0.. {
        let disk = disk_with(&files);
        let left = Cell::new(asked);
        let abort = || left.replace(left.get().max(1) - 1) == 0;
        match repair_directory(&disk, Path::new(STORE), &abort, &mut |_, _| {}) {
            Ok(_) => {
                assert!(asked > 10, "it was asked {asked} times");
                return;
            }
            Err(error) => assert!(matches!(error, Error::Aborted), "{error}"),
        }
        assert!(contents(&disk) == files, "aborted when asked {asked} times");
        let saved_to = Path::new(STORE).join("repaired-1");
        let looked_for = disk.open_directory(&saved_to, false);
        assert!(matches!(looked_for, Err(Error::NotFound { .. })), "aborted when asked {asked} times");
    }
}

#[test]
fn a_repair_without_room_for_its_log_leaves_no_files() {
    let files = damaged();
    let disk = disk_with(&files);
    disk.fail(Fault::nth(Some(Call::Create), 1, Failure::Full).on(".log"));
    repair(&disk).expect_err("there is no room");
    assert!(contents(&disk).keys().eq(files.keys()), "{:?}", contents(&disk).keys());
}
