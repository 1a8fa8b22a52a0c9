//! What the log of a damaged store tells: streams, events, rows and records.
//!
//! Constraints: a frame counts whole or not at all; what is missing between two frames is seen by its numbers alone, so every change is taken as it says;
//! what lies in a log is little, so it is held in memory.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    LOST_AND_FOUND, LostChanges, Repair, RowMap,
    changes::{Gaps, LogFiles, at_least_runs},
    packs::LogRecord,
};
use crate::{
    catalog::{
        apply::{self, Committed},
        keys,
        rows::{StreamRow, damaged},
    },
    checkpoints::load::Keep,
    error::{Error, Result},
    format::{
        change::{Change, Changes, Within},
        codec::Malformed,
        frame::Link,
    },
    ids::{FileNumber, Position, RecordNumber, Sequence, StreamNumber},
    io::Directory,
    tables::{Memtable, Tables, rows::Row},
    wal::{LogFrame, salvage},
};

/// All streams, by number.
#[derive(Default)]
pub(super) struct Streams {
    pub(super) known: BTreeMap<StreamNumber, (String, StreamRow)>,
    /// Those that are known to have been deleted.
    pub(super) deleted: BTreeSet<StreamNumber>,
    /// Whether there may have been others.
    pub(super) may_lack_some: bool,
}

impl Streams {
    /// A stream, which gets a name of its own where that was lost.
    pub(super) fn of(&mut self, number: StreamNumber) -> &mut StreamRow {
        let unknown = || {
            let name = format!("{LOST_AND_FOUND}stream-{}", number.0);
            (name, StreamRow { number, first: Sequence(1), last: Sequence(0), hold: None, total_bytes: 0 })
        };
        &mut self.known.entry(number).or_insert_with(unknown).1
    }
}

/// An event that lay in the log.
pub(super) struct LogEvent {
    pub(super) position: Position,
    pub(super) time_ms: u64,
    pub(super) data: Vec<u8>,
}

/// Events by stream and sequence.
pub(super) type LogEvents = BTreeMap<(StreamNumber, Sequence), LogEvent>;

pub(super) struct Log {
    pub(super) streams: Streams,
    pub(super) events: LogEvents,
    pub(super) records: Vec<LogRecord>,
    /// Behind the last change that there ever was, as far as is known.
    pub(super) end: Link,
    /// The changes that are missing.
    pub(super) lost: Vec<LostChanges>,
}

/// Reads the log on top of `rows`, whose newest it adds.
pub(super) fn read(repair: &Repair<'_>, tables: &Tables, rows: &mut RowMap, most: u64) -> Result<Log> {
    let start = repair.before.log_start;
    let log = LogFiles::open(repair)?;
    let mut reader = Reader {
        tables,
        table: Memtable::default(),
        streams: streams(repair, rows)?,
        events: LogEvents::new(),
        records: Vec::new(),
        named: Vec::new(),
        gaps: Gaps::behind(start.position),
        newest: None,
        most_dropped: most,
    };
    let end = salvage(&log.files, start, &mut |frame| reader.frame(&frame), &mut |_| {})?;
    let end = at_least_runs(repair, end)?;
    let lost = reader.gaps.end(end.position, log.is_end_known(reader.newest));
    rows.named.extend(reader.named);
    let all = Position(u64::MAX);
    let mut next = reader.table.rows.first(&[], false, None, all);
    while let Some((key, row)) = next {
        next = reader.table.rows.first(&key, true, None, all);
        let value = match row {
            Row::Set { head, .. } => Some(head.into_vec()),
            Row::Removed => None,
        };
        rows.rows.insert(key.into_vec(), value);
    }
    Ok(Log { streams: reader.streams, events: reader.events, records: reader.records, end, lost })
}

/// The streams that the runs tell of.
fn streams(repair: &Repair<'_>, rows: &RowMap) -> Result<Streams> {
    let mut streams = Streams { may_lack_some: rows.may_lack_streams(), ..Streams::default() };
    let damaged = damaged(repair.directory.path());
    let range = keys::streams();
    for (key, value) in rows.rows.range(range.from..).take_while(|(key, _)| Some(*key) < range.until.as_ref())
    {
        let (Some(value), Some(name)) = (value, keys::name(key)) else { continue };
        let row = StreamRow::decode(value).map_err(&damaged)?;
        streams.known.insert(row.number, (name.to_owned(), row));
    }
    Ok(streams)
}

struct Reader<'a> {
    tables: &'a Tables,
    table: Memtable,
    streams: Streams,
    events: LogEvents,
    records: Vec<LogRecord>,
    /// The records of all versions that were saved, whatever became of them.
    named: Vec<RecordNumber>,
    gaps: Gaps,
    /// The last file with a whole frame.
    newest: Option<FileNumber>,
    /// How many more versions can be dropped.
    most_dropped: u64,
}

