//! One failure at a time, and what exactly comes of it.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use agent_storage_engine::{
    catalog::listing::{ListOptions, Order},
    engine::{BatchResult, Op},
    error::{Error, Result},
    format::names::FileName,
    ids::Sequence,
    registry::Registry,
    store::Store,
};

use super::{LONG, fresh, look, save};
use crate::support::{
    runner::{STORE, options},
    sim::{Call, Failure, Fault, SimDisk},
};

fn submit(store: &Arc<Store>, op: Op) -> mpsc::Receiver<Result<BatchResult>> {
    let (sender, receiver) = mpsc::channel();
    store.commit(vec![op], Box::new(move |answer| drop(sender.send(answer))));
    receiver
}

#[test]
fn a_failed_sync_rejects_all_that_wait_and_ends_writing() {
    let (disk, registry, store) = fresh();
    store.commit_and_wait(vec![save("before")]).expect("saves");
    disk.fail(Fault::nth(Some(Call::Sync), 1, Failure::Io).on(".log"));
    let pending: Vec<_> = (0..20).map(|number| submit(&store, save(&format!("id {number}")))).collect();
    for answer in pending {
        let answer = answer.recv().expect("an answer");
        assert!(matches!(answer, Err(Error::Poisoned { .. })), "{answer:?}");
    }
    let syncs = disk.count(Some(Call::Sync));
    for _ in 0..3 {
        assert!(matches!(store.append_events("", &[b"x"], None), Err(Error::Poisoned { .. })));
        assert!(matches!(store.flush_and_wait(), Err(Error::Poisoned { .. })));
    }
    assert!(store.load_and_wait("before", None).expect("loads").is_some());
    assert_eq!(disk.count(Some(Call::Sync)), syncs, "a failed sync is not tried again");
    let healed = Store::open(&registry, Path::new(STORE), options(LONG)).expect("heals");
    healed.commit_and_wait(vec![save("after")]).expect("saves");
    assert!(matches!(store.load_and_wait("before", None), Err(Error::Poisoned { .. })));
    assert!(store.close_and_wait().is_err(), "the handle of the failed engine tells of it");
    healed.close_and_wait().expect("closes");
}

/// Would catch a flush that answers with the failure before the engine takes no more changes.
#[test]
fn who_is_told_of_a_failed_sync_is_refused_at_once() {
    let (disk, _registry, store) = fresh();
    store.append_events("", &[b"accepted"], None).expect("appends");
    disk.fail(Fault::nth(Some(Call::Sync), 1, Failure::Io).on(".log"));
    let (sender, receiver) = mpsc::channel();
    let teller = Arc::clone(&store);
    store.flush(Box::new(move |told| {
        drop(sender.send((told, teller.append_events("", &[b"late"], None))));
    }));
    let (told, late) = receiver.recv().expect("an answer");
    assert!(matches!(told, Err(Error::Poisoned { .. })), "{told:?}");
    assert!(matches!(late, Err(Error::Poisoned { .. })), "{late:?}");
}

/// Without room for a byte the call is refused whole, and the next one is tried again.
#[test]
fn a_full_disk_refuses_calls_and_ends_nothing() {
    let (disk, _registry, store) = fresh();
    for number in 0..50u8 {
        store.append_events("", &[vec![number; 300]], None).expect("appends");
    }
    store.commit_and_wait(vec![save("old")]).expect("saves");
    for call in [Call::Write, Call::Allocate, Call::Create] {
        disk.fail(Fault::nth(Some(call), 1, Failure::Full).lasting());
    }
    let large = vec![Op::Append { stream: "large".to_owned(), events: vec![vec![7; 2 << 20]], after: None }];
    for _ in 0..3 {
        let refused = store.append_events("", &[b"refused"], None);
        assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
        let refused = store.commit_and_wait(vec![save("refused")]);
        assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
        let refused = store.commit_and_wait(large.clone());
        assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
        let refused = store.flush_tables();
        assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
    }
    assert_eq!(store.last_sequence("").expect("reads"), Sequence(50));
    assert!(store.load_and_wait("old", None).expect("loads").is_some());
    disk.clear_faults();
    assert_eq!(store.append_events("", &[b"goes on"], None).expect("appends").0, 51);
    store.commit_and_wait(large).expect("appends");
    store.flush_tables().expect("flushes");
    store.compact(&|| false, &mut |_, _| {}).expect("compacts");
    store.close_and_wait().expect("closes");
    let found = look(&disk.kill()).expect("opens");
    assert_eq!((found.last_sequence(""), found.last_sequence("large")), (51, 1));
    assert!(found.checkpoints.contains_key("old") && !found.checkpoints.contains_key("refused"));
    let strays = disk
        .contents(Path::new(STORE))
        .keys()
        .filter(|name| matches!(FileName::parse(name), Some(FileName::Run(_))))
        .count();
    assert!(strays <= 2, "files of refused flushes are left: {strays} runs");
}

/// Would catch a store that ends writing where a file of no use cannot be removed: a directory that is copied on write needs room for that too.
#[test]
fn a_temporary_manifest_that_cannot_be_removed_for_want_of_room_ends_nothing() {
    for failure in [Failure::Full, Failure::Short(600)] {
        let (disk, _registry, store) = fresh();
        store.append_events("", &[b"one"], None).expect("appends");
        disk.fail(Fault::nth(Some(Call::Remove), 1, failure).lasting().on("MANIFEST.tmp"));
        for _ in 0..2 {
            let refused = store.flush_tables();
            assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
        }
        assert_eq!(store.append_events("", &[b"goes on"], None).expect("appends").0, 2);
        disk.clear_faults();
        store.flush_tables().expect("flushes");
        store.close_and_wait().expect("closes");
        assert_eq!(look(&disk.power_cut_losing_all()).expect("opens").last_sequence(""), 2);
    }
}

