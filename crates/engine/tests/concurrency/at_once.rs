//! Every kind of call at once. Would catch: a lost or doubled sequence, versions of one id out of the order of their calls, a batch that is seen in part,
//! two batches that wait for each other, a reader that a compaction pulls the files from under, an append that waits for a save.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use agent_storage_engine::{
    catalog::listing::ListOptions, engine::Op, ids::Sequence, registry::Registry, store::Store,
};

use super::{STORE, answer, delete, events, eventually, open, read_all, save, simulated, submit};
use crate::support::{rng::Rng, sim::SimDisk};

const ROUNDS: u64 = 400;
const IDS: [&str; 3] = ["a", "b", "c"];

#[derive(Default)]
struct Counts {
    appends: AtomicU64,
    saves: AtomicU64,
    replays: AtomicU64,
    lists: AtomicU64,
    flushes: AtomicU64,
}

fn body(thread: u64, number: u64) -> Vec<u8> {
    let mut bytes = format!("{thread} {number} ").into_bytes();
    bytes.resize(bytes.len() + (number % 700) as usize, b'.');
    bytes
}

/// Appends to a stream of its own, and to one that all share.
fn append(store: &Arc<Store>, thread: u64, counts: &Counts) {
    let own = format!("own {thread}");
    for number in 1..=ROUNDS * 8 {
        let sequence = store.append_events(&own, &[body(thread, number)], None).expect("appends");
        assert_eq!(sequence.0, number, "a stream that only one thread appends to");
        let last = Sequence(number);
        let both = vec![
            Op::Expect { stream: own.clone(), last, first: None },
            Op::Append { stream: "shared".to_owned(), events: vec![body(thread, number)], after: None },
        ];
        store.commit_and_wait(both).expect("its own stream is as it left it");
        if number % 100 == 0 {
            store.prune("shared", Sequence(number)).expect("prunes");
        }
        counts.appends.fetch_add(2, Ordering::Relaxed);
    }
}

/// Saves two ids in one batch, in either order, always with the same bytes; deletes a third now and then.
fn save_both(store: &Arc<Store>, thread: u64, counts: &Counts) {
    let mut rng = Rng::new(thread);
    let mut pending = Vec::new();
    for number in 0..ROUNDS {
        let mut data = format!("{thread} {number} ").into_bytes();
        data.extend(rng.bytes(if number % 20 == 0 { 40 << 10 } else { 200 }));
        let first = rng.index(2);
        let ids = [IDS[first], IDS[1 - first]];
        pending.push(submit(store, ids.map(|id| save(store, id, data.clone())).to_vec()));
        if number % 7 == 0 {
            pending.push(submit(store, vec![save(store, IDS[2], data)]));
            pending.push(submit(store, vec![delete(IDS[2])]));
        }
        counts.saves.fetch_add(2, Ordering::Relaxed);
        if pending.len() > 20 {
            pending.drain(..).for_each(|receiver| drop(answer(&receiver).expect("saves")));
        }
    }
    pending.drain(..).for_each(|receiver| drop(answer(&receiver).expect("saves")));
}

/// Reads snapshots for as long as the others write.
fn read(store: &Arc<Store>, over: &AtomicBool, counts: &Counts) {
    while !over.load(Ordering::Acquire) {
        for stream in ["shared", "own 1"] {
            let last_before = store.last_sequence(stream).expect("reads").0;
            let replay = store.replay_events(stream, Sequence(0), None).expect("a replay");
            let last_after = store.last_sequence(stream).expect("reads").0;
            let all = read_all(replay).expect("events of a snapshot");
            let dense = all.windows(2).all(|pair| pair[0].0 + 1 == pair[1].0);
            assert!(dense, "a hole in {stream}");
            if let Some((last, _)) = all.last() {
                assert!((last_before..=last_after).contains(last), "{last_before} {last} {last_after}");
            }
            counts.replays.fetch_add(1, Ordering::Relaxed);
        }
        let listed = store.checkpoints(ListOptions::default()).expect("a list");
        let positions: BTreeMap<String, u64> = listed
            .map(|info| info.expect("a checkpoint of a snapshot"))
            .map(|info| (info.id, info.position.0))
            .collect();
        assert_eq!(positions.get(IDS[0]), positions.get(IDS[1]), "a batch is seen whole");
        for id in [IDS[0], IDS[1]] {
            let history = store.history(id).expect("a history");
            let ascends = history.windows(2).all(|pair| pair[0].version + 1 == pair[1].version);
            assert!(ascends && history.len() <= 4, "{history:?}");
        }
        counts.lists.fetch_add(1, Ordering::Relaxed);
    }
}

fn maintain(store: &Arc<Store>, over: &AtomicBool, counts: &Counts) {
    while !over.load(Ordering::Acquire) {
        store.flush_tables().expect("flushes");
        store.compact(&|| false, &mut |_, _| {}).expect("compacts");
        store.flush_and_wait().expect("flushes");
        counts.flushes.fetch_add(1, Ordering::Relaxed);
    }
}

