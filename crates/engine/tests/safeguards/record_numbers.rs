//! That no record number ever stands for two records, although some were given to records that a power cut lost.
//!
//! Would catch: a recovery that goes on right behind the numbers that it sees. A record that the cut left behind a torn one is not seen by it, but is found
//! by a repair, which then gives a later checkpoint its bytes.

use std::path::Path;

use agent_storage_engine::{engine::repair_directory, format::record::RECORD_HEADER_BYTES};

use super::{LARGE_BYTES, fresh, numbers::records, open, save_large};
use crate::support::{
    rng::Rng,
    runner::STORE,
    sim::SimDisk,
    victim::{Files, contents, disk_with},
};

fn pack(files: &mut Files) -> &mut Vec<u8> {
    files.iter_mut().find(|(name, _)| name.ends_with(".pack")).expect("a pack").1
}

/// A store with the record of one save, and behind it what a power cut left of two saves under way: of the first one's record not the header.
fn cut_between_two_records() -> SimDisk {
    let (disk, store) = fresh();
    save_large(&store, "kept", 1).expect("saves");
    let mut files = contents(&disk.kill());
    save_large(&store, "torn", 2).expect("saves");
    save_large(&store, "behind", 3).expect("saves");
    let mut after = contents(&disk.kill());
    let written = pack(&mut after);
    let torn = records(written).nth(1).expect("two records");
    written[torn..torn + RECORD_HEADER_BYTES].fill(0);
    pack(&mut files).clone_from(written);
    disk_with(&files)
}

#[test]
fn a_record_that_a_cut_left_behind_is_no_later_ones() {
    let disk = cut_between_two_records();
    let store = open(&disk).expect("recovers");
    let new = ["new", "newer", "newest"].into_iter().zip(10..);
    for (id, seed) in new.clone() {
        save_large(&store, id, seed).expect("saves");
    }
    let killed = disk.kill();
    killed.erase(Path::new(STORE), "MANIFEST");
    let report = repair_directory(&killed, Path::new(STORE), &|| false, &mut |_, _| {}).expect("repairs");
    assert!(report.lost_versions.is_empty(), "{:?}", report.lost_versions);
    let repaired = open(&killed).expect("opens");
    for (id, seed) in [("kept", 1)].into_iter().chain(new) {
        let found = repaired.load_and_wait(id, None).expect("loads").expect("a checkpoint");
        assert!(*found == Rng::new(seed).bytes(LARGE_BYTES), "the bytes of another record: {id}");
    }
}
