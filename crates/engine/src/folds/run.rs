//! Which events of a stream make up a state, as a layer above tells it.

use crate::{
    catalog::keys,
    engine::Stream,
    error::{Error, Result},
    ids::Sequence,
};

/// Consecutive events of a stream: those with a sequence of `[from, until)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The first of them.
    pub from: Sequence,
    /// The first one behind them.
    pub until: Sequence,
}

/// Events that follow each other, and by which record that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Run {
    /// They ascend; the last one is open where events that come belong to it.
    pub stretches: Vec<Stretch>,
    /// The key of the internal record that tells them.
    pub key: Vec<u8>,
    /// What that was when they were told; `None` where there was none.
    pub record: Option<Vec<u8>>,
}

impl Run {
    /// Refuses it with [`Error::Conflict`] where its record is another one in `stream` by now, which is called `name`.
    pub(super) fn check(&self, stream: &Stream, name: &str) -> Result<()> {
        if stream.snapshot.get(&keys::internal(&self.key))? == self.record {
            return Ok(());
        }
        let told = self.stretches.last().map_or(0, |last| last.from.0);
        Err(Error::Conflict { stream: name.to_owned(), expected: told, actual: stream.last.0 })
    }

    /// Whether the event `sequence` is in it.
    pub(super) fn contains(&self, sequence: Sequence) -> bool {
        self.stretches.iter().any(|stretch| (stretch.from..stretch.until).contains(&sequence))
    }

    /// The parts of its stretches from `from` on and before `until`.
    pub fn part(&self, from: Sequence, until: Sequence) -> impl DoubleEndedIterator<Item = Stretch> {
        let parts = self
            .stretches
            .iter()
            .map(move |stretch| Stretch { from: stretch.from.max(from), until: stretch.until.min(until) });
        parts.filter(|part| part.from < part.until)
    }
}
