//! What a stream that is appended to, forked and pruned must be.

use std::sync::Arc;

use agent_storage_engine::{
    folds::{Run, Stretch},
    ids::Sequence,
};

use super::{KEY, OPEN, subject::Subject};

/// What a stream must be.
#[derive(Debug, Clone)]
pub(super) struct Model<P> {
    /// The state after each event of the stream, whatever run it is of.
    pub(super) after: Vec<Arc<P>>,
    /// The current run, the last of it open.
    pub(super) stretches: Vec<(u64, u64)>,
    /// What is stored of it, once it was forked.
    pub(super) record: Option<Vec<u8>>,
    pub(super) first: u64,
    pub(super) position: u64,
}

impl<P: Clone + Default> Model<P> {
    pub(super) fn new() -> Self {
        Self { after: Vec::new(), stretches: Vec::new(), record: None, first: 1, position: 0 }
    }

    pub(super) fn last(&self) -> u64 {
        self.after.len() as u64
    }

    pub(super) fn run(&self) -> Run {
        let stretch = |(from, until): &(u64, u64)| Stretch { from: Sequence(*from), until: Sequence(*until) };
        let stretches = self.stretches.iter().map(stretch).collect();
        Run { stretches, key: KEY.to_vec(), record: self.record.clone() }
    }

    /// The run's events.
    pub(super) fn events(&self) -> Vec<u64> {
        let last = self.last();
        self.stretches.iter().flat_map(|(from, until)| *from..(*until).min(last + 1)).collect()
    }

    /// Those that were not pruned, and the one before them: the moments that a state must be had of.
    pub(super) fn moments(&self) -> Vec<u64> {
        let events = self.events();
        let pruned = events.iter().take_while(|event| **event < self.first).count();
        events[pruned.saturating_sub(1)..].to_vec()
    }

    /// The state after the run's last event.
    pub(super) fn now(&self) -> P {
        self.events().last().map_or_else(P::default, |last| self.at(*last).clone())
    }

    pub(super) fn append<S: Subject<Plain = P>>(&mut self, event: &[u8]) {
        let mut state = self.now();
        S::apply_to(&mut state, event);
        self.after.push(Arc::new(state));
        if self.stretches.is_empty() {
            self.stretches.push((1, OPEN));
        }
    }

    pub(super) fn at(&self, sequence: u64) -> &P {
        &self.after[usize::try_from(sequence - 1).expect("small")]
    }

    /// Goes on from `sequence`: what came after it is superseded.
    pub(super) fn fork(&mut self, sequence: u64) {
        for (_, until) in &mut self.stretches {
            *until = (*until).min(sequence + 1);
        }
        self.stretches.retain(|(from, until)| from < until);
        self.stretches.push((self.last() + 1, OPEN));
        self.record = Some(format!("{:?}", self.stretches).into_bytes());
    }
}
