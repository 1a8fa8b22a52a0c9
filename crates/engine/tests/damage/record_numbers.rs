//! That no record number ever stands for two records, although some were given to records that a power cut lost.
//!
//! Would catch: a recovery that goes on right behind the numbers that it sees. A record that the cut left behind a torn one is not seen by it, but is found
//! by a repair, which then gives a later checkpoint its bytes.

use std::{path::Path, sync::Arc};

use agent_storage_engine::{
    engine::repair_directory,
    format::record::{MAGIC, RECORD_HEADER_BYTES},
    registry::Registry,
    store::Store,
};

use crate::support::{
    rng::Rng,
    runner::{STORE, options},
    sim::SimDisk,
    victim::{Files, LONG, contents, disk_with, save},
};

/// More than goes into a frame, so that it goes into a pack; the same for all, so that their records are as long as each other.
const LARGE_BYTES: usize = 40_000;

fn open(disk: &SimDisk) -> Arc<Store> {
    Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG)).expect("opens")
}

fn save_large(store: &Arc<Store>, id: &str, seed: u64) -> Vec<u8> {
    let data = Rng::new(seed).bytes(LARGE_BYTES);
    store.commit_and_wait(vec![save(id, data.clone())]).expect("saves");
    data
}

fn pack(files: &mut Files) -> &mut Vec<u8> {
    files.iter_mut().find(|(name, _)| name.ends_with(".pack")).expect("a pack").1
}

/// Where the pack's records begin.
fn records(pack: &[u8]) -> Vec<usize> {
    let starts = |at: &usize| pack[*at..].starts_with(MAGIC);
    (0..pack.len()).filter(starts).collect()
}

/// A store with the record of one save, and behind it what a power cut left of two saves under way: of the first one's record not the header.
fn cut_between_two_records() -> (SimDisk, Vec<u8>) {
    let disk = SimDisk::new();
    let store = open(&disk);
    let kept = save_large(&store, "kept", 1);
    let mut files = contents(&disk.kill());
    save_large(&store, "torn", 2);
    save_large(&store, "behind", 3);
    let mut after = contents(&disk.kill());
    let written = pack(&mut after);
    let torn = records(written)[1];
    written[torn..torn + RECORD_HEADER_BYTES].fill(0);
    pack(&mut files).clone_from(written);
    (disk_with(&files), kept)
}

#[test]
fn a_record_that_a_cut_left_behind_is_no_later_ones() {
    let (disk, kept) = cut_between_two_records();
    let store = open(&disk);
    let saved: Vec<_> =
        (0..3u64).map(|number| save_large(&store, &format!("new {number}"), 10 + number)).collect();
    let killed = disk.kill();
    killed.erase(Path::new(STORE), "MANIFEST");
    let report = repair_directory(&killed, Path::new(STORE), &|| false, &mut |_, _| {}).expect("repairs");
    assert!(report.lost_versions.is_empty(), "{:?}", report.lost_versions);
    let repaired = open(&killed);
    let load = |id: &str| repaired.load_and_wait(id, None).expect("loads").expect("a checkpoint");
    assert!(*load("kept") == kept);
    for (number, data) in saved.iter().enumerate() {
        assert!(*load(&format!("new {number}")) == *data, "the bytes of another record");
    }
}
