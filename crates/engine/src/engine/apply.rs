//! From a frame's body to the tables: the one way, for commits and for replays of the log.
//!
//! Constraints: nothing here fails for a body that this build wrote; a body that does not decode although its checksum held is damage.

use std::collections::HashSet;

use crate::{
    catalog::{
        apply::{self, Committed},
        keys,
    },
    events::streams::Streams,
    format::{
        change::{Change, Changes, Saved, Within},
        codec::Malformed,
    },
    ids::{IdNumber, RecordNumber, Sequence, StoreId, StreamNumber},
    tables::{Memtable, rows::Row, tails::EventPlace},
};

/// How many checkpoints there are, and the highest numbers seen.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    pub(super) checkpoints: u64,
    pub(super) versions: u64,
    pub(super) dropped_versions: u64,
    pub(super) record: RecordNumber,
    pub(super) id: IdNumber,
    pub(super) stream: StreamNumber,
}

/// What a body is applied to.
pub(super) struct Applier<'a> {
    pub(super) store: StoreId,
    pub(super) table: &'a Memtable,
    pub(super) streams: &'a mut Streams,
    pub(super) dirty_streams: &'a mut HashSet<StreamNumber>,
    pub(super) tally: &'a mut Tally,
}

/// A change whose body lies elsewhere.
#[derive(Debug)]
pub(super) struct LargeChange {
    pub(super) record: RecordNumber,
    pub(super) length: u64,
    pub(super) firsts: Vec<Sequence>,
}

