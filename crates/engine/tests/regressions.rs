//! Faults that were found once, each with the least that shows it.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::case_sensitive_file_extension_comparisons,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]

pub mod support;

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use agent_storage_engine::{
    engine::{CompactionReport, Op, SaveRequest},
    error::Error,
    events::replay::EventBatch,
    ids::Sequence,
    options::Options,
    registry::Registry,
    store::Store,
};

use crate::support::{
    rng::Rng,
    sim::{Call, Failure, Fault, SimDisk},
    waiting,
};

const PLACE: &str = "/store";

fn registry(disk: &SimDisk) -> Arc<Registry> {
    Registry::new(Arc::new(disk.clone()))
}

fn open(disk: &SimDisk) -> Result<Arc<Store>, Error> {
    Store::open(&registry(disk), Path::new(PLACE), Options::default())
}

fn fresh() -> (SimDisk, Arc<Store>) {
    let disk = SimDisk::new();
    let store = open(&disk).expect("a new store");
    (disk, store)
}

fn noise(seed: u64, length: usize) -> Vec<u8> {
    Rng::new(seed).bytes(length)
}

fn save(store: &Arc<Store>, id: &str, data: Vec<u8>) -> Result<(), Error> {
    store.commit_and_wait(vec![Op::Save(store.save_request(id, data, "", Vec::new(), None))]).map(drop)
}

fn compact(store: &Arc<Store>) -> Result<CompactionReport, Error> {
    store.compact(&|| false, &mut |_, _| {})
}

fn wait_until(what: &str, holds: impl FnMut() -> bool) {
    waiting::wait_until(Duration::from_secs(30), what, holds);
}

/// A foreign directory lost its file `owner` to the lock.
#[test]
fn a_directory_that_is_no_store_keeps_its_files() {
    let disk = SimDisk::new();
    drop(open(&disk).expect("a store, so that the directory exists"));
    for name in disk.contents(Path::new(PLACE)).keys() {
        disk.erase(Path::new(PLACE), name);
    }
    let foreign = disk.kill();
    foreign.put(Path::new(PLACE), "owner", b"the user's");
    foreign.put(Path::new(PLACE), "index.json", b"{}");
    let before = foreign.contents(Path::new(PLACE));
    assert!(matches!(open(&foreign), Err(Error::NotAStore { .. })));
    assert_eq!(foreign.contents(Path::new(PLACE)), before);
}

/// A change that was accepted under a long interval was not synced when a handle with a short one came.
#[test]
fn the_shortest_interval_among_the_handles_holds() {
    let disk = SimDisk::new();
    let registry = registry(&disk);
    let with = |interval| Options { sync_interval: interval, ..Options::default() };
    let slow = Store::open(&registry, Path::new(PLACE), with(Duration::from_secs(600))).expect("a store");
    slow.append_events("a", &[b"1"], None).expect("an append");
    let fast = Store::open(&registry, Path::new(PLACE), with(Duration::from_millis(5))).expect("the store");
    fast.append_events("a", &[b"2"], None).expect("an append");
    wait_until("synced", || fast.stats().expect("figures").sync_lag_ms == 0);
}

/// An absurd idle time panicked in the drop of a lease.
#[test]
fn an_idle_time_without_end_is_no_fault() {
    let disk = SimDisk::new();
    let store =
        Store::lazy(&registry(&disk), Path::new(PLACE), Options::default(), Duration::MAX).expect("a handle");
    store.append_events("a", &[b"1"], None).expect("an append");
    assert_eq!(store.last_sequence("a").expect("a sequence"), Sequence(1));
}

/// A call made from an answer waited for the queue that was giving the answer.
#[test]
fn an_answer_may_call_its_own_store() {
    let disk = SimDisk::new();
    let store = Store::lazy(&registry(&disk), Path::new(PLACE), Options::default(), Duration::ZERO)
        .expect("a handle");
    let (sender, receiver) = mpsc::channel();
    let inner = Arc::clone(&store);
    let done = move |_| sender.send(inner.last_sequence("a")).expect("is received");
    store.load("nothing", None, Box::new(done));
    let last = receiver.recv_timeout(Duration::from_secs(30)).expect("an answer").expect("a sequence");
    assert_eq!(last, Sequence(0));
}

/// A base with a flipped bit kept every later version of its id from being saved.
#[test]
fn damage_of_an_old_version_keeps_no_new_one_from_being_saved() {
    let (disk, store) = fresh();
    let data = noise(1, 200_000);
    save(&store, "a", data.clone()).expect("a save");
    compact(&store).expect("a compaction");
    store.close_and_wait().expect("a close");
    let damaged = disk.kill();
    let (name, mut bytes) = disk
        .contents(Path::new(PLACE))
        .into_iter()
        .find(|(name, _)| name.ends_with(".pack"))
        .expect("a pack");
    bytes[1000] ^= 1;
    damaged.put(Path::new(PLACE), &name, &bytes);
    let store = open(&damaged).expect("the store");
    assert!(matches!(store.load_and_wait("a", None), Err(Error::Corrupt { .. })));
    let newer = [&data[..], b"more"].concat();
    save(&store, "a", newer.clone()).expect("a new version");
    assert_eq!(*store.load_and_wait("a", None).expect("a load").expect("a version"), newer);
}

