//! Changes that the log lost: told by their places in the order.
//!
//! Would catch: a repair of a log that was cut or removed and that says nothing was lost.

use std::sync::Arc;

use agent_storage_engine::{engine::LostChanges, format::names::FileName, ids::Position, store::Store};

use super::{FRAMES_OFFSET, checks};
use crate::support::{
    sim::SimDisk,
    victim::{Files, contents, disk_with},
};

const PAGE: usize = 4096;

fn open(disk: &SimDisk) -> Arc<Store> {
    checks::open(disk, "a new store")
}

fn log_of(files: &Files) -> String {
    let is_log = |name: &&String| matches!(FileName::parse(name), Some(FileName::Log(_)));
    files.keys().rfind(is_log).expect("a log").clone()
}

/// Where each frame of the log begins, and where the last one ends.
fn frames(log: &[u8]) -> Vec<usize> {
    let mut offsets = vec![FRAMES_OFFSET];
    while let Some(length) = log.get(offsets[offsets.len() - 1]..).and_then(<[u8]>::first_chunk) {
        match u32::from_le_bytes(*length) {
            0 => break,
            length => offsets.push(offsets[offsets.len() - 1] + 28 + length as usize),
        }
    }
    offsets
}

fn lost(from: u64, to: Option<u64>) -> Vec<LostChanges> {
    vec![LostChanges { from: Position(from), to: to.map(Position) }]
}

/// Ten changes in the log, closed.
fn ten() -> Files {
    let disk = SimDisk::new();
    let store = open(&disk);
    for number in 0..10 {
        store.append_events("trace", &[[number; 40]], None).expect("appends");
    }
    store.close_and_wait().expect("closes");
    contents(&disk)
}

fn told(files: &Files) -> Vec<LostChanges> {
    let disk = disk_with(files);
    let report = checks::repair(&disk).expect("repairs");
    let store = open(&disk);
    store.append_events("trace", &[b"goes on"], None).expect("appends");
    store.close_and_wait().expect("closes");
    report.lost_changes
}

#[test]
fn a_log_that_was_cut_tells_what_it_lost_by_its_mark() {
    let files = ten();
    let log = log_of(&files);
    let offsets = frames(&files[&log]);
    assert_eq!(offsets.len(), 11);
    for (whole, offset) in offsets[..10].iter().enumerate() {
        for more in [0, 7] {
            let mut cut = files.clone();
            cut.get_mut(&log).expect("the log").truncate(offset + more);
            assert_eq!(told(&cut), lost(whole as u64 + 1, Some(10)), "{whole} frames are left");
        }
    }
}

#[test]
fn a_log_without_marks_or_none_at_all_does_not_tell_how_far_it_went() {
    let files = ten();
    let log = log_of(&files);
    for length in [0, 100, PAGE, 2 * PAGE, FRAMES_OFFSET - 1] {
        let mut cut = files.clone();
        cut.get_mut(&log).expect("the log").truncate(length);
        assert_eq!(told(&cut), lost(1, None), "cut to {length}");
    }
    let mut without = files.clone();
    without.remove(&log);
    assert_eq!(told(&without), lost(1, None));
    let mut unmarked = files.clone();
    unmarked.get_mut(&log).expect("the log")[PAGE..FRAMES_OFFSET].fill(0);
    assert_eq!(told(&unmarked), lost(11, None), "all frames are there, and nothing tells that these are all");
}

#[test]
fn a_log_that_is_gone_with_the_manifest_is_told() {
    let disk = SimDisk::new();
    let store = open(&disk);
    store.append_events("trace", &[[1; 40], [2; 40]], None).expect("appends");
    store.flush_tables().expect("flushes");
    store.append_events("trace", &[[3; 40]], None).expect("appends");
    store.close_and_wait().expect("closes");
    let mut files = contents(&disk);
    files.remove(&log_of(&files));
    files.remove("MANIFEST");
    assert_eq!(told(&files), lost(2, None));
}

#[test]
fn a_damaged_frame_is_told_by_its_position() {
    let files = ten();
    let log = log_of(&files);
    let offsets = frames(&files[&log]);
    for (index, offset) in offsets[..10].iter().enumerate() {
        let mut damaged = files.clone();
        damaged.get_mut(&log).expect("the log")[offset + 30] ^= 1;
        let position = index as u64 + 1;
        assert_eq!(told(&damaged), lost(position, Some(position)));
    }
}

/// The frame is whole, and what it only names is not.
#[test]
fn a_damaged_body_of_a_large_change_is_told_by_its_position() {
    let disk = SimDisk::new();
    let store = open(&disk);
    store.append_events("trace", &[b"before"], None).expect("appends");
    store.append_events("trace", &[vec![7; 2 << 20]], None).expect("appends");
    store.append_events("trace", &[b"behind"], None).expect("appends");
    store.flush_and_wait().expect("flushes");
    let mut files = contents(&disk.kill());
    let pack = files.iter_mut().find(|(name, _)| name.ends_with(".pack")).expect("a pack").1;
    let middle = 64 + (pack.len() - 64) / 2;
    pack[middle] ^= 1;
    assert_eq!(told(&files), lost(2, Some(2)));
}
