//! What a failed engine, and one that has given way, must not do.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicU64},
        mpsc,
    },
    thread,
    time::Duration,
};

use agent_storage_engine::{
    engine::{Engine, Op, Opening, Settings},
    error::Error,
    io::{Backend, owner::DirectoryLock},
};

use super::{NEVER, append, background::open_with, count, fresh, large, open, save_large, wait_until};
use crate::support::{
    runner::STORE,
    sim::{Call, Failure, Fault, SimDisk},
};

fn sync_fails(disk: &SimDisk, suffix: &str) {
    disk.fail(Fault::nth(Some(Call::Sync), 1, Failure::Io).on(suffix));
}

/// An engine by itself; nothing is synced in the background.
pub(crate) fn engine(disk: &SimDisk) -> Arc<Engine> {
    let directory = disk.open_directory(Path::new(STORE), true).expect("a directory");
    let lock = DirectoryLock::acquire(Arc::clone(&directory), Duration::ZERO).expect("is free");
    let settings = Settings { history_limit: AtomicU32::new(9), sync_interval_ms: AtomicU64::new(3_600_000) };
    Engine::open(Opening { directory, lock, create: true, read_only: false, settings }).expect("opens")
}

/// The failure comes while a flush writes its first run.
#[test]
fn a_flush_under_way_names_nothing_after_a_failure() {
    let (disk, store) = fresh();
    append(&store, 1).expect("appends");
    store.flush_and_wait().expect("syncs");
    disk.hold_writes(".run");
    let flushing = Arc::clone(&store);
    let flush = thread::spawn(move || flushing.flush_tables());
    wait_until("held", || disk.held_writes() > 0);
    let named = disk.contents(Path::new(STORE))["MANIFEST"].clone();
    sync_fails(&disk, ".log");
    append(&store, 2).expect("appends");
    store.flush_and_wait().expect_err("the sync fails");
    disk.release_writes();
    let flushed = flush.join().expect("ends");
    assert!(matches!(flushed, Err(Error::Poisoned { .. })), "{flushed:?}");
    assert!(disk.contents(Path::new(STORE))["MANIFEST"] == named, "the manifest was replaced");
}

/// The failure comes while the first of two records is written.
#[test]
fn a_save_under_way_writes_no_record_after_a_failure() {
    let disk = SimDisk::new();
    let store = open_with(&disk, Duration::from_millis(1));
    save_large(&store, "a", 1).expect("saves");
    disk.hold_writes(".pack");
    let saving = Arc::clone(&store);
    let save = thread::spawn(move || saving.commit_and_wait(vec![large("b", 2), large("c", 3)]));
    wait_until("held", || disk.held_writes() > 0);
    sync_fails(&disk, ".log");
    wait_until("failed", || store.append_events("trace", &[b"1"], None).is_err());
    let before = count(&disk, Call::Write, ".pack");
    disk.release_writes();
    save.join().expect("ends").expect_err("is refused");
    assert!(count(&disk, Call::Write, ".pack") <= before + 1, "the second record was written");
}

#[test]
fn a_failed_engine_takes_no_batch_not_even_one_that_changes_nothing() {
    let (disk, store) = fresh();
    sync_fails(&disk, ".pack");
    save_large(&store, "a", 1).expect_err("the sync fails");
    let nothing = store.commit_and_wait(Vec::new());
    assert!(matches!(nothing, Err(Error::Poisoned { .. })), "{nothing:?}");
}

/// The log itself is as it was when it was closed, so that there is nothing to do for the closing.
#[test]
fn closing_tells_of_a_failure_that_left_the_log_alone() {
    let (disk, store) = fresh();
    store.close_and_wait().expect("closes");
    let store = open(&disk).expect("opens");
    sync_fails(&disk, ".pack");
    save_large(&store, "a", 1).expect_err("the sync fails");
    let closed = store.close_and_wait();
    assert!(matches!(closed, Err(Error::Poisoned { .. })), "{closed:?}");
}

/// A round that has not ended yet, since its mark is held, must keep nobody waiting who learns of a failure elsewhere.
#[test]
fn a_failure_is_told_to_who_waits_for_a_round() {
    let (disk, store) = fresh();
    append(&store, 1).expect("appends");
    disk.hold_writes(".log");
    let (sender, answer) = mpsc::channel();
    store.flush(Box::new(move |synced| drop(sender.send(synced))));
    wait_until("held", || disk.held_writes() > 0);
    sync_fails(&disk, ".pack");
    save_large(&store, "a", 1).expect_err("the sync fails");
    let told = answer.recv_timeout(NEVER);
    disk.release_writes();
    assert!(matches!(told, Ok(Err(Error::Poisoned { .. }))), "{told:?}");
}

#[test]
fn an_engine_that_gave_way_syncs_nothing() {
    let disk = SimDisk::new();
    let engine = engine(&disk);
    let events = Op::Append { stream: "trace".to_owned(), events: vec![vec![1; 60]], after: None };
    engine.submit_and_wait(vec![events], false).expect("appends");
    drop(engine.retire());
    let syncs = count(&disk, Call::Sync, ".log");
    engine.sync_now().expect_err("has given way");
    assert_eq!(count(&disk, Call::Sync, ".log"), syncs);
}