fn everything_at_once(registry: &Arc<Registry>, path: &Path) {
    let stores: Vec<_> = (0..3).map(|_| open(registry, path)).collect();
    let (over, counts) = (AtomicBool::new(false), Counts::default());
    thread::scope(|scope| {
        let (over, counts) = (&over, &counts);
        let mut writers = Vec::new();
        for thread in 0..3u64 {
            let store = &stores[thread as usize];
            writers.push(scope.spawn(move || append(store, thread, counts)));
            writers.push(scope.spawn(move || save_both(store, thread, counts)));
        }
        scope.spawn(|| read(&stores[0], over, counts));
        scope.spawn(|| maintain(&stores[1], over, counts));
        let failed = writers.into_iter().map(thread::ScopedJoinHandle::join).any(|joined| joined.is_err());
        over.store(true, Ordering::Release);
        assert!(!failed, "a writer failed");
    });
    let [appends, saves, replays, lists, flushes] =
        [&counts.appends, &counts.saves, &counts.replays, &counts.lists, &counts.flushes]
            .map(|count| count.load(Ordering::Relaxed));
    println!(
        "{appends} appends, {saves} saves, {replays} replays, {lists} lists, {flushes} flushes and compactions"
    );
    for store in &stores {
        store.close_and_wait().expect("closes");
    }
    check_result(&open(registry, path));
}

fn check_result(store: &Arc<Store>) {
    for thread in 0..3 {
        let own = events(store, &format!("own {thread}"));
        assert_eq!(own.len() as u64, ROUNDS * 8);
        assert!(
            own.iter().all(|(sequence, data)| *data == body(thread, *sequence)),
            "events of thread {thread}"
        );
    }
    assert_eq!(store.last_sequence("shared").expect("reads").0, 3 * ROUNDS * 8);
    let load = |id: &str| store.load_and_wait(id, None).expect("loads");
    assert_eq!(load(IDS[0]), load(IDS[1]));
    assert_eq!(load(IDS[2]), None, "each save of it was followed by its delete");
    assert_eq!(
        store.history(IDS[0]).expect("a history").last().map(|last| last.version),
        Some(3 * ROUNDS as u32)
    );
    let verified = store.verify(&|| false, &mut |_, _| {}).expect("verifies");
    assert!(verified.is_ok(), "{verified:?}");
    store.close_and_wait().expect("closes");
}

#[test]
fn every_kind_of_call_at_once_in_memory() {
    let (disk, registry) = simulated();
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| cut_again_and_again(&disk, &over));
        let ended = catch_unwind(AssertUnwindSafe(|| everything_at_once(&registry, Path::new(STORE))));
        over.store(true, Ordering::Release);
        ended.unwrap_or_else(|panic| resume_unwind(panic));
    });
}

/// Power cuts in the middle of it all: what is there must be whole. Would catch a compaction that drops what only an unsynced change made dead.
fn cut_again_and_again(disk: &SimDisk, over: &AtomicBool) {
    let mut cuts = 0;
    while !over.load(Ordering::Acquire) {
        cuts += 1;
        let cut = if cuts % 3 == 0 { disk.power_cut_losing_all() } else { disk.power_cut(cuts) };
        let opened = Store::open(&Registry::new(Arc::new(cut)), Path::new(STORE), super::options());
        let store = opened.unwrap_or_else(|error| panic!("cut {cuts}: {error}"));
        let verified =
            store.verify(&|| false, &mut |_, _| {}).unwrap_or_else(|error| panic!("cut {cuts}: {error}"));
        assert!(verified.is_ok(), "cut {cuts}: {verified:?}");
        for thread in 0..3 {
            let own = events(&store, &format!("own {thread}"));
            let whole = own
                .iter()
                .zip(1..)
                .all(|((sequence, data), number)| *sequence == number && *data == body(thread, number));
            assert!(whole, "cut {cuts}: events of thread {thread}");
        }
        store.close_and_wait().unwrap_or_else(|error| panic!("cut {cuts}: {error}"));
    }
    println!("{cuts} power cuts meanwhile");
}

#[test]
fn every_kind_of_call_at_once_on_disk() {
    let directory = tempfile::tempdir().expect("a directory");
    let registry = Registry::new(Arc::new(agent_storage_engine::io::disk::Disk));
    everything_at_once(&registry, directory.path());
}

