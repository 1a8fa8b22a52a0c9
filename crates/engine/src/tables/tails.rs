//! Where the events lie that no run holds yet: for each stream the places of its newest ones, in the log.
//!
//! Constraints: only places are kept, never bytes; a stream's sequences have no hole from a table's first one on, so an event is found by
//! subtraction; places are only ever added.

use std::collections::HashMap;

use super::place::Place;
use crate::{
    ids::{Position, Sequence, StreamNumber},
    sync::Mutex,
};

/// One event that lies in the log.
#[derive(Debug, Clone, Copy)]
pub struct EventPlace {
    /// The change that appended it.
    pub position: Position,
    /// When that was accepted, in milliseconds.
    pub time_ms: u64,
    /// The sum of the lengths of all events of the stream before this one.
    pub bytes_before: u64,
    /// Where its bytes are.
    pub place: Place,
}

#[derive(Debug)]
struct Tail {
    first: Sequence,
    places: Vec<EventPlace>,
}

/// The tails of all streams.
#[derive(Debug, Default)]
pub struct Tails {
    tails: Mutex<HashMap<StreamNumber, Tail>>,
}

impl Tails {
    /// Adds events behind the stream's last one; `first` is the sequence of the first of them.
    pub fn push(&self, stream: StreamNumber, first: Sequence, places: impl IntoIterator<Item = EventPlace>) {
        let mut tails = self.tails.lock();
        let tail = tails.entry(stream).or_insert_with(|| Tail { first, places: Vec::new() });
        debug_assert_eq!(tail.first.0 + tail.places.len() as u64, first.0);
        tail.places.extend(places);
    }

    /// The places of at most `most` events of `stream` from `from` on that lie here.
    pub fn copy(&self, stream: StreamNumber, from: Sequence, most: usize) -> Vec<EventPlace> {
        let tails = self.tails.lock();
        let Some(tail) = tails.get(&stream) else { return Vec::new() };
        let Some(skip) = from.0.checked_sub(tail.first.0) else { return Vec::new() };
        let skip = usize::try_from(skip).unwrap_or(usize::MAX);
        tail.places.iter().skip(skip).take(most).copied().collect()
    }

    /// The streams with events here, by number, each with the first sequence.
    pub fn streams(&self) -> Vec<(StreamNumber, Sequence)> {
        let mut streams: Vec<_> =
            self.tails.lock().iter().map(|(number, tail)| (*number, tail.first)).collect();
        streams.sort_unstable();
        streams
    }
}
