//! A disk that is full when a store is opened that was not closed in order: its recovery has no room to write.
//!
//! Would catch: data that cannot be read because there is no room to write, remains of a recovery that take the room others wait for, a store that
//! does not go on once there is room.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    error::{Error, Result},
    ids::Sequence,
    registry::Registry,
    store::Store,
};

use super::{LONG, fresh, look, save};
use crate::support::{
    runner::{STORE, options},
    sim::{Call, Failure, Fault, SimDisk},
};

/// A store with 50 events and a checkpoint whose process was killed.
fn killed() -> SimDisk {
    let (disk, _registry, store) = fresh();
    for number in 0..50u8 {
        store.append_events("", &[vec![number; 300]], None).expect("appends");
    }
    store.commit_and_wait(vec![save("old")]).expect("saves");
    disk.kill()
}

/// What counts of a store: all but the note of who holds it.
fn files(disk: &SimDisk) -> BTreeMap<String, Vec<u8>> {
    let mut files = disk.contents(Path::new(STORE));
    files.remove("owner");
    files
}

fn fill(disk: &SimDisk, failure: Failure) {
    for call in [Call::Write, Call::Allocate, Call::Create] {
        disk.fail(Fault::nth(Some(call), 1, failure).lasting());
    }
}

fn assert_readable(store: &Arc<Store>) {
    assert_eq!(store.last_sequence("").expect("reads"), Sequence(50));
    assert!(store.load_and_wait("old", None).expect("loads").is_some());
}

fn assert_refused<T: std::fmt::Debug>(answer: &Result<T>) {
    let Err(Error::Poisoned { cause }) = answer else { panic!("{answer:?}") };
    assert!(cause.is_out_of_space(), "{cause}");
}

#[test]
fn a_store_that_needs_recovery_opens_for_reading() {
    for failure in [Failure::Full, Failure::Short(600)] {
        let disk = killed();
        let before = files(&disk);
        fill(&disk, failure);
        let registry = Registry::new(Arc::new(disk.clone()));
        let store = Store::open(&registry, Path::new(STORE), options(LONG)).expect("opens for reading");
        assert_readable(&store);
        assert_refused(&store.append_events("", &[b"refused"], None));
        assert_refused(&store.commit_and_wait(vec![save("refused")]));
        assert!(store.verify(&|| false, &mut |_, _| {}).expect("verifies").is_ok());
        assert!(files(&disk) == before, "the refused recovery left something");

        disk.clear_faults();
        let again = Store::open(&registry, Path::new(STORE), options(LONG)).expect("recovers");
        assert_eq!(again.append_events("", &[b"goes on"], None).expect("appends").0, 51);
        drop(store.close_and_wait());
        again.close_and_wait().expect("closes");
        assert_eq!(look(&disk.power_cut_losing_all()).expect("opens").last_sequence(""), 51);
    }
}

/// Also within the second in which it does not try to heal again.
#[test]
fn a_lazy_handle_reads_on_and_goes_on_once_there_is_room() {
    let disk = killed();
    fill(&disk, Failure::Full);
    let registry = Registry::new(Arc::new(disk.clone()));
    let lazy =
        Store::lazy(&registry, Path::new(STORE), options(LONG), Duration::from_secs(60)).expect("a handle");
    for _ in 0..3 {
        assert_readable(&lazy);
        assert_refused(&lazy.append_events("", &[b"refused"], None));
    }
    disk.clear_faults();
    let healed = (0..).find_map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        lazy.append_events("", &[b"goes on"], None).ok()
    });
    assert_eq!(healed, Some(Sequence(51)));
    lazy.close_and_wait().expect("closes");
}
