//! Batches that are made ready by another thread. Would catch: one that is lost, given twice or out of order; a walk that waits for other jobs of the pool; one that
//! goes on after its end or its handle's close; a panic taken for the end of the events.

use std::{
    path::Path,
    sync::{Arc, Barrier, mpsc},
};

use agent_storage_engine::{
    error::Error,
    events::replay::EventBatch,
    ids::Sequence,
    store::{ReadAhead, Store},
};

use super::{STORE, open, simulated};

const EVENTS: u64 = 1000;
/// As many threads as the pool can have.
const HELD: usize = 4;

fn with_events() -> Arc<Store> {
    let (_, registry) = simulated();
    let store = open(&registry, Path::new(STORE));
    let data: Vec<_> = (1..=EVENTS).map(u64::to_le_bytes).collect();
    store.append_events("", &data, None).expect("appends");
    store
}

/// A walk in batches of `most_events`; `make` sees each.
fn walk<T: Send + 'static>(
    store: &Arc<Store>,
    most_events: usize,
    make: impl FnMut(&EventBatch) -> T + Send + 'static,
) -> ReadAhead<T> {
    let events = store.replay_events("", Sequence(0), None).expect("a replay");
    events.read_ahead(most_events, usize::MAX, make)
}

fn sequences(batch: &EventBatch) -> Vec<u64> {
    batch.events.iter().map(|event| event.sequence.0).collect()
}

#[test]
fn every_event_is_given_once_and_in_order() {
    let store = with_events();
    for most_events in [1, 7, 999, 1000, 1001] {
        let walk = walk(&store, most_events, sequences);
        let mut seen = Vec::new();
        while let Some(batch) = walk.next().expect("a batch") {
            seen.extend(batch);
        }
        assert_eq!(seen, (1..=EVENTS).collect::<Vec<_>>(), "{most_events}");
        assert_eq!(walk.next().expect("the end"), None);
    }
}

#[test]
fn a_walk_waits_for_no_other_job() {
    let store = with_events();
    // As many walks as the pool can have threads, each of which holds one, by what it makes of its second batch.
    let entered = Arc::new(Barrier::new(2));
    let held: Vec<_> = (0..HELD)
        .map(|_| {
            let (open, opened) = mpsc::channel::<()>();
            let entered = Arc::clone(&entered);
            let mut batches = 0;
            let walk = walk(&store, 10, move |batch| {
                batches += 1;
                if batches == 2 {
                    entered.wait();
                    opened.recv().expect_err("it is only dropped");
                }
                sequences(batch)
            });
            (walk, open)
        })
        .collect();
    let threads = std::thread::available_parallelism().map_or(2, usize::from).clamp(2, HELD);
    for (walk, _) in held.iter().take(threads) {
        assert_eq!(walk.next().expect("a batch"), Some((1..=10).collect()));
        entered.wait();
    }
    let free = walk(&store, 10, sequences);
    let mut count = 0;
    while free.next().expect("a batch").is_some() {
        count += 1;
    }
    assert_eq!(count, EVENTS / 10);
    for (walk, open) in held.into_iter().take(threads) {
        drop(open);
        assert_eq!(walk.next().expect("a batch"), Some((11..=20).collect()));
    }
}

#[test]
fn after_its_end_a_walk_gives_nothing() {
    let store = with_events();
    for taken in 0..3 {
        let walk = walk(&store, 10, sequences);
        for _ in 0..taken {
            walk.next().expect("a batch").expect("not the last");
        }
        walk.end();
        walk.end();
        assert_eq!(walk.next().expect("the end"), None);
    }
}

#[test]
fn what_is_ready_is_not_given_after_a_close() {
    let store = with_events();
    let (send, made) = mpsc::channel();
    let walk = walk(&store, 10, move |batch| {
        let _ = send.send(());
        sequences(batch)
    });
    walk.next().expect("a batch");
    (0..2).for_each(|_| made.recv().expect("the next batch is made ahead"));
    store.close_and_wait().expect("closes");
    assert!(matches!(walk.next(), Err(Error::HandleClosed { .. })));
}

#[test]
fn a_panic_is_no_end() {
    let store = with_events();
    let (send, entered) = mpsc::channel();
    let mut batches = 0;
    let walk = walk(&store, 10, move |batch| {
        batches += 1;
        if batches == 2 {
            let _ = send.send(());
            panic!("on purpose");
        }
        sequences(batch)
    });
    walk.next().expect("a batch");
    entered.recv().expect("the next batch is made ahead");
    assert!(matches!(walk.next(), Err(Error::Panicked { .. })));
    assert_eq!(walk.next().expect("the end"), None);
}
