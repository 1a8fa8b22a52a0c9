//! Changes that others overtake, and records in packs that a crash left unsealed.

use std::{path::Path, sync::Arc, thread};

use agent_storage_engine::{error::Error, ids::Sequence};

use super::{append, fresh, open, save_large, wait_until};
use crate::support::{observe::observe, runner::STORE};

/// Would catch a large change that is written with the sequences which another change has taken meanwhile.
#[test]
fn a_large_change_that_was_overtaken_is_written_again() {
    let (disk, store) = fresh();
    save_large(&store, "a", 1).expect("saves");
    disk.hold_writes(".pack");
    let appending = Arc::clone(&store);
    let events: Vec<Vec<u8>> = (0..3u8).map(|number| vec![number; 500_000]).collect();
    let written = events.clone();
    let large = thread::spawn(move || appending.append_events("trace", &written, None));
    wait_until("held", || disk.held_writes() > 0);
    append(&store, 9).expect("appends");
    disk.release_writes();
    assert_eq!(large.join().expect("ends").expect("appends"), Sequence(31));
    for (store, how) in [(store, "open"), (open(&disk.kill()).expect("opens"), "killed")] {
        let found = observe(&store, None).expect("reads");
        let stream = &found.streams["trace"].events;
        assert_eq!(stream.len(), 33, "{how}");
        for (sequence, event) in (31u64..).zip(&events) {
            assert!(*stream[&sequence].data == *event, "{how}: event {sequence}");
        }
    }
}

/// A flush empties packs that a crash left unsealed; not one of which a needed record is damaged, since a later reader may still get something of it.
#[test]
fn a_pack_with_a_damaged_record_that_is_needed_stays() {
    let (disk, store) = fresh();
    save_large(&store, "a", 1).expect("saves");
    save_large(&store, "b", 2).expect("saves");
    let disk = disk.kill();
    let files = disk.contents(Path::new(STORE));
    let (name, bytes) = files.iter().find(|(name, _)| name.ends_with(".pack")).expect("a pack");
    let mut damaged = bytes.clone();
    damaged[1000] ^= 1;
    disk.put(Path::new(STORE), name, &damaged);
    let store = open(&disk).expect("opens");
    append(&store, 1).expect("appends");
    store.flush_tables().expect("flushes");
    assert!(disk.contents(Path::new(STORE)).contains_key(name), "the pack is gone");
    assert!(matches!(store.load_and_wait("a", None), Err(Error::Corrupt { .. })));
    store.load_and_wait("b", None).expect("loads").expect("a checkpoint");
}
