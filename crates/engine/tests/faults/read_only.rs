//! A store that is opened for reading only.
//!
//! Would catch: an opening, a read, a background job or a close that writes after all, and a store that cannot be read because it was not closed.

use std::{path::Path, sync::Arc};

use agent_storage_engine::{
    engine::Op,
    error::{Error, Result},
    ids::Sequence,
    options::Options,
    registry::Registry,
    store::Store,
};

use super::{LONG, fresh, save};
use crate::support::{
    observe::observe,
    runner::{STORE, options},
    sim::{Call, SimDisk},
};

const WRITING: [Call; 7] =
    [Call::Create, Call::Write, Call::Allocate, Call::Sync, Call::Rename, Call::Remove, Call::SyncDirectory];

fn reading() -> Options {
    Options { read_only: true, ..options(LONG) }
}

fn writes(disk: &SimDisk) -> u64 {
    WRITING.iter().map(|call| disk.count(Some(*call))).sum()
}

fn assert_refused<T: std::fmt::Debug>(answer: &Result<T>) {
    assert!(matches!(answer, Err(Error::ReadOnly { .. })), "{answer:?}");
}

/// A store of every kind of file, and with events that are only in the log; closed, or killed.
fn prepared(closed: bool) -> SimDisk {
    let (disk, _registry, store) = fresh();
    store.append_events("", &[b"one"], None).expect("appends");
    store.commit_and_wait(vec![save("agent")]).expect("saves");
    store.flush_tables().expect("flushes");
    store.append_events("", &[b"two"], None).expect("appends");
    if closed {
        store.close_and_wait().expect("closes");
        return disk;
    }
    disk.kill()
}

#[test]
fn reading_only_changes_no_byte() {
    for closed in [true, false] {
        let disk = prepared(closed);
        let before = disk.contents(Path::new(STORE));
        let written = writes(&disk);
        let store = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), reading())
            .expect("opens for reading");
        let found = observe(&store, Some(3)).expect("reads");
        assert_eq!(found.last_sequence(""), 2);
        assert!(found.checkpoints.contains_key("agent"));
        assert!(store.verify(&|| false, &mut |_, _| {}).expect("verifies").is_ok());
        store.stats().expect("figures");

        assert_refused(&store.append_events("", &[b"three"], None));
        assert_refused(&store.commit_and_wait(vec![save("agent")]));
        let large = vec![Op::Append { stream: String::new(), events: vec![vec![7; 2 << 20]], after: None }];
        assert_refused(&store.commit_and_wait(large));
        assert_refused(&store.prune("", Sequence(2)));
        assert_refused(&store.flush_tables());
        assert_refused(&store.compact(&|| false, &mut |_, _| {}));
        store.flush_and_wait().expect("nothing waits to become durable");
        store.close_and_wait().expect("closes");
        assert_eq!(writes(&disk), written);
        assert!(disk.contents(Path::new(STORE)) == before, "closed: {closed}");
    }
}

#[test]
fn reading_only_makes_nothing() {
    let disk = SimDisk::new();
    let registry = Registry::new(Arc::new(disk.clone()));
    let opened = Store::open(&registry, Path::new("/nothing/here"), reading());
    assert!(matches!(opened, Err(Error::NoStore { .. })), "{:?}", opened.err());
    assert_eq!(writes(&disk), 0);
}

/// A handle that writes takes over from one that reads, and one that reads shares the engine of one that writes.
#[test]
fn a_writer_in_the_same_process_is_not_kept_out() {
    let disk = prepared(false);
    let registry = Registry::new(Arc::new(disk));
    let open = |options| Store::open(&registry, Path::new(STORE), options).expect("opens");
    let reader = open(reading());
    let writer = open(options(LONG));
    assert_eq!(writer.append_events("", &[b"three"], None).expect("appends"), Sequence(3));
    assert!(matches!(reader.last_sequence(""), Err(Error::Poisoned { .. })));
    let beside = open(reading());
    assert_eq!(beside.last_sequence("").expect("reads"), Sequence(3));
    assert_refused(&beside.append_events("", &[b"four"], None));
    for handle in [writer, beside] {
        handle.close_and_wait().expect("closes");
    }
    drop(reader.close_and_wait());
}
