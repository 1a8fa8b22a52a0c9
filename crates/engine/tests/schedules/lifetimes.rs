//! Stores that are released and closed under their callers.
//!
//! Would catch: a call that a release loses, one that is answered well and gone after a close, an engine that is opened twice, a close that waits for ever, a
//! reader whose files are gone, a walk read ahead that waits for ever or gives what comes after a batch it does not give.

use std::{path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    error::Error, events::replay::EventBatch, ids::Sequence, options::DurabilityMode, store::Store,
};
use shuttle::thread;

use crate::explore::{STORE, after, disk, explore, join, numbers, open, options, registry};

const EVENTS: u8 = 3;
const REST: usize = 40;

#[test]
fn an_idle_release_loses_no_call() {
    explore(1, 30, || {
        let disk = disk();
        let registry = registry(&disk);
        let threads = ["a", "b"].map(|stream| {
            let store = Store::lazy(
                &registry,
                Path::new(STORE),
                options(DurabilityMode::Background),
                Duration::from_millis(1),
            )
            .expect("a handle");
            thread::spawn(move || {
                for number in 0..EVENTS {
                    store.append_events(stream, &[[number]], None).expect("appends");
                    rest();
                    let found = numbers(&store, stream).expect("readable");
                    assert_eq!(found, (0..=number).collect::<Vec<_>>(), "stream {stream}");
                    rest();
                }
                store.close_and_wait().expect("closes");
            })
        });
        join(threads);
        after(&disk.power_cut_losing_all(), |store| {
            for stream in ["a", "b"] {
                assert_eq!(numbers(store, stream).expect("readable"), (0..EVENTS).collect::<Vec<_>>());
            }
        });
    });
}

/// Long enough, in many orders, for a store that nobody uses to be released.
fn rest() {
    for _ in 0..REST {
        thread::yield_now();
    }
}

#[test]
fn a_close_ends_calls_in_order() {
    explore(1, 30, || {
        let disk = disk();
        let store = open(&registry(&disk));
        let closers = [0, 1].map(|_| {
            let store = Arc::clone(&store);
            thread::spawn(move || store.close_and_wait().expect("closes"))
        });
        let writers = ["a", "b"].map(|stream| {
            let store = Arc::clone(&store);
            thread::spawn(move || accepted_before_the_close(&store, stream))
        });
        let reader = {
            let store = Arc::clone(&store);
            thread::spawn(move || match numbers(&store, "a") {
                Ok(found) => assert_eq!(found, (0..EVENTS).take(found.len()).collect::<Vec<_>>()),
                Err(error) => assert!(matches!(error, Error::HandleClosed { .. }), "{error}"),
            })
        };
        let accepted = join(writers);
        join(closers);
        join([reader]);
        after(&disk.power_cut_losing_all(), |store| {
            for (stream, accepted) in ["a", "b"].iter().zip(accepted) {
                assert_eq!(numbers(store, stream).expect("readable"), (0..accepted).collect::<Vec<_>>());
            }
        });
    });
}

/// Fewer threads than above, so that more of the orders are tried in which the last call of a handle ends during its close.
#[test]
fn a_close_waits_for_whoever_closes_the_engine() {
    explore(1, 60, || {
        let disk = disk();
        let store = open(&registry(&disk));
        let writer = {
            let store = Arc::clone(&store);
            thread::spawn(move || accepted_before_the_close(&store, "a"))
        };
        store.close_and_wait().expect("closes");
        let closed = disk.power_cut_losing_all();
        let accepted = join([writer])[0];
        after(&closed, |store| {
            assert_eq!(numbers(store, "a").expect("readable"), (0..accepted).collect::<Vec<_>>());
        });
    });
}

/// Appends until the store is closed; how many were accepted.
fn accepted_before_the_close(store: &Arc<Store>, stream: &str) -> u8 {
    for number in 0..EVENTS {
        match store.append_events(stream, &[[number]], None) {
            Ok(_) => {}
            Err(Error::HandleClosed { .. }) => return number,
            Err(error) => panic!("{error}"),
        }
    }
    EVENTS
}

#[test]
fn a_walk_read_ahead_ends_with_its_handle() {
    explore(1, 30, || {
        let disk = disk();
        let store = open(&registry(&disk));
        for number in 0..EVENTS {
            store.append_events("a", &[[number]], None).expect("appends");
        }
        let events = store.replay_events("a", Sequence(0), None).expect("a replay");
        let first = |batch: &EventBatch| batch.data(&batch.events[0])[0];
        let walk = Arc::new(events.read_ahead(1, 1, first));
        let reader = {
            let walk = Arc::clone(&walk);
            thread::spawn(move || {
                for number in 0..EVENTS {
                    match walk.next() {
                        Ok(Some(found)) => assert_eq!(found, number),
                        Ok(None) | Err(Error::HandleClosed { .. }) => return,
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        };
        let ender = thread::spawn(move || walk.end());
        store.close_and_wait().expect("closes");
        join([reader, ender]);
    });
}
