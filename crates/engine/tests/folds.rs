//! States that a stream adds up to, over prunes, forks, flushes, compactions, restarts and power cuts, against one that never forgets.
//!
//! Would catch: a state that is taken for another run's, an event folded twice or not at all, events given back before the state that stands for them is
//! durable, a watermark after which a retained event has no state, a hold that goes back, states that are never removed.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "support/mod.rs"]
pub mod support;

use std::{path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    engine::{Op, wait_for},
    error::Error,
    folds::{Fold, Folded, Kept, Run, Stretch},
    ids::Sequence,
    registry::Registry,
    store::Store,
};
use support::{
    long_run::{is_long, print_figures, seeds},
    rng::Rng,
    runner::{STORE, options},
    sim::{Call, Failure, Fault, SimDisk},
};

const STREAM: &str = "graph";
const KEY: &[u8] = b"runs";
/// Behind all events.
const OPEN: u64 = 1 << 53;

const LONG: Duration = Duration::from_secs(3600);

/// A checksum over all events in order: another one for every other list of events.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Chain {
    sum: u64,
    events: u64,
}

impl Fold for Chain {
    const NAME: &'static str = "test-chain";

    fn apply(&mut self, event: &[u8]) {
        self.events += 1;
        for byte in event {
            self.sum = (self.sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(7);
        }
    }

    /// Every fourth is large, so that it takes several records.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = [self.sum.to_le_bytes(), self.events.to_le_bytes()].concat();
        bytes.resize(if self.events.is_multiple_of(4) { 600_000 } else { 16 }, 7);
        bytes
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        let (sum, rest) = bytes.split_first_chunk()?;
        let (events, padding) = rest.split_first_chunk()?;
        let state = Self { sum: u64::from_le_bytes(*sum), events: u64::from_le_bytes(*events) };
        (padding.iter().all(|byte| *byte == 7) && state.encode().len() == bytes.len()).then_some(state)
    }
}

/// What a stream must be.
#[derive(Debug, Default, Clone)]
struct Model {
    /// The state after each event of the stream, whatever run it is of.
    after: Vec<Chain>,
    /// The current run, the last of it open.
    stretches: Vec<(u64, u64)>,
    /// What is stored of it, once it was forked.
    record: Option<Vec<u8>>,
    first: u64,
    position: u64,
}

impl Model {
    fn last(&self) -> u64 {
        self.after.len() as u64
    }

    fn run(&self) -> Run {
        let stretch = |(from, until): &(u64, u64)| Stretch { from: Sequence(*from), until: Sequence(*until) };
        let stretches = self.stretches.iter().map(stretch).collect();
        Run { stretches, key: KEY.to_vec(), record: self.record.clone() }
    }

    /// The run's events.
    fn events(&self) -> Vec<u64> {
        let last = self.last();
        self.stretches.iter().flat_map(|(from, until)| *from..(*until).min(last + 1)).collect()
    }

    /// Those that were not pruned, and the one before them: the moments that a state must be had of.
    fn moments(&self) -> Vec<u64> {
        let events = self.events();
        let pruned = events.iter().take_while(|event| **event < self.first).count();
        events[pruned.saturating_sub(1)..].to_vec()
    }

    fn append(&mut self, event: &[u8]) {
        let mut state = self.events().last().map_or_else(Chain::default, |last| self.at(*last));
        state.apply(event);
        self.after.push(state);
        if self.stretches.is_empty() {
            self.stretches.push((1, OPEN));
        }
    }

    fn at(&self, sequence: u64) -> Chain {
        self.after[usize::try_from(sequence - 1).expect("small")]
    }

    /// Goes on from `sequence`: what came after it is superseded.
    fn fork(&mut self, sequence: u64) {
        for (_, until) in &mut self.stretches {
            *until = (*until).min(sequence + 1);
        }
        self.stretches.retain(|(from, until)| from < until);
        self.stretches.push((self.last() + 1, OPEN));
        self.record = Some(format!("{:?}", self.stretches).into_bytes());
    }
}

