//! One case each.

use std::sync::Arc;

use agent_storage_engine::{
    engine::Op,
    error::Error,
    folds::{Fold, Folded, Kept, Run, Stretch},
    ids::Sequence,
    store::Store,
};

use super::{
    KEY, OPEN, STREAM,
    chain::Chain,
    open,
    readers::{AsKept, Count, OlderChain},
};
use crate::support::sim::{Call, Failure, Fault, SimDisk};

/// The run of a stream that was never forked.
fn all() -> Run {
    Run {
        stretches: vec![Stretch { from: Sequence(1), until: Sequence(OPEN) }],
        key: KEY.to_vec(),
        record: None,
    }
}

fn fold<F: Fold>(store: &Arc<Store>, run: &Run) -> Result<Option<Folded<F::Finished>>, Error> {
    store.fold::<F>(STREAM, run, Sequence(OPEN), Sequence(OPEN))
}

fn prune(store: &Arc<Store>, before: u64) {
    let stream = || STREAM.to_owned();
    let hold = Op::Hold { stream: stream(), from: Some(Sequence(1)) };
    let prune = Op::Prune { stream: stream(), before: Sequence(before) };
    store.commit_and_wait(vec![hold, prune]).expect("prunes");
}

fn give_back(store: &Arc<Store>) {
    store.flush_tables().expect("flushes");
    store.compact(&|| false, &mut |_, _| {}).expect("compacts");
}

fn left(store: &Arc<Store>) -> u64 {
    fold::<Count>(store, &all()).expect("folds").expect("a stream").state.0
}

fn keep(store: &Arc<Store>, run: Run, until: u64) -> Result<Option<Kept>, Error> {
    super::keep::<Chain>(store, run, until)
}

fn chain(store: &Arc<Store>) -> Chain {
    fold::<Chain>(store, &all()).expect("folds").expect("a stream").state
}

/// A store of ten events, of which seven are pruned.
fn pruned() -> Arc<Store> {
    let (_registry, store) = open(&SimDisk::new());
    store.append_events(STREAM, &[b"event"; 10], None).expect("appends");
    prune(&store, 8);
    give_back(&store);
    store
}

#[test]
fn events_are_given_back_once_a_state_stands_for_them() {
    let store = pruned();
    assert_eq!(left(&store), 10, "given back before a state was kept");
    assert_eq!(keep(&store, all(), 8).expect("keeps").expect("a state").events, 7);
    give_back(&store);
    assert_eq!(left(&store), 3, "not given back");
    prune(&store, 9);
    give_back(&store);
    assert_eq!(left(&store), 3, "the hold went back, or event 8 went before a state stands for it");
    assert_eq!(chain(&store).events, 10);
    assert_eq!(keep(&store, all(), 8).expect("looks").expect("a state").events, 0, "it is kept already");
    assert_eq!(keep(&store, all(), 5).expect("looks"), None, "its events are gone");
}

/// Would catch a hold that moves over events which came after the run was told, and were pruned before its state was kept.
#[test]
fn a_state_that_is_kept_late_gives_back_only_what_it_stands_for() {
    let (_registry, store) = open(&SimDisk::new());
    store.append_events(STREAM, &[b"event"; 10], None).expect("appends");
    let (told, until) = (all(), 11);
    store.append_events(STREAM, &[b"later"; 10], None).expect("appends");
    let expected = chain(&store);
    prune(&store, 16);
    assert_eq!(keep(&store, told, until).expect("keeps").expect("a state").events, 10);
    give_back(&store);
    assert_eq!(left(&store), 10);
    assert_eq!(chain(&store), expected);
}

/// Would catch a state of a superseded run for which the events of the current one are given back.
#[test]
fn a_run_that_was_forked_meanwhile_is_refused() {
    let (_registry, store) = open(&SimDisk::new());
    store.append_events(STREAM, &[b"event"; 10], None).expect("appends");
    let told = all();
    let value = b"forked".to_vec();
    let append = Op::Append { stream: STREAM.to_owned(), events: vec![b"fork".to_vec()], after: None };
    store
        .commit_and_wait(vec![Op::SetInternal { key: KEY.to_vec(), value: value.clone() }, append])
        .expect("forks");
    prune(&store, 11);
    let refused = keep(&store, told.clone(), 11).expect_err("it is another run");
    assert!(matches!(refused, Error::Conflict { .. }), "{refused}");
    let refused = fold::<Chain>(&store, &told).expect_err("it is another run");
    assert!(matches!(refused, Error::Conflict { .. }), "{refused}");
    let now =
        [(1, 6), (11, OPEN)].map(|(from, until)| Stretch { from: Sequence(from), until: Sequence(until) });
    let now = Run { stretches: now.to_vec(), key: KEY.to_vec(), record: Some(value) };
    assert_eq!(keep(&store, now.clone(), 11).expect("keeps").expect("a state").events, 5);
    give_back(&store);
    assert_eq!(fold::<Chain>(&store, &now).expect("folds").expect("a stream").state.events, 6);
}

/// Would catch an empty state, told as if it were that of the events that were given back meanwhile.
#[test]
fn a_moment_that_was_pruned_meanwhile_is_refused() {
    let store = pruned();
    keep(&store, all(), 8).expect("keeps").expect("a state");
    give_back(&store);
    let refused = store.fold::<Chain>(STREAM, &all(), Sequence(1), Sequence(5)).expect_err("it is gone");
    assert!(matches!(refused, Error::Conflict { .. }), "{refused}");
}

