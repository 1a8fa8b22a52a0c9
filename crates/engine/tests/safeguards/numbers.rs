//! Numbers that were given, and counts that are wrong.

use std::path::Path;

use agent_storage_engine::{
    engine::{Op, repair_directory},
    error::Error,
    format::record::{MAGIC, RECORD_HEADER_BYTES, RecordHeader},
    ids::RecordNumber,
    io::Backend,
    manifest::Manifest,
};

use super::{append, fresh, open, save_large};
use crate::support::{runner::STORE, sim::SimDisk, victim::contents};

/// How many numbers a recovery and a repair skip.
const SKIPPED: u64 = 1 << 16;

fn change_manifest(disk: &SimDisk, change: impl FnOnce(&mut Manifest)) {
    let directory = disk.open_directory(Path::new(STORE), false).expect("a directory");
    let mut manifest = Manifest::load(&*directory).expect("reads").expect("a manifest");
    change(&mut manifest);
    manifest.store(&*directory).expect("stores");
}

/// Where the records of a pack begin.
pub(crate) fn records(pack: &[u8]) -> impl Iterator<Item = usize> {
    (0..pack.len()).filter(|at| pack[*at..].starts_with(MAGIC))
}

/// The highest number of a record in a pack.
fn highest(disk: &SimDisk) -> u64 {
    let directory = disk.open_directory(Path::new(STORE), false).expect("a directory");
    let store = Manifest::load(&*directory).expect("reads").expect("a manifest").store;
    let mut highest = 0;
    for (_, bytes) in contents(disk).iter().filter(|(name, _)| name.ends_with(".pack")) {
        for at in records(bytes) {
            let header = RecordHeader::decode(&bytes[at..at + RECORD_HEADER_BYTES], store).expect("a header");
            highest = highest.max(header.number.0);
        }
    }
    highest
}

/// Where the manifest is much older than the frames, numbers behind those of the frames may have been given to records that were lost.
#[test]
fn a_recovery_skips_numbers_behind_those_that_frames_show() {
    let (disk, _store) = fresh();
    let disk = disk.kill();
    let store = open(&disk).expect("recovers");
    save_large(&store, "a", 1).expect("saves");
    let disk = disk.kill();
    let given = highest(&disk);
    assert!(given > SKIPPED);
    change_manifest(&disk, |manifest| manifest.next_record = RecordNumber(1));
    let store = open(&disk).expect("recovers");
    save_large(&store, "b", 2).expect("saves");
    assert!(highest(&disk) >= given + SKIPPED, "{} after {given}", highest(&disk));
}

/// Of the records behind the first one nothing tells any more.
#[test]
fn a_repair_skips_the_numbers_of_records_that_are_gone() {
    let (disk, store) = fresh();
    save_large(&store, "kept", 1).expect("saves");
    let torn = disk.kill();
    for id in ["lost", "lost too"] {
        save_large(&store, id, 2).expect("saves");
    }
    let given = highest(&disk);
    torn.erase(Path::new(STORE), "MANIFEST");
    repair_directory(&torn, Path::new(STORE), &|| false, &mut |_, _| {}).expect("repairs");
    let store = open(&torn).expect("opens");
    save_large(&store, "new", 3).expect("saves");
    assert!(highest(&torn) > given, "the number of another record");
}

/// Would catch a batch that is written although its frame cannot be applied: writing would end, and the store would not open again.
#[test]
fn a_batch_that_drops_more_than_there_is_changes_nothing() {
    let (disk, store) = fresh();
    for seed in 0..3 {
        save_large(&store, "a", seed).expect("saves");
    }
    store.close_and_wait().expect("closes");
    change_manifest(&disk, |manifest| manifest.versions = 1);
    let store = open(&disk).expect("opens");
    let deleted = store.commit_and_wait(vec![Op::Delete { id: "a".to_owned(), unless_after: None }]);
    assert!(matches!(deleted, Err(Error::Corrupt { what: "catalog row", .. })), "{deleted:?}");
    append(&store, 1).expect("appends");
}
