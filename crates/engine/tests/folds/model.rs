//! What a stream that is appended to, forked and pruned must be.

use agent_storage_engine::{
    folds::{Fold, Run, Stretch},
    ids::Sequence,
};

use super::{Chain, KEY, OPEN};

/// What a stream must be.
#[derive(Debug, Default, Clone)]
pub(super) struct Model {
    /// The state after each event of the stream, whatever run it is of.
    pub(super) after: Vec<Chain>,
    /// The current run, the last of it open.
    pub(super) stretches: Vec<(u64, u64)>,
    /// What is stored of it, once it was forked.
    pub(super) record: Option<Vec<u8>>,
    pub(super) first: u64,
    pub(super) position: u64,
}

impl Model {
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

    pub(super) fn append(&mut self, event: &[u8]) {
        let mut state = self.events().last().map_or_else(Chain::default, |last| self.at(*last));
        state.apply(event);
        self.after.push(state);
        if self.stretches.is_empty() {
            self.stretches.push((1, OPEN));
        }
    }

    pub(super) fn at(&self, sequence: u64) -> Chain {
        self.after[usize::try_from(sequence - 1).expect("small")]
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
