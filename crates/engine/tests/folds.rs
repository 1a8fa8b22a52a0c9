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
    folds::{Fold, Stretch},
    ids::Sequence,
    registry::Registry,
    store::Store,
};
use support::{
    long_run::{is_long, print_figures, seeds},
    rng::Rng,
    runner::{STORE, options},
    sim::SimDisk,
};

const STREAM: &str = "graph";
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
    run: Vec<(u64, u64)>,
    first: u64,
    position: u64,
}

impl Model {
    fn last(&self) -> u64 {
        self.after.len() as u64
    }

    /// The run's events up to `last`.
    fn stretches(&self, last: u64) -> Vec<Stretch> {
        let clipped = self.run.iter().map(|(from, until)| (*from, (*until).min(last + 1)));
        let whole = clipped.filter(|(from, until)| from < until);
        whole.map(|(from, until)| Stretch { from: Sequence(from), until: Sequence(until) }).collect()
    }

    /// The run's events.
    fn events(&self) -> Vec<u64> {
        let last = self.last();
        self.stretches(last).iter().flat_map(|stretch| stretch.from.0..stretch.until.0).collect()
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
        if self.run.is_empty() {
            self.run.push((self.last(), u64::MAX));
        }
    }

    fn at(&self, sequence: u64) -> Chain {
        self.after[usize::try_from(sequence - 1).expect("small")]
    }