struct Life {
    disk: SimDisk,
    registry: Arc<Registry>,
    store: Arc<Store>,
    rng: Rng,
    model: Model,
    /// The model after each change.
    past: Vec<Model>,
    label: String,
    kept: u64,
    stale: u64,
    checks: u64,
}

impl Life {
    fn new(seed: u64) -> Self {
        let disk = SimDisk::new();
        let (registry, store) = open(&disk);
        let model = Model { first: 1, ..Model::default() };
        let past = vec![model.clone()];
        Self {
            disk,
            registry,
            store,
            rng: Rng::new(seed),
            model,
            past,
            label: format!("seed {seed}"),
            kept: 0,
            stale: 0,
            checks: 0,
        }
    }

    fn commit(&mut self, ops: Vec<Op>) {
        let done = self.store.commit_and_wait(ops).unwrap_or_else(|error| panic!("{}: {error}", self.label));
        self.model.position = done.position.0;
        self.past.push(self.model.clone());
    }

    fn append(&mut self) {
        let mut ops = Vec::new();
        if self.rng.chance(1, 4) && !self.model.moments().is_empty() {
            let moments = self.model.moments();
            let at = moments[self.rng.index(moments.len())];
            self.model.fork(at);
            let value = self.model.record.clone().expect("a record");
            ops.push(Op::SetInternal { key: KEY.to_vec(), value });
        }
        let events: Vec<_> = (0..=self.rng.below(5)).map(|_| self.rng.bytes(40)).collect();
        for event in &events {
            self.model.append(event);
        }
        ops.push(Op::Append { stream: STREAM.to_owned(), events, after: None });
        self.commit(ops);
    }

    fn prune(&mut self) {
        let events = self.model.events();
        let places =
            events.iter().copied().filter(|event| *event >= self.model.first).chain([self.model.last() + 1]);
        let places: Vec<_> = places.collect();
        let before = places[self.rng.index(places.len())];
        self.model.first = before;
        let (hold, stream) = (Some(Sequence(1)), STREAM.to_owned());
        self.commit(vec![
            Op::Hold { stream: stream.clone(), from: hold },
            Op::Prune { stream, before: Sequence(before) },
        ]);
    }

    /// Also states of pruned events, as long as those are there, and now and then of what was so some changes ago.
    fn keep(&mut self) {
        let late = if self.rng.chance(1, 2) { 0 } else { self.rng.index(8) };
        let told = &self.past[self.past.len().saturating_sub(1 + late)];
        let events = told.events();
        let some = &events[events.len().saturating_sub(told.moments().len() + 3)..];
        let Some(last) = some.get(self.rng.index(some.len().max(1))) else { return };
        match keep(&self.store, told.run(), last + 1) {
            Ok(_) => self.kept += 1,
            Err(Error::Conflict { .. }) if told.record != self.model.record => self.stale += 1,
            Err(error) => panic!("{}: {error}", self.label),
        }
        self.commit(Vec::new());
    }

    /// A power cut, after which the store is one of those that were.
    fn cut(&mut self) {
        let seed = self.rng.next_u64();
        self.disk =
            if self.rng.chance(1, 3) { self.disk.power_cut_losing_all() } else { self.disk.power_cut(seed) };
        (self.registry, self.store) = open(&self.disk);
        let found = self.store.commit_and_wait(Vec::new()).expect("a position").position.0;
        // A position more than what was seen is that of a kept state, which changes nothing.
        let back =
            self.past.iter().rposition(|past| past.position <= found).expect("the first one is before all");
        self.past.truncate(back + 1);
        self.model = self.past[back].clone();
    }

    fn step(&mut self) {
        match self.rng.below(20) {
            0..9 => self.append(),
            9..11 if self.model.last() > 0 => self.prune(),
            11..14 if self.model.last() > 0 => self.keep(),
            14 => self.store.flush_tables().expect("flushes"),
            15 => drop(self.store.compact(&|| false, &mut |_, _| {}).expect("compacts")),
            16 => {
                self.store.close_and_wait().expect("closes");
                (self.registry, self.store) = open(&self.disk);
            }
            17 => self.store.flush_and_wait().expect("syncs"),
            18 => self.cut(),
            _ => {}
        }
    }

