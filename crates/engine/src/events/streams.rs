//! What is known of each stream while the store is open.
//!
//! Constraints: held in memory, so that an append touches no table; a function of the catalog's rows and the changes after them, so that a
//! recovery builds the same.

use std::collections::{BTreeMap, HashMap};

use crate::{
    catalog::{
        keys,
        rows::{StreamRow, damaged},
    },
    error::Result,
    format::codec::Malformed,
    ids::{Sequence, StreamNumber},
    tables::Snapshot,
};

/// A stream as a caller sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamInfo {
    /// Its name.
    pub name: String,
    /// The oldest sequence that was not pruned; one more than `last_sequence` where all were.
    pub first_sequence: Sequence,
    /// The newest sequence.
    pub last_sequence: Sequence,
    /// The sum of the lengths of its events, without the pruned ones.
    pub bytes: u64,
}

/// All streams.
#[derive(Debug, Default)]
pub struct Streams {
    by_name: HashMap<Box<str>, StreamRow>,
    names: HashMap<StreamNumber, Box<str>>,
}

impl Streams {
    /// The streams that the catalog's rows tell of.
    pub fn load(snapshot: &Snapshot) -> Result<Self> {
        let mut streams = Self::default();
        let range = keys::streams();
        let mut scan = snapshot.scan(&range.from, range.until.as_deref(), false)?;
        let damaged = damaged(snapshot.directory());
        while let Some((key, value)) = scan.step()? {
            let name = keys::name(key).ok_or_else(|| damaged(Malformed))?;
            let row = StreamRow::decode(value).map_err(&damaged)?;
            streams.names.insert(row.number, name.into());
            streams.by_name.insert(name.into(), row);
        }
        Ok(streams)
    }

    /// The stream of this name.
    pub fn get(&self, name: &str) -> Option<&StreamRow> {
        self.by_name.get(name)
    }

    /// The stream of this number.
    pub fn by_number(&self, number: StreamNumber) -> Option<(&str, &StreamRow)> {
        let name = self.names.get(&number)?;
        self.by_name.get(name).map(|row| (&**name, row))
    }

    /// The stream of this number, to be changed.
    pub fn by_number_mut(&mut self, number: StreamNumber) -> Option<&mut StreamRow> {
        self.by_name.get_mut(self.names.get(&number)?)
    }

    /// A new stream without events.
    pub fn create(&mut self, number: StreamNumber, name: &str) {
        let row = StreamRow { number, first: Sequence(1), last: Sequence(0), hold: None, total_bytes: 0 };
        self.names.insert(number, name.into());
        self.by_name.insert(name.into(), row);
    }

    /// Forgets a stream.
    pub fn remove(&mut self, number: StreamNumber) {
        let Some(name) = self.names.remove(&number) else { return };
        // The name may already stand for a new stream.
        if self.by_name.get(&name).is_some_and(|row| row.number == number) {
            self.by_name.remove(&name);
        }
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &StreamRow)> {
        self.by_name.iter().map(|(name, row)| (&**name, row))
    }

    /// How many events are neither pruned nor deleted.
    pub fn live_events(&self) -> u64 {
        self.by_name.values().map(|row| row.last.0 + 1 - row.first.0).sum()
    }
}

/// Which events are dead, that is of no use to any reader: as of one moment, for the jobs that give space back.
#[derive(Debug, Clone, Default)]
pub struct DeadEvents {
    kept_from: BTreeMap<StreamNumber, Sequence>,
    kept_events: u64,
}

impl DeadEvents {
    /// As `streams` stand now.
    pub fn new(streams: &Streams) -> Self {
        Self {
            kept_from: streams.by_name.values().map(|row| (row.number, row.oldest())).collect(),
            kept_events: streams.by_name.values().map(|row| row.last.0 + 1 - row.oldest().0).sum(),
        }
    }

    /// The first sequence of `stream` that is not dead; `None` where the whole stream is.
    pub fn kept_from(&self, stream: StreamNumber) -> Option<Sequence> {
        self.kept_from.get(&stream).copied()
    }

    /// How many events are not dead.
    pub fn kept_events(&self) -> u64 {
        self.kept_events
    }

    /// Whether an event is dead.
    pub fn is_dead(&self, stream: StreamNumber, sequence: Sequence) -> bool {
        self.kept_from(stream).is_none_or(|kept| sequence < kept)
    }

    /// Whether every event from `first` on and before `behind` is dead, in the order of streams and sequences.
    pub fn are_all_dead(&self, first: (StreamNumber, Sequence), behind: (StreamNumber, Sequence)) -> bool {
        let ends_dead = self.kept_from(behind.0).is_none_or(|kept| behind.1 <= kept);
        // Of a stream before the last one, what comes behind the first key reaches to the stream's end.
        let others_are_gone = self.kept_from.range(first.0..behind.0).next().is_none();
        ends_dead && others_are_gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_dead_only_if_every_stream_in_it_is() {
        let mut streams = Streams::default();
        streams.create(StreamNumber(5), "five");
        let row = streams.by_number_mut(StreamNumber(5)).unwrap();
        (row.first, row.last) = (Sequence(10), Sequence(20));
        let dead = DeadEvents::new(&streams);
        let all = |from: (u64, u64), behind: (u64, u64)| {
            dead.are_all_dead(
                (StreamNumber(from.0), Sequence(from.1)),
                (StreamNumber(behind.0), Sequence(behind.1)),
            )
        };
        assert_eq!(dead.kept_events(), 11);
        assert!(all((5, 1), (5, 10)) && !all((5, 1), (5, 11)));
        assert!(all((3, 1), (4, 9)) && all((3, 1), (5, 10)) && all((6, 1), (9, 1)));
        assert!(!all((5, 1), (6, 1)) && !all((4, 1), (6, 1)), "stream 5 has live events at its end");
    }

    #[test]
    fn a_name_that_stands_for_a_new_stream_survives_the_removal_of_the_old_one() {
        let mut streams = Streams::default();
        streams.create(StreamNumber(1), "a");
        streams.create(StreamNumber(2), "a");
        streams.remove(StreamNumber(1));
        assert_eq!(streams.get("a").map(|row| row.number), Some(StreamNumber(2)));
        assert!(streams.by_number(StreamNumber(1)).is_none());
    }
}