    /// Goes on from `sequence`: what came after it is superseded.
    fn fork(&mut self, sequence: u64) {
        self.run.retain_mut(|(_, until)| {
            *until = (*until).min(sequence + 1);
            true
        });
        self.run.retain(|(from, until)| from < until);
        self.run.push((self.last() + 1, u64::MAX));
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
            checks: 0,
        }
    }

    fn commit(&mut self, ops: Vec<Op>) {
        let done = self.store.commit_and_wait(ops).unwrap_or_else(|error| panic!("{}: {error}", self.label));
        self.model.position = done.position.0;
        self.past.push(self.model.clone());
    }

    fn append(&mut self) {
        if self.rng.chance(1, 4) && !self.model.moments().is_empty() {
            let moments = self.model.moments();
            let at = moments[self.rng.index(moments.len())];
            self.model.fork(at);
        }
        let events: Vec<_> = (0..=self.rng.below(5)).map(|_| self.rng.bytes(40)).collect();
        for event in &events {
            self.model.append(event);
        }
        self.commit(vec![Op::Append { stream: STREAM.to_owned(), events, after: None }]);
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

    fn keep(&mut self) {
        // Also ones that were pruned, if their events are there still.
        let all = self.model.events();
        let behind = self.model.moments().len() + 3;
        let some = &all[all.len().saturating_sub(behind)..];
        let Some(last) = some.get(self.rng.index(some.len().max(1))) else { return };
        let run = self.model.stretches(self.model.last());
        let until = Sequence(last + 1);
        let kept = wait_for(|done| self.store.keep_fold::<Chain>(STREAM, run, until, done));
        kept.unwrap_or_else(|error| panic!("{}: {error}", self.label));
        self.kept += 1;
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
            let folded = self.store.fold::<Chain>(STREAM, &self.model.stretches(moment));
            let folded = folded.unwrap_or_else(|error| panic!("{}: {error}", self.label)).expect("a stream");
            assert_eq!(
                folded.state,
                self.model.at(moment),
                "{}: after {moment} of {:?}",
                self.label,
                self.model.run
            );
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
    let (mut checks, mut kept) = (0, 0);
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
    }
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

fn all(until: u64) -> Vec<Stretch> {
    vec![Stretch { from: Sequence(1), until: Sequence(until) }]
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
    store.fold::<Count>(STREAM, &all(u64::MAX)).expect("folds").expect("a stream").state.0
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
    let kept = wait_for(|done| store.keep_fold::<Chain>(STREAM, all(u64::MAX), Sequence(8), done))
        .expect("keeps")
        .expect("a state");
    assert_eq!(kept.events, 7);
    give_back(&store);
    assert_eq!(left(&store), 3, "not given back");
    prune(&store, 9);
    give_back(&store);
    assert_eq!(left(&store), 3, "the hold went back, or event 8 went before a state stands for it");
    assert_eq!(
        store.fold::<Chain>(STREAM, &all(u64::MAX)).expect("folds").expect("a stream").state.events,
        10
    );
    let again = wait_for(|done| store.keep_fold::<Chain>(STREAM, all(u64::MAX), Sequence(8), done))
        .expect("looks")
        .expect("a state");
    assert_eq!(again.events, 0, "it is kept already");
    let late = wait_for(|done| store.keep_fold::<Chain>(STREAM, all(u64::MAX), Sequence(5), done));
    assert_eq!(late.expect("looks"), None, "its events are gone");
}

#[test]
fn a_state_that_cannot_be_read_is_done_without_as_long_as_all_events_are_there() {
    let store = pruned();
    wait_for(|done| store.keep_fold::<Chain>(STREAM, all(u64::MAX), Sequence(5), done))
        .expect("keeps")
        .expect("a state");
    let fold = || store.fold::<OlderChain>(STREAM, &all(u64::MAX));
    give_back(&store);
    assert_eq!(left(&store), 6);
    let refused = fold().expect_err("events are gone that only the state stands for");
    assert!(matches!(refused, agent_storage_engine::error::Error::Corrupt { .. }), "{refused}");
    let stretches = [Stretch { from: Sequence(6), until: Sequence(11) }];
    assert_eq!(
        store.fold::<OlderChain>(STREAM, &stretches).expect("folds").expect("a stream").state.0.events,
        5
    );
}

#[test]
fn a_stream_that_is_made_anew_has_none_of_the_old_states() {
    let store = pruned();
    wait_for(|done| store.keep_fold::<Chain>(STREAM, all(u64::MAX), Sequence(8), done))
        .expect("keeps")
        .expect("a state");
    assert!(store.delete_stream(STREAM).expect("deletes"));
    assert!(store.fold::<Chain>(STREAM, &all(u64::MAX)).expect("folds").is_none());
    let nothing =
        wait_for(|done| store.keep_fold::<Chain>(STREAM, all(u64::MAX), Sequence(8), done)).expect("looks");
    assert_eq!(nothing, None);
    store.append_events(STREAM, &[b"other"; 9], None).expect("appends");
    let mut expected = Chain::default();
    (0..9).for_each(|_| expected.apply(b"other"));
    assert_eq!(
        store.fold::<Chain>(STREAM, &all(u64::MAX)).expect("folds").expect("a stream").state,
        expected
    );
}

/// How many records of states there are: the layout is that of `docs/format.md`.
fn records(store: &Arc<Store>, sequence: u64) -> usize {
    let name = b"fold/test-chain\0";
    let head = |stream: u64| [&[0], &stream.to_be_bytes()[..], name, &[0], &sequence.to_be_bytes()].concat();
    let piece = |stream: u64, index: u32| {
        [&[0], &stream.to_be_bytes()[..], name, &[1], &sequence.to_be_bytes(), &index.to_be_bytes()].concat()
    };
    let keys = (0..3).flat_map(|stream| {
        let pieces = (0..4).map(move |index| piece(stream, index));
        pieces.chain([head(stream)])
    });
    keys.filter(|key| store.internal(key).expect("reads").is_some()).count()
}

#[test]
fn the_states_go_with_their_stream() {
    let store = pruned();
    let keep = |until| {
        let keep = wait_for(|done| {
            store.keep_fold::<Chain>(STREAM, all(u64::MAX), Sequence(until), done);
        });
        keep.expect("keeps").expect("a state");
    };
    keep(9);
    assert_eq!(records(&store, 8), 4, "three pieces and a head");
    store.append_events("other", &[b"event"; 9], None).expect("appends");
    assert!(store.delete_stream(STREAM).expect("deletes"));
    assert_eq!(records(&store, 8), 0);
}
