//! What was called, what came of it, and which states may be found afterwards.
//!
//! After a crash a store must be what a prefix of its accepted changes makes of it, with all that were durable. A change whose call failed
//! may be among them, whole or not at all, and those of one id in the order of their calls.

use std::collections::{BTreeMap, BTreeSet};

use agent_storage_engine::engine::Op;

use super::model::{Applied, State};

/// The record of one life of a store.
#[derive(Debug, Clone, Default)]
pub struct History {
    base: State,
    accepted: BTreeMap<u64, Vec<Op>>,
    doubtful: Vec<Vec<Op>>,
    durable: u64,
}

impl History {
    /// Of a store that holds `base`, durably.
    pub fn new(base: State) -> Self {
        Self { durable: base.position, base, ..Self::default() }
    }

    /// A batch took its position.
    ///
    /// # Panics
    /// Where another one had it.
    pub fn accepted(&mut self, position: u64, ops: Vec<Op>) {
        let before = self.accepted.insert(position, ops);
        assert!(before.is_none() && position > self.base.position, "position {position} was given twice");
    }

    /// A batch failed such that it may have been accepted.
    pub fn doubtful(&mut self, ops: Vec<Op>) {
        self.doubtful.push(ops);
    }

    /// Everything up to `position` was reported durable.
    pub fn durable_through(&mut self, position: u64) {
        self.durable = self.durable.max(position);
    }

    /// The last position that was reported durable.
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// The last position that is known to be accepted.
    pub fn last(&self) -> u64 {
        self.accepted.keys().next_back().copied().unwrap_or(self.base.position)
    }

    /// The last position that there can be: where every call in doubt was accepted.
    pub fn farthest(&self) -> u64 {
        self.last() + self.doubtful.len() as u64
    }

    /// The changes accepted after a position.
    pub fn accepted_after(&self, position: u64) -> impl Iterator<Item = (u64, &[Op])> {
        self.accepted.range(position + 1..).map(|(position, ops)| (*position, ops.as_slice()))
    }

    /// The state behind all accepted changes.
    ///
    /// # Panics
    /// Where a failed one stands between them.
    pub fn now(&self) -> State {
        self.replay(self.last(), &mut |_| None).expect("every position has its batch")
    }

    /// The state behind each of the accepted changes, oldest first.
    ///
    /// # Panics
    /// Where a failed one stands between them.
    pub fn states(&self) -> Vec<State> {
        let positions = self.base.position..=self.last();
        let state = |last| self.replay(last, &mut |_| None).expect("every position has its batch");
        positions.map(state).collect()
    }

    /// Checks a state that was found against the record: it must reach `at_least`. Says what differs from the nearest legal state.
    pub fn check(&self, found: &State, at_least: u64) -> Result<(), String> {
        let last = found.position;
        if last < at_least {
            return Err(format!("position {last} was found, {at_least} must be there"));
        }
        let gaps: Vec<u64> = (self.base.position + 1..=last)
            .filter(|position| !self.accepted.contains_key(position))
            .collect();
        if gaps.len() > self.doubtful.len() {
            let most = self.doubtful.len();
            return Err(format!("position {last} was found, but only {most} calls could fill {gaps:?}"));
        }
        let mut difference = None;
        let legal = self.each_filling(&gaps, &mut Vec::new(), &mut |filling| {
            let mut next = filling.iter();
            let state = self.replay(last, &mut |_| next.next().map(|index| self.doubtful[*index].as_slice()));
            let differs = state
                .map_or(Some("a batch that changes nothing".to_owned()), |state| state.difference(found));
            let fits = differs.is_none();
            difference = differs;
            fits
        });
        if legal { Ok(()) } else { Err(difference.unwrap_or_else(|| "no order fits".to_owned())) }
    }

    /// Calls `try_it` with each way to fill `gaps` by failed calls, until one fits.
    fn each_filling(
        &self,
        gaps: &[u64],
        chosen: &mut Vec<usize>,
        try_it: &mut dyn FnMut(&[usize]) -> bool,
    ) -> bool {
        if chosen.len() == gaps.len() {
            return try_it(chosen);
        }
        for index in 0..self.doubtful.len() {
            let overtakes = (0..index).any(|earlier| {
                !chosen.contains(&earlier)
                    && !may_change_nothing(&self.doubtful[earlier])
                    && shares_an_id(&self.doubtful[earlier], &self.doubtful[index])
            });
            if chosen.contains(&index) || overtakes {
                continue;
            }
            chosen.push(index);
            if self.each_filling(gaps, chosen, try_it) {
                return true;
            }
            chosen.pop();
        }
        false
    }

    /// The last changes, for the message of a test that fails.
    pub fn tail(&self) -> String {
        let accepted = self.accepted.iter().rev().take(8).map(|(position, ops)| (format!("{position}"), ops));
        let doubtful = self.doubtful.iter().map(|ops| ("failed".to_owned(), ops));
        let mut lines: Vec<_> =
            doubtful.chain(accepted).map(|(when, ops)| format!("\n  {when}: {}", brief(ops))).collect();
        lines.reverse();
        lines.concat()
    }

    fn replay<'a>(&'a self, through: u64, fill: &mut dyn FnMut(u64) -> Option<&'a [Op]>) -> Option<State> {
        let mut state = self.base.clone();
        for position in self.base.position + 1..=through {
            let ops = match self.accepted.get(&position) {
                Some(ops) => ops.as_slice(),
                None => fill(position)?,
            };
            if state.advance(ops) != Applied::Changed {
                return None;
            }
        }
        Some(state)
    }
}

/// Whether a batch may be accepted without a place in the order: what it removes may not be there.
fn may_change_nothing(ops: &[Op]) -> bool {
    ops.iter().all(|op| !matches!(op, Op::Append { .. } | Op::Save(_) | Op::SetInternal { .. }))
}

fn shares_an_id(left: &[Op], right: &[Op]) -> bool {
    let ids = |ops: &[Op]| -> BTreeSet<String> {
        let id = |op: &Op| match op {
            Op::Save(save) => Some(save.id.clone()),
            Op::Delete { id, .. } => Some(id.clone()),
            _ => None,
        };
        ops.iter().filter_map(id).collect()
    };
    !ids(left).is_disjoint(&ids(right))
}

fn brief(ops: &[Op]) -> String {
    let one = |op: &Op| match op {
        Op::Append { stream, events, after } => {
            format!("append {} to {stream:?} after {after:?}", events.len())
        }
        Op::Save(save) => format!("save {:?}, {} bytes", save.id, save.data.len()),
        Op::SetInternal { key, .. } => format!("set {key:?}"),
        other => format!("{other:?}"),
    };
    ops.iter().map(one).collect::<Vec<_>>().join(", ")
}