impl Reader<'_> {
    fn frame(&mut self, frame: &LogFrame<'_>) -> Result<()> {
        // As if it were large: rows then hold all that belongs to them.
        let at = Committed {
            position: frame.link.position,
            time_ms: frame.time_ms,
            body: 0,
            body_offset: 0,
            is_large: true,
        };
        self.newest = Some(frame.file.number());
        let large = self
            .changes(&at, frame.changes, None)
            .map_err(|Malformed| Error::corrupt(frame.file.path(), frame.changes_offset, "change"))?;
        let is_whole = large.map_or(Ok(true), |large| self.large(&at, frame, &large))?;
        if is_whole {
            self.gaps.saw(at.position);
        }
        Ok(())
    }

    /// Applies a body; `firsts` are the sequences that a large one does not know itself. Where it only tells of a large one, that comes back.
    fn changes<'b>(
        &mut self,
        at: &Committed,
        body: &'b [u8],
        firsts: Option<&[Sequence]>,
    ) -> Result<Option<Change<'b>>, Malformed> {
        let mut firsts = firsts.map(|firsts| firsts.iter());
        for change in Changes::new(body, self.tables.store) {
            match change? {
                large @ Change::Large { .. } => return Ok(Some(large)),
                Change::Events { stream, first, events } => {
                    let first = match &mut firsts {
                        Some(firsts) => *firsts.next().ok_or(Malformed)?,
                        None => first,
                    };
                    self.events(at, stream, first, &events);
                }
                change => self.change(at, change)?,
            }
        }
        Ok(None)
    }

    /// Applies a large body. One that is damaged is as lost as a frame that is: `false`.
    fn large(&mut self, at: &Committed, frame: &LogFrame<'_>, large: &Change<'_>) -> Result<bool> {
        let Change::Large { record, firsts, .. } = large else { return Ok(true) };
        match self.tables.load_record(*record, Keep::Nothing) {
            Ok(body) => self
                .changes(at, &body, Some(firsts))
                .map(|_| true)
                .map_err(|Malformed| Error::corrupt(frame.file.path(), frame.changes_offset, "large change")),
            Err(Error::Corrupt { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }

    fn events(&mut self, at: &Committed, stream: StreamNumber, first: Sequence, events: &[Within<'_>]) {
        let mut sequence = first;
        for event in events {
            let data = event.bytes.to_vec();
            let event = LogEvent { position: at.position, time_ms: at.time_ms, data };
            self.events.insert((stream, sequence), event);
            sequence = sequence.next();
        }
        let row = self.streams.of(stream);
        row.last = row.last.max(Sequence(sequence.0.saturating_sub(1)));
    }

    fn change(&mut self, at: &Committed, change: Change<'_>) -> Result<(), Malformed> {
        match change {
            Change::StreamCreated { stream, name } => {
                self.streams.of(stream);
                if let Some((known, _)) = self.streams.known.get_mut(&stream) {
                    name.clone_into(known);
                }
            }
            Change::StreamDeleted { stream, .. } => {
                self.streams.known.remove(&stream);
                self.streams.deleted.insert(stream);
            }
            Change::StreamPruned { stream, before } => self.streams.of(stream).first = before,
            Change::StreamHeld { stream, from } => self.streams.of(stream).hold = from,
            Change::Saved(saved) => {
                self.drop_versions(saved.oldest.saturating_sub(saved.oldest_before.max(1)))?;
                self.named.push(saved.record.number);
                if let Some(stored) = saved.stored {
                    let stored = stored.bytes.to_vec();
                    self.records.push(LogRecord { header: saved.record, stored });
                }
                apply::saved(&self.table, at, &saved);
            }
            Change::Deleted(deleted) => {
                self.drop_versions(deleted.newest.saturating_sub(deleted.oldest))?;
                apply::deleted(&self.table, at.position, &deleted);
            }
            Change::InternalSet { key, value } => {
                self.table.rows.insert(keys::internal(key), at.position, Row::set(value));
            }
            Change::InternalRemoved { key } => {
                self.table.rows.insert(keys::internal(key), at.position, Row::Removed);
            }
            Change::Events { .. } | Change::Large { .. } => {}
        }
        Ok(())
    }

    /// More than there can have been are none: each of them takes a row.
    fn drop_versions(&mut self, count: u32) -> Result<(), Malformed> {
        self.most_dropped = self.most_dropped.checked_sub(count.into()).ok_or(Malformed)?;
        Ok(())
    }
}
