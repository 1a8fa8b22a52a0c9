//! States that the events of a stream add up to, kept with the stream, so that nobody has to begin with its first event.
//!
//! Constraints:
//! - the engine knows of a state what [`Fold`] tells, and of events only where they lie: which of them make up a state is said by whoever asks, as
//!   [`Stretch`]es;
//! - a state is kept under the sequence of the last event in it. What came before an event never changes, so a kept state serves every list of
//!   stretches that has its event in it;
//! - events below the stream's watermark are given back only once a state that stands for them is kept: both are told by one change. Until then the
//!   stream's hold keeps them on disk.
//!
//! These are the snapshots of event sourcing (Fowler 2005), in the store's internal keyspace.

mod keep;
mod read;
mod states;

pub use self::{
    keep::{Kept, keep},
    read::{Folded, fold, newest_kept},
};
use crate::ids::Sequence;

/// A state that events add up to.
pub trait Fold: Default {
    /// What its states are kept under, for ever.
    const NAME: &'static str;

    /// Gives an event its effect, whatever its bytes are.
    fn apply(&mut self, event: &[u8]);

    /// The state as bytes.
    fn encode(&self) -> Vec<u8>;

    /// The state that `bytes` are; `None` where they are none that this program can read.
    fn decode(bytes: &[u8]) -> Option<Self>;
}

/// Consecutive events of a stream: those with a sequence of `[from, until)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The first of them.
    pub from: Sequence,
    /// The first one behind them.
    pub until: Sequence,
}

/// Whether the event `sequence` is in one of them.
fn contain(stretches: &[Stretch], sequence: Sequence) -> bool {
    stretches.iter().any(|stretch| (stretch.from..stretch.until).contains(&sequence))
}
