//! What the first failure ends.

use std::{io::ErrorKind, sync::mpsc, thread};

use super::*;

/// Catches a failed sync that is retried, or whose successor's success is taken for its own.
#[test]
fn a_failed_sync_answers_all_and_is_never_retried() {
    let store = Store::new();
    let durable = store.append();
    store.durability.sync().unwrap();
    let (send, answers) = mpsc::channel();
    let covered = store.append();
    store.report(covered.link.position, 0, &send);
    thread::scope(|scope| {
        let gate = Gate::new(&store.file);
        let leader = scope.spawn(|| store.durability.sync());
        gate.entered();
        let later = store.append();
        store.report(later.link.position, 1, &send);
        let follower = scope.spawn(|| store.durability.sync());
        store.file.fail_syncs(true);
        gate.open();
        assert_poisoned(&leader.join().unwrap());
        assert_poisoned(&follower.join().unwrap());
    });
    store.file.fail_syncs(false);
    let syncs = store.file.calls().syncs;
    assert_poisoned(&store.durability.sync());
    assert_poisoned(&store.durability.settle());
    assert_poisoned(&store.durability.close());
    store.report(covered.link.position, 2, &send);
    store.report(durable.link.position, 3, &send);
    drop(send);
    let answers: Vec<_> = answers.iter().collect();
    let names: Vec<_> = answers.iter().map(|(name, answer)| (*name, answer.is_ok())).collect();
    assert_eq!(names, [(0, false), (1, false), (2, false), (3, true)]);
    answers[..3].iter().for_each(|(_, answer)| assert_poisoned(answer));
    assert_eq!(store.file.calls().syncs, syncs, "retried");
    assert_eq!(store.durability.durable(), durable.link.position);
    store.durability.sync_through(durable.link.position).unwrap();
    assert!(!store.durability.needs_sync() && store.durability.unsynced_since().is_none());
}

#[test]
fn a_failed_mark_ends_writing_too_and_is_no_full_disk() {
    let store = Store::new();
    let end = store.append();
    store.file.fail_next_write(0, ErrorKind::StorageFull);
    assert_poisoned(&store.durability.sync());
    let Some(Error::Poisoned { cause }) = store.durability.failure() else { panic!("not poisoned") };
    assert!(matches!(*cause, Error::Io { .. }), "{cause}");
    assert_poisoned(&store.durability.sync_through(end.link.position));
}

/// Catches waiters who sleep on when writing ends elsewhere, and a round that publishes after that.
#[test]
fn a_failure_elsewhere_answers_at_once_also_during_a_sync() {
    let store = Store::new();
    let first = store.append();
    thread::scope(|scope| {
        let gate = Gate::new(&store.file);
        let leader = scope.spawn(|| store.durability.sync());
        gate.entered();
        store.append();
        let follower = scope.spawn(|| store.durability.sync());
        // Most likely it waits by then; where it does not yet, it must not begin to.
        store.someone_waits_unless(|| follower.is_finished());
        (0..100).for_each(|_| thread::yield_now());
        store.durability.poison(Error::Aborted);
        store.durability.poison(Error::Closed);
        assert_poisoned(&follower.join().unwrap());
        gate.open();
        assert_poisoned(&leader.join().unwrap());
    });
    assert!(store.durability.durable() < first.link.position);
    let Some(Error::Poisoned { cause }) = store.durability.failure() else { panic!("not poisoned") };
    assert!(matches!(*cause, Error::Aborted), "the first failure stays");
}

/// Catches a failure elsewhere that is forgotten where nobody waits for anything yet.
#[test]
fn after_a_failure_elsewhere_nothing_is_synced() {
    let store = Store::new();
    store.append();
    let syncs = store.file.calls().syncs;
    store.durability.poison(Error::Aborted);
    assert_poisoned(&store.durability.sync());
    assert_eq!(store.file.calls().syncs, syncs);
}

/// Catches a leader that goes on after its round has failed: the next one has no file to sync any more, and would mark what was lost.
#[test]
fn a_failed_round_is_its_leaders_last() {
    let store = Arc::new(Store::new());
    store.append();
    store.file.fail_syncs(true);
    let writes = store.file.calls().writes;
    let (send, ended) = mpsc::channel();
    let leader = Arc::clone(&store);
    thread::spawn(move || send.send(leader.durability.sync()));
    let answer = loop {
        if let Ok(answer) = ended.try_recv() {
            break answer;
        }
        assert_eq!(store.file.calls().writes, writes, "a mark after a failed sync");
        thread::yield_now();
    };
    assert_poisoned(&answer);
    assert_eq!(store.file.calls().writes, writes);
}

/// Catches an engine that gives way while a round of its own still writes to the files.
#[test]
fn the_end_waits_for_the_round_under_way() {
    let store = Store::new();
    store.append();
    thread::scope(|scope| {
        let gate = Gate::new(&store.file);
        let leader = scope.spawn(|| store.durability.sync());
        gate.entered();
        let end = scope.spawn(|| store.durability.end(Error::Closed));
        assert!(store.someone_waits_unless(|| end.is_finished()), "it ended during a sync");
        gate.open();
        assert_poisoned(&leader.join().unwrap());
        end.join().unwrap();
    });
}