/// Calls on one id end as if run one after the other, whichever handle made them; nothing else waits for a large save.
#[test]
fn calls_on_one_id_keep_their_order_and_appends_do_not_wait() {
    let (_disk, registry) = simulated();
    let handles = [open(&registry, Path::new(STORE)), open(&registry, Path::new(STORE))];
    let large = Rng::new(1).bytes(10 << 20);
    for round in 0..3u8 {
        let [one, two] = &handles;
        let answers = [
            submit(one, vec![save(one, "id", large.clone())]),
            submit(two, vec![save(two, "id", vec![round; 10])]),
            submit(one, vec![delete("id")]),
            submit(two, vec![save(two, "id", vec![round, 1])]),
        ];
        let began = Instant::now();
        one.append_events("", &[b"meanwhile"], None).expect("appends");
        let took = began.elapsed();
        let still_saving = answers[0].try_recv().is_err();
        // No limit on a busy machine; what counts is that the save had not ended.
        assert!(still_saving || took < Duration::from_millis(50), "the append took {took:?}");
        assert_eq!(*one.load_and_wait("id", None).expect("loads").expect("there"), [round, 1]);
        let results = answers.map(|receiver| answer(&receiver).expect("a result"));
        let positions = results.each_ref().map(|result| result.position);
        assert!(positions.is_sorted(), "{positions:?}");
        assert_eq!(results[1].checkpoints[0].version, results[0].checkpoints[0].version + 1);
        assert_eq!((results[2].deleted[0], results[3].checkpoints[0].version), (true, 1));
    }
    for handle in handles {
        handle.close_and_wait().expect("closes");
    }
}

/// `void save(); await flush()` covers the save, and so does another handle's flush.
#[test]
fn a_flush_covers_every_call_before_it() {
    let (disk, registry) = simulated();
    let handles = [open(&registry, Path::new(STORE)), open(&registry, Path::new(STORE))];
    for number in 0..40u8 {
        let id = format!("id {number}");
        let _unanswered = submit(&handles[0], vec![save(&handles[0], &id, vec![number; 5000])]);
        handles[usize::from(number % 2)].flush_and_wait().expect("flushes");
        let after = open(&Registry::new(Arc::new(disk.power_cut_losing_all())), Path::new(STORE));
        assert_eq!(after.load_and_wait(&id, None).expect("loads").map(|data| data.len()), Some(5000));
        after.close_and_wait().expect("closes");
    }
}

/// A snapshot stays readable while what it reads from is compacted away.
#[test]
fn live_snapshots_outlive_the_files_they_read() {
    let (disk, registry) = simulated();
    let store = open(&registry, Path::new(STORE));
    for number in 0..3000u64 {
        store.append_events("log", &[body(0, number)], None).expect("appends");
        if number % 1000 == 0 {
            let data = Rng::new(number).bytes(50_000);
            store.commit_and_wait(vec![save(&store, &format!("id {number}"), data)]).expect("saves");
            store.flush_tables().expect("flushes");
        }
    }
    let mut replay = store.replay_events("log", Sequence(0), None).expect("a replay");
    let listing = store.checkpoints(ListOptions::default()).expect("a list");
    let mut batch = agent_storage_engine::events::replay::EventBatch::default();
    replay.fill(&mut batch, 10, 1 << 20).expect("events");
    assert_eq!(batch.events.len(), 10);
    store.prune("log", Sequence(2999)).expect("prunes");
    for number in [0, 1000, 2000] {
        store.commit_and_wait(vec![delete(&format!("id {number}"))]).expect("deletes");
    }
    store.compact(&|| false, &mut |_, _| {}).expect("compacts");
    let gone = |disk: &SimDisk| !disk.contents(Path::new(STORE)).keys().any(|name| name.ends_with(".pack"));
    eventually("the packs are gone", || gone(&disk));
    let rest = read_all(replay).expect("the events of the snapshot");
    assert_eq!((rest.len(), rest.last().map(|(last, _)| *last)), (2990, Some(3000)));
    assert!(rest.iter().all(|(sequence, data)| *data == body(0, sequence - 1)));
    let listed: Vec<String> = listing.map(|info| info.expect("a checkpoint").id).collect();
    assert_eq!(listed.len(), 3);
    assert_eq!(events(&store, "log").len(), 2);
    store.close_and_wait().expect("closes");
}

/// Catches an event that waits for the disk because a checkpoint does: a prune, or a batch without checkpoints, that asks for the pack a save is writing to.
#[test]
fn events_wait_for_no_save_under_way() {
    let (disk, registry) = simulated();
    let store = open(&registry, Path::new(STORE));
    store.append_events("", &[b"one", b"two"], None).expect("appends");
    disk.hold_writes(".pack");
    let saved = submit(&store, vec![save(&store, "large", Rng::new(7).bytes(100_000))]);
    eventually("a save writes", || disk.held_writes() > 0);
    let (send, done) = std::sync::mpsc::channel();
    let events = Arc::clone(&store);
    thread::spawn(move || {
        events.append_events("", &[b"three"], None).expect("appends");
        assert_eq!(events.prune("", Sequence(2)).expect("prunes"), 1);
        let both = ["a", "b"].map(|stream| Op::Append {
            stream: stream.to_owned(),
            events: vec![b"one".to_vec()],
            after: None,
        });
        events.commit_and_wait(both.to_vec()).expect("appends");
        send.send(())
    });
    answer(&done);
    disk.release_writes();
    answer(&saved).expect("saves");
    store.close_and_wait().expect("closes");
}
