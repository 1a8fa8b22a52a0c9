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

    /// Gives an event its effect, whatever its bytes are.
    fn apply(&mut self, event: &[u8]);

    /// The state as bytes.
    fn encode(&self) -> Vec<u8>;

    /// The state that `bytes` are; `None` where they are none that this program can read.
    fn decode(bytes: Vec<u8>) -> Option<Self>;
}