#[test]
fn a_state_that_cannot_be_read_is_done_without_as_long_as_all_events_are_there() {
    let store = pruned();
    assert_eq!(fold::<OlderChain<0>>(&store, &all()).expect("folds").expect("a stream").state.0.events, 10);
    keep(&store, all(), 5).expect("keeps").expect("a state");
    give_back(&store);
    assert_eq!(left(&store), 6);
    let refused =
        fold::<OlderChain<0>>(&store, &all()).expect_err("events are gone that only the state stands for");
    assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
    let mut rest = all();
    rest.stretches[0].from = Sequence(5);
    assert_eq!(fold::<OlderChain<0>>(&store, &rest).expect("folds").expect("a stream").state.0.events, 6);
}

/// Would catch a state of a later program behind which no older one is looked for.
#[test]
fn an_older_state_is_read_where_the_newest_cannot_be() {
    let store = pruned();
    for until in [5, 9] {
        keep(&store, all(), until).expect("keeps").expect("a state");
    }
    let folded = fold::<OlderChain<4>>(&store, &all()).expect("folds").expect("a stream");
    assert_eq!((folded.state.0.events, folded.events), (10, 6));
}

/// Would catch a state that is taken apart for nothing, and one that is given out without the events that come after it.
#[test]
fn a_state_is_given_out_as_it_is_kept_as_long_as_no_event_follows() {
    let store = pruned();
    let folded = |until| store.fold::<AsKept>(STREAM, &all(), Sequence(OPEN), Sequence(until));
    let is_as_kept = |until| {
        let (chain, is_as_kept) = folded(until).expect("folds").expect("a stream").state;
        assert_eq!(chain.events, until.min(store.last_sequence(STREAM).expect("a stream").0 + 1) - 1);
        is_as_kept
    };
    assert!(!is_as_kept(11), "none is kept");
    for until in [9, 11] {
        keep(&store, all(), until).expect("keeps").expect("a state");
    }
    assert_eq!([9, 10, 11, OPEN].map(is_as_kept), [true, false, true, true]);
    store.append_events(STREAM, &[b"event"], None).expect("appends");
    assert_eq!([9, 10, 11, 12, OPEN].map(is_as_kept), [true, false, true, false, false]);
}

#[test]
fn a_stream_that_is_made_anew_has_none_of_the_old_states() {
    let store = pruned();
    keep(&store, all(), 8).expect("keeps").expect("a state");
    assert!(store.delete_stream(STREAM).expect("deletes"));
    assert!(fold::<Chain>(&store, &all()).expect("folds").is_none());
    assert_eq!(keep(&store, all(), 8).expect("looks"), None);
    store.append_events(STREAM, &[b"other"; 9], None).expect("appends");
    let mut expected = Chain::default();
    (0..9).for_each(|_| expected.apply(b"other"));
    assert_eq!(chain(&store), expected);
}

/// How many records of states there are: the layout is that of `docs/format.md`.
fn records(store: &Arc<Store>, sequence: u64) -> usize {
    let name = b"fold/test-chain\0";
    let head = |stream: u64| [&[0], &stream.to_be_bytes()[..], name, &[0], &sequence.to_be_bytes()].concat();
    let piece = |stream: u64, index: u32| {
        [&[0], &stream.to_be_bytes()[..], name, &[1], &sequence.to_be_bytes(), &index.to_be_bytes()].concat()
    };
    let keys = (0..3).flat_map(|stream| {
        let pieces = (0..40).map(move |index| piece(stream, index));
        pieces.chain([head(stream)])
    });
    keys.filter(|key| store.internal(key).expect("reads").is_some()).count()
}

#[test]
fn the_states_go_with_their_stream() {
    let store = pruned();
    keep(&store, all(), 9).expect("keeps").expect("a state");
    assert_eq!(records(&store, 8), 20, "600,000 bytes in pieces of 32 KiB, and a head");
    store.append_events("other", &[b"event"; 9], None).expect("appends");
    assert!(store.delete_stream(STREAM).expect("deletes"));
    assert_eq!(records(&store, 8), 0);
}

/// Would catch a state that is taken for whole without its last pieces, and pieces that stay for ever.
#[test]
fn a_state_that_was_begun_is_none_and_goes_with_the_others() {
    for call in 0.. {
        let (_registry, store) = open(&SimDisk::new());
        store.append_events(STREAM, &[b"event"; 8], None).expect("appends");
        let expected = chain(&store);
        // The writes of the pieces are refused one after the other.
        let disk = SimDisk::new();
        drop(store);
        let (_registry, store) = open(&disk);
        store.append_events(STREAM, &[b"event"; 8], None).expect("appends");
        disk.fail(Fault::nth(Some(Call::Write), call + 1, Failure::Full).on(".log"));
        let kept = keep(&store, all(), 9);
        disk.clear_faults();
        assert_eq!(chain(&store), expected);
        store.append_events(STREAM, &[b"event"; 1], None).expect("appends");
        prune(&store, 10);
        keep(&store, all(), 10).expect("keeps").expect("a state");
        assert_eq!(records(&store, 8), 0, "what was begun is left, at call {call}");
        if kept.is_ok() {
            assert!(call > 10, "it takes many changes");
            break;
        }
    }
}
