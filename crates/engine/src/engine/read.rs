//! Reading: checkpoints, lists, streams and events.
//!
//! Constraints: a read is of a snapshot and holds no lock while it reads; what it answers was checked against its checksums, or the answer is an error.

use std::sync::Arc;

use super::{Engine, submit::Done};
use crate::{
    catalog::{
        find::{self, CheckpointInfo, Owner, find_id, find_version, oldest_kept},
        keys,
        listing::{ListOptions, Listing},
        rows::StreamRow,
    },
    checkpoints::load::Keep,
    error::{Error, Result},
    events::{
        replay::Replay,
        rows::{self, EventRow},
        streams::StreamInfo,
    },
    ids::{Sequence, StreamNumber},
    runs::Found,
    tables::Snapshot,
};

/// A stream at one moment.
#[derive(Clone)]
pub struct Stream {
    /// The store then.
    pub snapshot: Snapshot,
    /// The stream's number, which no other stream ever has.
    pub number: StreamNumber,
    /// The first event that is not given back; it can lie below the watermark.
    pub oldest: Sequence,
    /// The first event that was not pruned: the watermark.
    pub first: Sequence,
    /// The last event; 0 where there never was one.
    pub last: Sequence,
    /// From where on pruned events are held, if any are.
    pub hold: Option<Sequence>,
}

impl Engine {
    /// The bytes of a version of `id`, the newest if none is named; `None` where there is none.
    pub fn load_now(&self, id: &str, version: Option<u32>) -> Result<Option<Arc<Vec<u8>>>> {
        self.check_readable()?;
        let snapshot = self.snapshot();
        let Some(row) = find_id(&snapshot, id)? else { return Ok(None) };
        let (record, keep) = match version {
            // The next version is compressed against this one or one of its bases.
            None => (row.record, Keep::Record),
            Some(version) if version < oldest_kept(&row, self.history_limit()) || version > row.newest => {
                return Ok(None);
            }
            Some(version) => match find_version(&snapshot, &Owner::new(id, &row), version)? {
                Some((found, _)) => (found.record, Keep::Bases),
                None => return Ok(None),
            },
        };
        let raw = snapshot.tables.load_record(record, keep)?;
        self.check_readable()?;
        Ok(Some(raw))
    }

    /// Loads after every earlier change of `id`, in the pool.
    pub fn load(self: &Arc<Self>, id: &str, version: Option<u32>, done: Done<Option<Arc<Vec<u8>>>>) {
        let engine = Arc::clone(self);
        let name = id.to_owned();
        self.lanes.enter(vec![name.clone()], move |ticket| {
            let loaded = engine.caught(|| engine.load_now(&name, version));
            engine.lanes.leave(ticket);
            done(loaded);
        });
    }

    /// The newest version of each id.
    pub fn list(&self, options: ListOptions) -> Result<Listing> {
        self.check_readable()?;
        Listing::new(self.snapshot(), options)
    }

    /// The versions of `id`, oldest first.
    pub fn history(&self, id: &str) -> Result<Vec<CheckpointInfo>> {
        self.check_readable()?;
        find::history(&self.snapshot(), id, self.history_limit())
    }

    /// The events of `stream` from `from` on, at most `limit`.
    pub fn replay(&self, stream: &str, from: Sequence, limit: Option<u64>) -> Result<Replay> {
        self.check_readable()?;
        let core = self.core.lock();
        let snapshot = core.snapshot();
        let Some(row) = core.streams.get(stream).copied() else {
            return Ok(Replay::new(snapshot, StreamNumber(0), Sequence(1), Sequence(1)));
        };
        drop(core);
        let from = from.max(row.first);
        let replay = Replay::new(snapshot, row.number, from, row.last.next());
        Ok(replay.limited(limit.unwrap_or(u64::MAX)))
    }

    /// A stream as it is now; `None` where there is none.
    pub fn stream(&self, name: &str) -> Result<Option<Stream>> {
        self.check_readable()?;
        let core = self.core.lock();
        Ok(core.streams.get(name).map(|row| Stream {
            snapshot: core.snapshot(),
            number: row.number,
            oldest: row.oldest(),
            first: row.first,
            last: row.last,
            hold: row.hold,
        }))
    }

    /// The last sequence of `stream`, 0 where it was never used.
    pub fn last_sequence(&self, stream: &str) -> Result<Sequence> {
        Ok(self.stream_row(stream)?.map_or(Sequence(0), |row| row.last))
    }

    /// What is known of `stream` without reading any of its events; `None` where there is none.
    pub fn stream_row(&self, stream: &str) -> Result<Option<StreamRow>> {
        self.check_readable()?;
        Ok(self.core.lock().streams.get(stream).copied())
    }

    /// All streams, by name.
    pub fn streams(&self) -> Result<Vec<StreamInfo>> {
        self.check_readable()?;
        let (snapshot, mut rows) = {
            let core = self.core.lock();
            let rows: Vec<_> = core.streams.iter().map(|(name, row)| (name.to_owned(), *row)).collect();
            (core.snapshot(), rows)
        };
        rows.sort_unstable_by(|(left, _), (right, _)| left.cmp(right));
        rows.into_iter()
            .map(|(name, row)| {
                let pruned = if row.first == Sequence(1) {
                    0
                } else if row.first > row.last {
                    row.total_bytes
                } else {
                    bytes_before(&snapshot, row.number, row.first)?
                };
                Ok(StreamInfo {
                    name,
                    first_sequence: row.first,
                    last_sequence: row.last,
                    bytes: row.total_bytes - pruned.min(row.total_bytes),
                })
            })
            .collect()
    }

    /// The value of an internal record.
    pub fn internal(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.check_readable()?;
        self.snapshot().get(&keys::internal(key))
    }
}

/// The sum of the lengths of all events of `stream` before `sequence`, which must exist.
fn bytes_before(snapshot: &Snapshot, stream: StreamNumber, sequence: Sequence) -> Result<u64> {
    for table in snapshot.tables.memtables() {
        if let Some(event) = table.tails.copy(stream, sequence, 1).first() {
            return Ok(event.bytes_before);
        }
    }
    let key = rows::key(stream, sequence);
    for run in snapshot.tables.event_runs.iter().rev() {
        if let Found::Value(value) = run.get(&key)? {
            let row = EventRow::decode(&value).map_err(|_| Error::corrupt(run.path(), 0, "event"))?;
            return Ok(row.bytes_before);
        }
    }
    Err(Error::corrupt(snapshot.directory(), 0, "missing event"))
}
