//! States that the events of a stream add up to, kept with the stream, so that nobody has to begin with its first event.
//!
//! Constraints:
//! - the engine knows of a state what [`Fold`] tells, and of events only where they lie: which of them make up a state is said by whoever asks, as
//!   a [`Run`];
//! - a state is kept under the sequence of the last event in it. What came before an event never changes, so a kept state serves every run that has its
//!   event in it;
//! - events below the stream's watermark are given back only once a state that stands for them is kept: both are told by one change. Until then the
//!   stream's hold keeps them on disk;
//! - a run that is told may no longer be so when it is read: it is compared with the store at the very moment that is read, and refused.
//!
//! These are the snapshots of event sourcing (Fowler 2005), in the store's internal keyspace.

mod keep;
mod parts;
mod read;
mod run;
mod states;

pub use self::{
    keep::{Kept, keep},
    read::{Folded, fold, newest_kept},
    run::{Run, Stretch},
};

/// A state that events add up to.
pub trait Fold: Default {
    /// What its states are kept under, for ever.
    const NAME: &'static str;

    /// What is given out: a state to which no further event is applied.
    type Finished;

    /// Gives an event its effect, whatever its bytes are.
    fn apply(&mut self, event: &[u8]);

    /// How large it is: what keeping it takes time with, however few bytes it becomes.
    fn size_bytes(&self) -> usize;

    /// The state as bytes, compressed where that makes them fewer.
    fn encode(&self) -> Vec<u8>;

    /// The state that `bytes` are; `None` where they are none that this program can read.
    fn decode(bytes: Vec<u8>) -> Option<Self>;

    /// The state as it is given out.
    fn finish(self) -> Self::Finished;

    /// The same of the state that `bytes` are. It may look at less of them than [`Fold::decode`], since nothing is applied to it.
    fn decode_finished(bytes: Vec<u8>) -> Option<Self::Finished> {
        Self::decode(bytes).map(Self::finish)
    }
}
