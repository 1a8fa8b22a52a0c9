//! What was there when a save was called. Would catch: events that were appended while a save was under way told as if it had seen them, also where the store had to be opened first,
//! and what was told at the save forgotten by the next opening.

use std::{path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{ids::Position, registry::Registry, store::Store};

use super::{STORE, answer, open, options, save, simulated, submit};
use crate::support::rng::Rng;

/// Saving so much takes longer than some appends.
const LARGE_BYTES: usize = 4 << 20;

/// A save, and events that are appended while it is under way; the place it was called at, and that of the last event before it.
fn save_and_append(store: &Arc<Store>, before: u64) -> (Position, Position) {
    let events = |count| vec![vec![0; 8]; count];
    for _ in 0..before {
        store.append_events("stream", &events(1), None).expect("appends");
    }
    let saving = submit(store, vec![save(store, "agent", Rng::new(1).bytes(LARGE_BYTES))]);
    for _ in 0..10 {
        store.append_events("stream", &events(2), None).expect("appends");
    }
    let saved = answer(&saving).expect("saves").checkpoints.remove(0);
    assert!(saved.position > saved.called_after, "{saved:?}");
    let known = store.history("agent").expect("lists");
    assert_eq!(known.last(), Some(&saved));
    (saved.called_after, Position(before))
}

#[test]
fn a_save_tells_what_was_appended_before_its_call() {
    let (disk, registry) = simulated();
    let store = open(&registry, Path::new(STORE));
    let (called, last) = save_and_append(&store, 3);
    assert_eq!(called, last);
    store.close_and_wait().expect("closes");
    drop((store, registry));
    for flushed in [false, true] {
        let store = open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE));
        let known = store.history("agent").expect("lists");
        assert_eq!(known.last().map(|info| info.called_after), Some(called), "flushed: {flushed}");
        store.flush_tables().expect("flushes");
        store.close_and_wait().expect("closes");
    }
}

#[test]
fn a_save_that_has_to_open_the_store_comes_before_later_appends() {
    let (_disk, registry) = simulated();
    let store = open(&registry, Path::new(STORE));
    store.append_events("stream", &[b"one"], None).expect("appends");
    store.close_and_wait().expect("closes");
    for round in 0..20 {
        let [lazy, other] = [(); 2]
            .map(|()| Store::lazy(&registry, Path::new(STORE), options(), Duration::ZERO).expect("is made"));
        let saving = submit(&lazy, vec![save(&lazy, "agent", vec![1; 8])]);
        other.append_events("stream", &[b"two"], None).expect("appends");
        let saved = answer(&saving).expect("saves").checkpoints.remove(0);
        // Each round before has added an event and a save.
        assert_eq!(saved.called_after, Position(1 + 2 * round), "{saved:?}");
        lazy.close_and_wait().expect("closes");
        other.close_and_wait().expect("closes");
    }
}
