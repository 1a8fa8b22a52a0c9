//! Who shares which sync, and when and in which order they are answered.

use std::{
    sync::{Barrier, mpsc},
    thread,
};

use super::*;

/// Catches a sync per caller, and callers who are answered by the sync that began before their frame.
#[test]
fn all_who_arrive_during_a_sync_share_the_next() {
    let store = &Store::new();
    let before = store.file.calls().syncs;
    let appended = &Barrier::new(33);
    thread::scope(|scope| {
        let gate = Gate::new(&store.file);
        let first = store.append().link.position;
        let leader = scope.spawn(move || store.durability.sync_through(first).unwrap());
        gate.entered();
        let followers: Vec<_> = (0..32)
            .map(|_| {
                scope.spawn(move || {
                    let end = store.append();
                    appended.wait();
                    store.durability.sync_through(end.link.position).unwrap();
                    let offset = usize::try_from(end.offset).unwrap();
                    assert_eq!(&store.file.durable()[offset - 7..offset], b"changes");
                })
            })
            .collect();
        appended.wait();
        gate.open();
        leader.join().unwrap();
        gate.entered();
        assert!(followers.iter().all(|follower| !follower.is_finished()), "answered before their sync");
        assert_eq!(store.durability.durable(), first);
        gate.open();
        for follower in followers {
            follower.join().unwrap();
        }
    });
    assert_eq!(store.file.calls().syncs - before, 2);
    assert_eq!(store.durability.syncs(), 2);
}

/// Catches a second round beside the one under way, whose mark could be durable before the first one's frames.
#[test]
fn one_round_is_under_way_at_a_time() {
    let store = Store::new();
    store.append();
    thread::scope(|scope| {
        let gate = Gate::new(&store.file);
        let leader = scope.spawn(|| store.durability.sync());
        gate.entered();
        store.append();
        let follower = scope.spawn(|| store.durability.sync());
        assert!(store.someone_waits_unless(|| gate.entered.try_recv().is_ok()), "two rounds at once");
        gate.open();
        leader.join().unwrap().unwrap();
        gate.entered();
        gate.open();
        follower.join().unwrap().unwrap();
    });
}

/// Catches an answer for a frame that the sync did not cover, whatever way the threads interleave.
#[test]
fn nobody_is_answered_before_their_frame_is_durable() {
    let store = Store::new();
    store.file.on_sync(|_| thread::yield_now());
    let (send, answers) = mpsc::channel();
    thread::scope(|scope| {
        for thread in 0..6 {
            let (store, send) = (&store, send.clone());
            scope.spawn(move || {
                for _ in 0..40 {
                    let end = store.append();
                    store.report(end.link.position, thread, &send);
                    store.durability.sync_through(end.link.position).unwrap();
                    let offset = usize::try_from(end.offset).unwrap();
                    assert_eq!(&store.file.durable()[offset - 7..offset], b"changes");
                }
            });
        }
    });
    drop(send);
    assert_eq!(answers.iter().filter(|(_, answer)| answer.is_ok()).count(), 240);
    assert!(store.durability.syncs() <= 240);
    assert!(!store.durability.needs_sync());
}

#[test]
fn nothing_to_sync_costs_nothing_and_what_is_not_accepted_is_not_waited_for() {
    let store = Store::new();
    store.durability.sync().unwrap();
    store.durability.settle().unwrap();
    store.durability.sync_through(Position(u64::MAX)).unwrap();
    assert_eq!(store.durability.syncs(), 0);
    assert_eq!((store.durability.needs_sync(), store.durability.unsynced_since()), (false, None));
    let end = store.append();
    assert!(store.durability.needs_sync() && store.durability.unsynced_since().is_some());
    store.durability.sync_through(Position(u64::MAX)).unwrap();
    assert_eq!(store.durability.durable(), end.link.position);
    assert_eq!((store.durability.needs_sync(), store.durability.unsynced_since()), (false, None));
    assert_eq!(store.durability.sync_lag(), Duration::ZERO);
}

#[test]
fn answers_come_in_the_order_of_positions() {
    let store = Store::new();
    let (send, answers) = mpsc::channel();
    let ends: Vec<_> = (0..5).map(|_| store.append()).collect();
    for index in [3, 0, 4, 1, 2] {
        store.report(ends[index].link.position, index, &send);
    }
    assert!(answers.try_recv().is_err(), "answered without a sync");
    store.durability.sync().unwrap();
    store.report(ends[0].link.position, 5, &send);
    drop(send);
    assert_eq!(answers.iter().map(|(name, _)| name).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5]);
}

/// Catches a deadlock of a callback that calls back, and a panic in one that leaves the others waiting for ever.
#[test]
fn callbacks_may_call_back_and_a_panic_in_one_ends_writing() {
    let store = Arc::new(Store::new());
    let (send, answers) = mpsc::channel();
    let end = store.append();
    let inner = Arc::clone(&store);
    let report_to = send.clone();
    let call_back = move |_| {
        let next = inner.append();
        inner.durability.sync().unwrap();
        inner.report(next.link.position, 1, &report_to);
        panic!("a callback's fault");
    };
    store.durability.when_durable(end.link.position, Box::new(call_back));
    store.report(end.link.position, 2, &send);
    store.durability.sync().unwrap();
    drop(send);
    assert_eq!(
        answers.iter().map(|(name, answer)| (name, answer.is_ok())).collect::<Vec<_>>(),
        [(2, true), (1, true)]
    );
    let Some(Error::Poisoned { cause }) = store.durability.failure() else { panic!("not poisoned") };
    assert!(matches!(&*cause, Error::Panicked { what } if what == "a callback's fault"), "{cause}");
}