/// Each opening with one large save left one more unsealed pack behind.
#[test]
fn openings_with_one_large_save_each_leave_few_files() {
    let disk = SimDisk::new();
    for round in 0..40 {
        let store = open(&disk).expect("the store");
        save(&store, "a", noise(round, 100_000)).expect("a save");
        store.close_and_wait().expect("a close");
    }
    let store = open(&disk).expect("the store");
    wait_until("merged", || disk.contents(Path::new(PLACE)).len() < 30);
    assert_eq!(store.history("a").expect("a history").len(), 40);
}

/// Large saves never made a flush due, so that nothing of what they replaced came back.
#[test]
fn large_saves_make_a_flush_due() {
    let disk = SimDisk::new();
    let options = Options { history_limit: 1, max_delta_chain: 0, ..Options::default() };
    let store = Store::open(&registry(&disk), Path::new(PLACE), options).expect("a store");
    for round in 0..80 {
        save(&store, "a", noise(round, 1_000_000)).expect("a save");
    }
    wait_until("given back", || {
        let packs = disk.contents(Path::new(PLACE)).into_iter().filter(|(name, _)| name.ends_with(".pack"));
        packs.map(|(_, bytes)| bytes.len()).sum::<usize>() < 60_000_000
    });
}

/// Many deleted streams in one block each were never dropped.
#[test]
fn compaction_drops_the_events_of_small_deleted_streams() {
    let (disk, store) = fresh();
    for number in 0..200u64 {
        store.append_events(&format!("s{number}"), &[noise(number, 3000)], None).expect("an append");
    }
    compact(&store).expect("a compaction");
    for number in 1..200 {
        assert!(store.delete_stream(&format!("s{number}")).expect("a deletion"));
    }
    compact(&store).expect("a compaction");
    let runs = disk.contents(Path::new(PLACE)).into_iter().filter(|(name, _)| name.ends_with(".run"));
    let bytes: usize = runs.map(|(_, bytes)| bytes.len()).sum();
    assert!(bytes < 20_000, "{bytes} bytes for one event of 3,000");
    let mut batch = EventBatch::default();
    let mut events = store.replay_events("s0", Sequence(0), None).expect("a replay");
    events.fill(&mut batch, 10, 1 << 20).expect("events");
    assert_eq!(batch.data(&batch.events[0]), noise(0, 3000));
}

/// While one store was verified, no other store was flushed.
#[test]
fn a_verification_holds_up_no_other_store() {
    let (_disk, verified) = fresh();
    verified.append_events("a", &[b"1"], None).expect("an append");
    compact(&verified).expect("a compaction");
    let (begun, has_begun) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let verifying = Arc::clone(&verified);
    let thread = thread::spawn(move || {
        verifying.verify(&|| false, &mut |_, _| {
            // Told of the first step and held there until the other store is looked at.
            if begun.send(()).is_ok() {
                ended.recv().unwrap_err();
            }
        })
    });
    has_begun.recv().expect("a verification under way");
    // More than a flush's worth in the verified store, so that its own flush is due as well.
    for round in 0..60 {
        verified.append_events("a", &[noise(round, 100_000)], None).expect("an append");
    }
    let (other_disk, other) = fresh();
    for round in 0..60 {
        other.append_events("a", &[noise(round, 100_000)], None).expect("an append");
    }
    wait_until("flushed", || other_disk.contents(Path::new(PLACE)).keys().any(|name| name.ends_with(".run")));
    drop(end);
    thread.join().expect("ends").expect("a report");
}

/// A manifest whose directory could not be synced for want of room counted as not written, and what it named was removed.
#[test]
fn a_full_disk_at_any_directory_sync_loses_nothing() {
    for nth in 1..8 {
        let (disk, store) = fresh();
        store.append_events("a", &[b"1"], None).expect("an append");
        store.flush_and_wait().expect("a flush");
        disk.fail(Fault::nth(Some(Call::SyncDirectory), nth, Failure::Full));
        drop(compact(&store));
        let store = open(&disk.kill()).expect("the store after the end of the process");
        assert_eq!(store.last_sequence("a").expect("a sequence"), Sequence(1));
    }
}