impl Applier<'_> {
    /// Applies a frame's body; where it only says where a large one lies, that comes back, to be applied by [`Applier::apply_large`].
    pub(super) fn apply(&mut self, at: &Committed, body: &[u8]) -> Result<Option<LargeChange>, Malformed> {
        let mut large = None;
        for change in Changes::new(body, self.store) {
            match change? {
                Change::Large { record, length, firsts } => {
                    self.saw_record(record);
                    large = Some(LargeChange { record, length, firsts });
                }
                change => self.apply_change(at, change)?,
            }
        }
        Ok(large)
    }

    /// Applies the body of a large change. `at` places it in its record.
    pub(super) fn apply_large(
        &mut self,
        at: &Committed,
        body: &[u8],
        large: &LargeChange,
    ) -> Result<(), Malformed> {
        if body.len() as u64 != large.length {
            return Err(Malformed);
        }
        let mut firsts = large.firsts.iter();
        for change in Changes::new(body, self.store) {
            let change = match change? {
                Change::Events { stream, events, .. } => {
                    Change::Events { stream, first: *firsts.next().ok_or(Malformed)?, events }
                }
                Change::Large { .. } => return Err(Malformed),
                change => change,
            };
            self.apply_change(at, change)?;
        }
        Ok(())
    }

    fn apply_change(&mut self, at: &Committed, change: Change<'_>) -> Result<(), Malformed> {
        match change {
            Change::Events { stream, first, events } => self.events(at, stream, first, &events)?,
            Change::StreamCreated { stream, name } => {
                self.tally.stream = self.tally.stream.max(stream);
                self.streams.create(stream, name);
                self.dirty_streams.insert(stream);
            }
            Change::StreamDeleted { stream, name } => {
                self.streams.remove(stream);
                self.dirty_streams.remove(&stream);
                self.table.rows.insert(keys::stream(name), at.position, Row::Removed);
            }
            Change::StreamPruned { stream, before } => {
                let row = self.streams.by_number_mut(stream).ok_or(Malformed)?;
                if !(row.first..=row.last.next()).contains(&before) {
                    return Err(Malformed);
                }
                row.first = before;
                self.dirty_streams.insert(stream);
            }
            Change::StreamHeld { stream, from } => {
                let row = self.streams.by_number_mut(stream).ok_or(Malformed)?;
                row.hold = from;
                self.dirty_streams.insert(stream);
            }
            Change::Saved(saved) => self.saved(at, &saved)?,
            Change::Deleted(deleted) => {
                let versions = u64::from(deleted.newest - deleted.oldest) + 1;
                self.tally.checkpoints = self.tally.checkpoints.saturating_sub(1);
                self.drop_versions(versions)?;
                apply::deleted(self.table, at.position, &deleted);
            }
            Change::InternalSet { key, value } => {
                self.table.rows.insert(keys::internal(key), at.position, Row::set(value));
            }
            Change::InternalRemoved { key } => {
                self.table.rows.insert(keys::internal(key), at.position, Row::Removed);
            }
            Change::Large { .. } => return Err(Malformed),
        }
        Ok(())
    }

    fn events(
        &mut self,
        at: &Committed,
        stream: StreamNumber,
        first: Sequence,
        events: &[Within<'_>],
    ) -> Result<(), Malformed> {
        let row = self.streams.by_number_mut(stream).ok_or(Malformed)?;
        if row.last.next() != first {
            return Err(Malformed);
        }
        let places = events.iter().map(|event| {
            let bytes_before = row.total_bytes;
            row.total_bytes += event.bytes.len() as u64;
            EventPlace { position: at.position, time_ms: at.time_ms, bytes_before, place: at.place(*event) }
        });
        self.table.tails.push(stream, first, places);
        row.last.0 += events.len() as u64;
        self.dirty_streams.insert(stream);
        Ok(())
    }

    fn saved(&mut self, at: &Committed, saved: &Saved<'_>) -> Result<(), Malformed> {
        self.saw_record(saved.record.number);
        self.tally.id = self.tally.id.max(saved.id_number);
        self.tally.versions += 1;
        if saved.oldest_before == 0 {
            self.tally.checkpoints += 1;
        }
        if saved.oldest_before > 0 {
            self.drop_versions(u64::from(saved.oldest - saved.oldest_before))?;
        }
        apply::saved(self.table, at, saved);
        Ok(())
    }

    /// More than there are cannot be dropped; each takes a row, so that a wrong number would take all memory.
    fn drop_versions(&mut self, versions: u64) -> Result<(), Malformed> {
        self.tally.versions = self.tally.versions.checked_sub(versions).ok_or(Malformed)?;
        self.tally.dropped_versions += versions;
        Ok(())
    }

    fn saw_record(&mut self, record: RecordNumber) {
        self.tally.record = self.tally.record.max(record);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        format::change::{self, Deleted},
        ids::Position,
    };

    const STORE: StoreId = StoreId([1; 16]);

    /// Applies one change to a store of two versions and a stream with the events 1 to 3.
    fn apply(change: &Change<'_>) -> Result<(), Malformed> {
        let mut streams = Streams::default();
        streams.create(StreamNumber(1), "stream");
        streams.by_number_mut(StreamNumber(1)).unwrap().last = Sequence(3);
        let mut tally = Tally { checkpoints: 1, versions: 2, ..Tally::default() };
        let mut body = Vec::new();
        change::put(&mut body, change, STORE);
        let mut applier = Applier {
            store: STORE,
            table: &Memtable::default(),
            streams: &mut streams,
            dirty_streams: &mut HashSet::new(),
            tally: &mut tally,
        };
        applier.apply(&Committed::nothing(Position(9)), &body).map(drop)
    }

    /// Catches a row for each of four billion versions, which would take all memory.
    #[test]
    fn more_versions_than_there_are_cannot_be_deleted() {
        let delete = |newest| {
            Change::Deleted(Deleted {
                id_number: IdNumber(1),
                id: "agent",
                first_position: Some(Position(1)),
                time: 0.,
                oldest: 1,
                newest,
            })
        };
        assert_eq!(apply(&delete(2)), Ok(()));
        assert_eq!(apply(&delete(3)), Err(Malformed));
        assert_eq!(apply(&delete(u32::MAX)), Err(Malformed));
    }

    /// Catches a watermark that makes a stream have fewer than no events, or pruned ones again.
    #[test]
    fn a_stream_is_pruned_within_its_events() {
        let prune = |before| Change::StreamPruned { stream: StreamNumber(1), before: Sequence(before) };
        for (before, fits) in [(0, false), (1, true), (4, true), (5, false)] {
            assert_eq!(apply(&prune(before)).is_ok(), fits, "{before}");
        }
    }
}