/// A frame of which a part was placed ends writing, and the part never counts.
#[test]
fn a_torn_append_ends_writing_and_is_gone_after_healing() {
    let (disk, registry, store) = fresh();
    store.append_events("", &[b"one"], None).expect("appends");
    disk.fail(Fault::nth(Some(Call::Write), 1, Failure::Short(20)).on(".log"));
    let torn = store.append_events("", &[vec![1; 600]], None);
    assert!(matches!(torn, Err(Error::Poisoned { .. })), "{torn:?}");
    let healed = Store::open(&registry, Path::new(STORE), options(LONG)).expect("heals");
    assert_eq!(healed.append_events("", &[b"two"], None).expect("appends").0, 2);
    healed.close_and_wait().expect("closes");
    let found = look(&disk.power_cut_losing_all()).expect("opens");
    let events: Vec<_> = found.streams[""].events.values().map(|event| event.data.to_vec()).collect();
    assert_eq!(events, [b"one", b"two"]);
}

/// Nobody opens a drop-in again: the next call heals it.
#[test]
fn a_lazy_handle_heals_at_its_next_call() {
    let disk = SimDisk::new();
    let registry = Registry::new(Arc::new(disk.clone()));
    let lazy = || {
        Store::lazy(&registry, Path::new(STORE), options(LONG), Duration::from_secs(60)).expect("a handle")
    };
    let (one, two) = (lazy(), lazy());
    one.append_events("", &[b"first"], None).expect("appends");
    two.commit_and_wait(vec![save("a")]).expect("saves");
    disk.fail(Fault::nth(Some(Call::Sync), 1, Failure::Io).on(".log"));
    let failed = one.commit_and_wait(vec![save("b")]);
    assert!(matches!(failed, Err(Error::Poisoned { .. })), "{failed:?}");
    two.commit_and_wait(vec![save("c")]).expect("the next call heals");
    one.append_events("", &[b"second"], None).expect("so does the other handle");
    one.flush_and_wait().expect("flushes");
    let found = look(&disk.power_cut_losing_all()).expect("opens");
    assert_eq!(found.last_sequence(""), 2);
    assert!(found.checkpoints.contains_key("a") && found.checkpoints.contains_key("c"));
    for handle in [one, two] {
        handle.close_and_wait().expect("closes");
    }
}

/// Would catch a drop-in that hides what it has stored as long as there is no room to heal.
#[test]
fn a_lazy_handle_reads_on_while_it_cannot_be_healed() {
    let disk = SimDisk::new();
    let registry = Registry::new(Arc::new(disk.clone()));
    let store = Store::lazy(&registry, Path::new(STORE), options(LONG), Duration::ZERO).expect("a handle");
    store.append_events("", &[b"one"], None).expect("appends");
    store.commit_and_wait(vec![save("old")]).expect("saves");
    for call in [Call::Write, Call::Allocate, Call::Create] {
        disk.fail(Fault::nth(Some(call), 1, Failure::Short(20)).lasting());
    }
    // The first is torn, the second finds no room to heal, and the third comes too soon to heal again.
    for _ in 0..3 {
        let refused = store.append_events("", &[vec![1; 600]], None);
        assert!(matches!(refused, Err(Error::Poisoned { .. } | Error::Full { .. })), "{refused:?}");
        for _ in 0..2 {
            assert_eq!(store.last_sequence("").expect("reads"), Sequence(1));
            assert!(store.load_and_wait("old", None).expect("loads").is_some());
        }
        assert!(matches!(store.flush_and_wait(), Err(Error::Poisoned { .. })), "nothing more can be durable");
    }
    disk.clear_faults();
    let began = Instant::now();
    while store.append_events("", &[b"two"], None).is_err() {
        assert!(began.elapsed() < Duration::from_secs(30), "it never heals");
        thread::sleep(Duration::from_millis(20));
    }
    store.close_and_wait().expect("closes");
    let found = look(&disk.power_cut_losing_all()).expect("opens");
    assert_eq!(found.last_sequence(""), 2);
    assert!(found.checkpoints.contains_key("old"));
}

/// Would catch a list that panics over bounds that cross, and by that ends writing.
#[test]
fn a_list_between_bounds_that_cross_is_empty_and_harmless() {
    let (_disk, _registry, store) = fresh();
    for flushed in [false, true] {
        store.commit_and_wait(vec![save("a")]).expect("saves");
        if flushed {
            store.flush_tables().expect("flushes");
        }
        for reverse in [false, true] {
            let crossed = ListOptions {
                order: Order::Time,
                from: Some(5.),
                until: Some(-3.),
                reverse,
                ..ListOptions::default()
            };
            assert_eq!(store.checkpoints(crossed).expect("a list").count(), 0);
        }
    }
    store.close_and_wait().expect("closes");
}

/// Would catch a flush that drops what a later prune made dead before that prune is durable.
#[test]
fn a_flush_that_is_tried_again_makes_the_prunes_since_durable() {
    let (disk, _registry, store) = fresh();
    for number in 1..=10u8 {
        store.append_events("log", &[[number; 50]], None).expect("appends");
    }
    store.flush_and_wait().expect("flushes");
    disk.fail(Fault::nth(Some(Call::Create), 1, Failure::Full).on(".run"));
    let refused = store.flush_tables();
    assert!(matches!(refused, Err(Error::Full { .. })), "{refused:?}");
    store.prune("log", Sequence(8)).expect("prunes");
    store.flush_tables().expect("flushes");
    let found = look(&disk.power_cut_losing_all()).expect("nothing is missing");
    assert_eq!((found.streams["log"].first(), found.last_sequence("log")), (8, 10));
    store.close_and_wait().expect("closes");
}