/// The flush of a lazy handle answered that all was durable, although its engine had failed before it was released as idle.
#[test]
fn a_flush_tells_of_a_failure_that_came_before_an_idle_release() {
    let disk = SimDisk::new();
    let idle = Duration::from_millis(50);
    let store = Store::lazy(&registry(&disk), Path::new(PLACE), Options::default(), idle).expect("a handle");
    store.append_events("a", &[b"1"], None).expect("an append");
    // Not released while it lives: else that, and not the sync of the append, could be what fails.
    let reader = store.replay_events("a", Sequence(0), None).expect("a reader");
    store.flush_and_wait().expect("a flush");
    disk.fail(Fault::nth(Some(Call::Sync), 1, Failure::Io).on(".log"));
    store.append_events("a", &[b"2"], None).expect("an append");
    drop(reader);
    wait_until("released", || open(&disk).is_ok_and(|other| other.close_and_wait().is_ok()));
    assert!(matches!(store.flush_and_wait(), Err(Error::Poisoned { .. })));
    store.append_events("a", &[b"3"], None).expect("an append that opens the store again");
    store.flush_and_wait().expect("a flush of what came after");
}

/// A save met the pack that a failed flush had sealed, again and again.
#[test]
fn a_save_after_a_seal_that_failed_ends() {
    let (disk, store) = fresh();
    save(&store, "a", noise(1, 100_000)).expect("a save");
    disk.fail(Fault::nth(Some(Call::Sync), 1, Failure::Io).on(".pack"));
    assert!(matches!(compact(&store), Err(Error::Poisoned { .. })));
    assert!(matches!(save(&store, "b", noise(2, 100_000)), Err(Error::Poisoned { .. })));
    assert_eq!(*store.load_and_wait("a", None).expect("a load").expect("a version"), noise(1, 100_000));
}

/// A hold from the last number of all was written as a hold that is lifted, and in a build with checks ended the process's thread.
#[test]
fn a_hold_from_beyond_all_sequences_is_refused() {
    let (disk, store) = fresh();
    store.append_events("log", &[b"event"], None).expect("appends");
    let hold = |from| {
        let from = Some(Sequence(from));
        store.commit_and_wait(vec![Op::Hold { stream: "log".to_owned(), from }])
    };
    for from in [u64::MAX, 1 << 56] {
        let refused = hold(from).expect_err("refused");
        assert!(matches!(refused, Error::InvalidArgument { .. }), "{refused}");
    }
    hold((1 << 56) - 2).expect("held");
    store.close_and_wait().expect("closes");
    open(&disk).expect("what was written is read");
}

/// A preallocation that was queued made the log of a closed store longer, when it might have been another process's.
#[test]
fn nothing_of_a_closed_store_is_touched() {
    let (disk, store) = fresh();
    let (_other_disk, other) = fresh();
    // These keep all threads of the pool busy for a while, so that what the append wants done waits for its turn.
    let save = |number: u64| {
        let slow = other.save_request(&format!("{number}"), noise(number, 300_000), "", Vec::new(), None);
        Op::Save(SaveRequest { level: 19, ..slow })
    };
    let saves: Vec<_> = (0..8).map(save).collect();
    let (sender, answers) = mpsc::channel();
    for save in saves {
        let sender = sender.clone();
        other.commit(vec![save], Box::new(move |answer| sender.send(answer).expect("is received")));
    }
    store.append_events("a", &[noise(1, 9_000)], None).expect("an append that comes near the end of the log");
    store.close_and_wait().expect("a close");
    let closed = disk.contents(Path::new(PLACE));
    for _ in 0..8 {
        answers.recv().expect("an answer").expect("a save");
    }
    other.commit_and_wait(vec![save(8)]).expect("a save that had its turn later");
    assert!(disk.contents(Path::new(PLACE)) == closed, "the log of a closed store became longer");
}

/// A walk in batches of no bytes gave nothing, which is how it tells its end.
#[test]
fn a_batch_of_no_bytes_or_events_is_one_event() {
    let (_disk, store) = fresh();
    store.append_events("log", &[b"".as_slice(), b"event", b""], None).expect("appends");
    for (events, bytes) in [(1000, 0), (0, 1000), (0, 0)] {
        let mut walk = store.replay_events("log", Sequence(0), None).expect("a replay");
        let mut batch = EventBatch::default();
        let mut given = 0;
        loop {
            walk.fill(&mut batch, events, bytes).expect("a batch");
            if batch.events.is_empty() {
                break;
            }
            given += batch.events.len();
        }
        assert_eq!(given, 3, "{events} events and {bytes} bytes at once");
    }
}

/// A change that was decided before another one pruned the stream.
#[test]
fn a_condition_on_the_watermark_is_compared() {
    let (_disk, store) = fresh();
    store.append_events("a", &[[1], [2], [3]], None).expect("appends");
    let expect =
        |first| vec![Op::Expect { stream: "a".to_owned(), last: Sequence(3), first: Some(Sequence(first)) }];
    store.commit_and_wait(expect(1)).expect("nothing is pruned");
    store.prune("a", Sequence(3)).expect("prunes");
    let refused = store.commit_and_wait(expect(1)).expect_err("two are pruned");
    assert!(matches!(refused, Error::Conflict { actual: 3, .. }), "{refused}");
    store.commit_and_wait(expect(3)).expect("two are pruned");
}
