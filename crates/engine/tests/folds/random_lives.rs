//! Random changes of a stream, with states kept in time and late, and every retained moment compared.

use std::sync::Arc;

use agent_storage_engine::{engine::Op, error::Error, ids::Sequence, registry::Registry, store::Store};

use super::{KEY, STREAM, chain::Chain, graph_fold::GraphFold, keep, model::Model, open, subject::Subject};
use crate::support::{
    long_run::{is_long, print_figures, seeds},
    rng::Rng,
    sim::SimDisk,
};

struct Life<S: Subject> {
    disk: SimDisk,
    registry: Arc<Registry>,
    store: Arc<Store>,
    rng: Rng,
    model: Model<S::Plain>,
    /// The model after each change.
    past: Vec<Model<S::Plain>>,
    label: String,
    kept: u64,
    stale: u64,
    checks: u64,
}

impl<S: Subject> Life<S> {
    fn new(seed: u64) -> Self {
        let disk = SimDisk::new();
        let (registry, store) = open(&disk);
        Self {
            disk,
            registry,
            store,
            rng: Rng::new(seed),
            model: Model::new(),
            past: vec![Model::new()],
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
        let mut events = Vec::new();
        for _ in 0..=self.rng.below(5) {
            let event = S::random_event(&mut self.rng, &self.model.now());
            self.model.append::<S>(&event);
            events.push(event);
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
        match keep::<S>(&self.store, told.run(), last + 1) {
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
            let folded = self.store.fold::<S>(STREAM, &self.model.run(), Sequence(self.model.first), until);
            let folded = folded.unwrap_or_else(|error| panic!("{}: {error}", self.label)).expect("a stream");
            let run = &self.model.stretches;
            assert_eq!(
                S::plain(folded.state),
                *self.model.at(moment),
                "{}: after {moment} of {run:?}",
                self.label
            );
            self.checks += 1;
        }
        let found = self.store.verify(&|| false, &mut |_, _| {}).expect("verifies");
        assert!(found.is_ok(), "{}: {found:?}", self.label);
    }
}

fn every_retained_moment<S: Subject>(figure: &str) {
    let (mut checks, mut kept, mut stale) = (0, 0, 0);
    for seed in seeds(1, if is_long() { 1 } else { 40 }) {
        let mut life = Life::<S>::new(seed);
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
    print_figures(&[(&format!("{figure}_checks"), checks), (&format!("{figure}s_kept"), kept)]);
}

#[test]
fn every_retained_moment_has_the_state_of_all_events_before_it() {
    every_retained_moment::<Chain>("state");
}

#[test]
fn every_retained_moment_has_the_graph_of_all_events_before_it() {
    every_retained_moment::<GraphFold>("graph");
}
