//! What every storage must do, run against the one on disk and the model in memory.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a failed expectation is a failed test")]

use std::sync::Arc;

use agent_storage_engine::{
    error::Error,
    events::replay::EventBatch,
    ids::Sequence,
    options::Options,
    registry::Registry,
    store::{Event, MemoryStorage, StorageEngine, Store},
};

fn on_disk() -> (tempfile::TempDir, Arc<Store>) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let store =
        Store::open(Registry::of_process(), directory.path(), Options::default()).expect("a new store");
    (directory, store)
}

fn events(storage: &impl StorageEngine, from: u64) -> Vec<(u64, Vec<u8>)> {
    storage
        .replay_events(from)
        .map(|event| event.expect("an event"))
        .map(|event| (event.sequence, event.data))
        .collect()
}

fn appends_and_replays(storage: &impl StorageEngine) {
    assert_eq!(events(storage, 0), []);
    for number in 1..=100u64 {
        assert_eq!(storage.append_event(&Event::new(format!("event {number}"))).expect("an append"), number);
    }
    assert_eq!(events(storage, 0).len(), 100);
    assert_eq!(events(storage, 99), [(99, b"event 99".to_vec()), (100, b"event 100".to_vec())]);
    assert_eq!(events(storage, 101), []);
}

fn prunes(storage: &impl StorageEngine) {
    for number in 1..=10u64 {
        storage.append_event(&Event::new(vec![0; 8])).expect("an append");
        assert!(number > 0);
    }
    assert_eq!(storage.prune(4).expect("a prune"), 3);
    assert_eq!(storage.prune(4).expect("a prune"), 0);
    assert_eq!(events(storage, 0)[0].0, 4);
    assert_eq!(storage.prune(1000).expect("a prune"), 7);
    assert_eq!(events(storage, 0), []);
    assert_eq!(storage.append_event(&Event::new("next")).expect("an append"), 11);
}

fn saves_and_loads(storage: &impl StorageEngine) {
    assert!(matches!(storage.load_checkpoint("a"), Err(Error::NotFound { .. })));
    storage.save_checkpoint("a", b"one").expect("a save");
    storage.save_checkpoint("../a", b"two").expect("a save");
    storage.save_checkpoint("a", b"three").expect("a save");
    storage.save_checkpoint("e", b"").expect("a save");
    assert_eq!(storage.load_checkpoint("a").expect("a load"), b"three");
    assert_eq!(storage.load_checkpoint("../a").expect("a load"), b"two");
    assert_eq!(storage.load_checkpoint("e").expect("a load"), b"");
    assert!(matches!(storage.load_checkpoint(""), Err(Error::InvalidArgument { .. })));
    assert!(matches!(storage.save_checkpoint("", b"x"), Err(Error::InvalidArgument { .. })));
}

#[test]
fn the_store_on_disk_keeps_the_contract() {
    let (_directory, store) = on_disk();
    appends_and_replays(&store);
    saves_and_loads(&store);
    let (_directory, store) = on_disk();
    prunes(&store);
    store.close_and_wait().expect("a close");
}

#[test]
fn the_model_keeps_the_contract() {
    appends_and_replays(&MemoryStorage::default());
    saves_and_loads(&MemoryStorage::default());
    prunes(&MemoryStorage::default());
}

#[test]
fn what_was_written_is_there_after_a_reopening() {
    let (directory, store) = on_disk();
    appends_and_replays(&store);
    saves_and_loads(&store);
    store.close_and_wait().expect("a close");
    assert!(matches!(store.append_events("", &[b"late"], None), Err(Error::HandleClosed { .. })));
    let store =
        Store::open(Registry::of_process(), directory.path(), Options::default()).expect("the store again");
    assert_eq!(events(&store, 99), [(99, b"event 99".to_vec()), (100, b"event 100".to_vec())]);
    assert_eq!(store.load_checkpoint("a").expect("a load"), b"three");
    store.close_and_wait().expect("a close");
}

#[test]
fn everything_survives_flush_compaction_and_reopening() {
    let (directory, store) = on_disk();
    let body = |number: u64| format!("event {number} {}", "x".repeat((number % 300) as usize)).into_bytes();
    for number in 1..=10_000u64 {
        let sequence = store.append_events("log", &[body(number)], None).expect("an append");
        assert_eq!(sequence.0, number);
    }
    let checkpoint = |id: u64, version: u64| {
        let lines = (0..200 + version * 3).map(|line| format!("{id} line {line} of version {version}"));
        lines.collect::<Vec<_>>().join("\n")
    };
    for version in 0..20 {
        for id in 0..50 {
            store
                .save_checkpoint(&format!("agent-{id}"), checkpoint(id, version).as_bytes())
                .expect("a save");
        }
    }
    let check = |store: &Arc<Store>| {
        for id in 0..50 {
            let loaded = store.load_checkpoint(&format!("agent-{id}")).expect("a load");
            assert_eq!(loaded, checkpoint(id, 19).as_bytes());
            let history = store.history(&format!("agent-{id}")).expect("a history");
            assert_eq!(history.len(), 20);
            let old =
                store.load_and_wait(&format!("agent-{id}"), Some(3)).expect("a load").expect("a version");
            assert_eq!(*old, checkpoint(id, 2).as_bytes());
        }
        let mut replay = store.replay_events("log", Sequence(0), None).expect("a replay");
        let mut batch = EventBatch::default();
        let mut next = 1;
        loop {
            replay.fill(&mut batch, 1000, 1 << 20).expect("events");
            if batch.events.is_empty() {
                break;
            }
            for event in &batch.events {
                assert_eq!(event.sequence.0, next);
                assert_eq!(batch.data(event), body(next));
                next += 1;
            }
        }
        assert_eq!(next, 10_001);
    };
    check(&store);
    let report = store.compact(&|| false, &mut |_, _| {}).expect("a compaction");
    check(&store);
    println!("{report:?} {:?}", store.stats().expect("figures"));
    let verified = store.verify(&|| false, &mut |_, _| {}).expect("a verification");
    assert!(verified.is_ok(), "{verified:?}");
    assert_eq!((verified.events, verified.checkpoints, verified.versions), (10_000, 50, 1000));
    store.close_and_wait().expect("a close");
    let store =
        Store::open(Registry::of_process(), directory.path(), Options::default()).expect("the store again");
    check(&store);
    store.close_and_wait().expect("a close");
}
