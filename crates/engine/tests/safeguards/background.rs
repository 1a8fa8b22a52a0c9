//! Syncs that nobody waits for, and those of the process's end.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    time::Duration,
};

use agent_storage_engine::{error::Error, options::Options, registry::Registry, store::Store};

use super::{append, count, fresh, look, open, wait_until};
use crate::support::{
    runner::{STORE, options},
    sim::{Call, Failure, Fault, SimDisk},
    victim::LONG,
};

pub(crate) fn open_with(disk: &SimDisk, sync_interval: Duration) -> Arc<Store> {
    let options = Options { sync_interval, ..options(LONG) };
    Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options).expect("opens")
}

/// Would catch a frame that the log has and group commit does not know of: no sync would ever cover it.
#[test]
fn what_was_appended_before_a_close_survives_a_cut() {
    for closed_before in [false, true] {
        let (disk, mut store) = fresh();
        if closed_before {
            store.close_and_wait().expect("closes");
            store = open(&disk).expect("opens");
        }
        append(&store, 1).expect("appends");
        store.close_and_wait().expect("closes");
        let found = look(&disk.power_cut_losing_all(), "closed");
        assert_eq!(found.last_sequence("trace"), 30, "closed before: {closed_before}");
    }
}

/// A flush is answered while changes go on: the store does not rest, so that only its own sync can answer it.
#[test]
fn a_flush_needs_no_rest() {
    let (_disk, store) = fresh();
    append(&store, 1).expect("appends");
    let (sender, answer) = mpsc::channel();
    store.flush(Box::new(move |synced| drop(sender.send(synced))));
    let mut answered = None;
    wait_until("answered", || {
        store.append_events("other", &[b"1"], None).expect("appends");
        answered = answer.try_recv().ok();
        answered.is_some()
    });
    assert!(matches!(answered, Some(Ok(()))), "{answered:?}");
}

#[test]
fn a_failed_sync_in_the_background_ends_writing() {
    let disk = SimDisk::new();
    let store = open_with(&disk, Duration::from_millis(1));
    disk.fail(Fault::nth(Some(Call::Sync), 1, Failure::Io).on(".log"));
    // Too few for a flush, which would meet the failure too.
    wait_until("told", || matches!(store.append_events("trace", &[b"1"], None), Err(Error::Poisoned { .. })));
}

/// One sync for the frames, and one more for the mark, which says that they are no torn end.
#[test]
fn a_store_at_rest_makes_its_mark_durable() {
    let disk = SimDisk::new();
    let store = open_with(&disk, Duration::from_millis(1));
    let before = count(&disk, Call::Sync, ".log");
    append(&store, 1).expect("appends");
    wait_until("settled", || count(&disk, Call::Sync, ".log") == before + 2);
}

#[test]
fn the_end_of_the_process_syncs_every_store() {
    let disk = SimDisk::new();
    let registry = Registry::new(Arc::new(disk.clone()));
    let store = Store::open(&registry, Path::new(STORE), options(LONG)).expect("opens");
    append(&store, 1).expect("appends");
    registry.sync_all();
    assert_eq!(look(&disk.power_cut_losing_all(), "ended").last_sequence("trace"), 30);
}
