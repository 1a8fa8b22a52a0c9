//! What a call that failed leaves behind: nothing, since others wait for the room.

use std::{cell::Cell, path::Path};

use agent_storage_engine::error::Error;

use super::{append, fresh, open, save_large, with_ending};
use crate::support::{
    sim::{Call, Failure, Fault},
    victim::{contents, disk_with, everything, log_only},
};

/// There is room for the run of events, and none for that of rows.
#[test]
fn a_flush_without_room_leaves_no_files() {
    let (disk, store) = fresh();
    append(&store, 1).expect("appends");
    disk.fail(Fault::nth(Some(Call::Create), 2, Failure::Full).on(".run"));
    assert!(matches!(store.flush_tables(), Err(Error::Full { .. })));
    assert_eq!(with_ending(&disk, ".run"), 0);
}

#[test]
fn a_recovery_without_room_leaves_no_log() {
    let (disk, store) = fresh();
    append(&store, 1).expect("appends");
    for nth in 1.. {
        let disk = disk.kill();
        disk.fail(Fault::nth(Some(Call::Write), nth, Failure::Full).on(".log"));
        let store = open(&disk).expect("opens, if only for reading");
        if append(&store, 2).is_ok() {
            assert!(nth > 2, "nothing failed");
            return;
        }
        assert_eq!(with_ending(&disk, ".log"), 1, "write {nth}");
    }
}

#[test]
fn a_backup_that_was_stopped_leaves_no_files() {
    let (disk, store) = fresh();
    save_large(&store, "a", 1).expect("saves");
    append(&store, 1).expect("appends");
    let copied = Cell::new(false);
    let stop = || copied.get();
    store.backup(Path::new("/copy"), &stop, &mut |_, _| copied.set(true)).expect_err("is stopped");
    assert!(disk.contents(Path::new("/copy")).keys().all(|name| name == "owner"));
}

/// Would catch an opening that makes a new store over the log of one whose manifest is lost.
#[test]
fn a_log_without_its_manifest_is_no_room_for_a_store() {
    for victim in [log_only(), everything()] {
        let mut files = victim.files.clone();
        files.remove("MANIFEST");
        let disk = disk_with(&files);
        assert!(matches!(open(&disk).map(drop), Err(Error::Corrupt { what: "missing manifest", .. })));
        assert!(contents(&disk) == files, "{}", victim.name);
    }
}