    fn check(&mut self) {
        for moment in self.model.moments() {
            let until = Sequence(moment + 1);
            let folded =
                self.store.fold::<Chain>(STREAM, &self.model.run(), Sequence(self.model.first), until);
            let folded = folded.unwrap_or_else(|error| panic!("{}: {error}", self.label)).expect("a stream");
            let run = &self.model.stretches;
            assert_eq!(folded.state, self.model.at(moment), "{}: after {moment} of {run:?}", self.label);
            self.checks += 1;
        }
        let found = self.store.verify(&|| false, &mut |_, _| {}).expect("verifies");
        assert!(found.is_ok(), "{}: {found:?}", self.label);
    }
}

fn open(disk: &SimDisk) -> (Arc<Registry>, Arc<Store>) {
    let registry = Registry::new(Arc::new(disk.clone()));
    let store = Store::open(&registry, Path::new(STORE), options(LONG)).expect("opens");
    (registry, store)
}

#[test]
fn every_retained_moment_has_the_state_of_all_events_before_it() {
    let (mut checks, mut kept, mut stale) = (0, 0, 0);
    for seed in seeds(1, if is_long() { 1 } else { 40 }) {
        let mut life = Life::new(seed);
        for step in 0..60 {
            life.label = format!("seed {seed}, step {step}");
            life.step();
            if step % 7 == 6 {
                life.check();
            }
        }
        life.check();
        life.store.close_and_wait().expect("closes");
        checks += life.checks;
        kept += life.kept;
        stale += life.stale;
    }
    assert!(is_long() || stale > 0, "no run was told too late");
    print_figures(&[("fold_checks", checks), ("states_kept", kept)]);
}

/// How many events are there to be read, pruned ones included: a fold that never has a state.
#[derive(Default)]
struct Count(u64);

impl Fold for Count {
    const NAME: &'static str = "test-count";

    fn apply(&mut self, _event: &[u8]) {
        self.0 += 1;
    }

    fn encode(&self) -> Vec<u8> {
        Vec::new()
    }

    fn decode(_bytes: &[u8]) -> Option<Self> {
        None
    }
}

/// A program that cannot read the states of [`Chain`].
#[derive(Debug, Default)]
struct OlderChain(Chain);

impl Fold for OlderChain {
    const NAME: &'static str = Chain::NAME;

    fn apply(&mut self, event: &[u8]) {
        self.0.apply(event);
    }

    fn encode(&self) -> Vec<u8> {
        Vec::new()
    }

    fn decode(_bytes: &[u8]) -> Option<Self> {
        None
    }
}

/// The run of a stream that was never forked.
fn all() -> Run {
    Run {
        stretches: vec![Stretch { from: Sequence(1), until: Sequence(OPEN) }],
        key: KEY.to_vec(),
        record: None,
    }
}

fn keep(store: &Arc<Store>, run: Run, until: u64) -> Result<Option<Kept>, Error> {
    wait_for(|done| store.keep_fold::<Chain>(STREAM, run, Sequence(until), done))
}

fn fold<F: Fold>(store: &Arc<Store>, run: &Run) -> Result<Option<Folded<F>>, Error> {
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
    assert_eq!(fold::<OlderChain>(&store, &all()).expect("folds").expect("a stream").state.0.events, 10);
    keep(&store, all(), 5).expect("keeps").expect("a state");
    give_back(&store);
    assert_eq!(left(&store), 6);
    let refused =
        fold::<OlderChain>(&store, &all()).expect_err("events are gone that only the state stands for");
    assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
    let mut rest = all();
    rest.stretches[0].from = Sequence(5);
    assert_eq!(fold::<OlderChain>(&store, &rest).expect("folds").expect("a stream").state.0.events, 6);
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
