//! Reading a stream's events in order, from the oldest run to the newest frame.
//!
//! Constraints: what is read is a snapshot: appends, prunes and deletions after its start change nothing; a hole in the sequence is damage, told
//! and never skipped, unless a repair has marked it; events come in batches over one slab of bytes, so that none costs an allocation.

use crate::{
    error::{Error, Result},
    events::{
        reader::PlaceReader,
        rows::{self, EventRow},
    },
    ids::{Position, Sequence, StreamNumber},
    runs::{Bounds, Cursor, Entry, Source},
    tables::{Snapshot, tails::EventPlace},
};

/// How many places are taken from the log's tail at once.
const PLACES_AT_ONCE: usize = 4096;

/// One event of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventFacts {
    /// Its sequence in its stream.
    pub sequence: Sequence,
    /// The change that appended it.
    pub position: Position,
    /// When that was accepted, in milliseconds.
    pub time_ms: u64,
    /// Where its bytes start in the batch's slab.
    pub start: usize,
    /// Where they end.
    pub end: usize,
}

/// Consecutive events.
#[derive(Debug, Default)]
pub struct EventBatch {
    /// The bytes of all of them.
    pub slab: Vec<u8>,
    /// What is known of each.
    pub events: Vec<EventFacts>,
}

impl EventBatch {
    fn push(&mut self, sequence: Sequence, position: Position, time_ms: u64, data: &[u8]) {
        let start = self.slab.len();
        self.slab.extend_from_slice(data);
        self.events.push(EventFacts { sequence, position, time_ms, start, end: self.slab.len() });
    }

    /// The bytes of one of its events.
    pub fn data(&self, event: &EventFacts) -> &[u8] {
        self.slab.get(event.start..event.end).unwrap_or_default()
    }

    fn is_full(&self, most_events: usize, most_bytes: usize) -> bool {
        self.events.len() >= most_events || self.slab.len() >= most_bytes
    }
}

/// A walk over a stream's events.
pub struct Replay {
    snapshot: Snapshot,
    stream: StreamNumber,
    next: Sequence,
    /// The first sequence that is no longer given.
    until: Sequence,
    /// How many more events are given.
    left: u64,
    /// Whether one event alone is asked for: its block goes through the process's cache, since whoever looks one up is likely to go on near it.
    is_lookup: bool,
    /// Whether the batch being filled ends here, before events that a repair gave up.
    at_hole: bool,
    run: usize,
    cursor: Option<Cursor>,
    reader: PlaceReader,
}

impl Replay {
    /// The events of `stream` with a sequence of `[from, until)`, all of which must exist in `snapshot`.
    pub fn new(snapshot: Snapshot, stream: StreamNumber, from: Sequence, until: Sequence) -> Self {
        let reader = PlaceReader::default();
        Self {
            snapshot,
            stream,
            next: from,
            until,
            left: u64::MAX,
            is_lookup: false,
            at_hole: false,
            run: 0,
            cursor: None,
            reader,
        }
    }

    /// The same, but for those after the first `limit`.
    #[must_use]
    pub fn limited(self, limit: u64) -> Self {
        Self { left: limit, is_lookup: limit == 1, ..self }
    }

    /// Whether every event was given.
    pub fn is_done(&self) -> bool {
        self.next >= self.until || self.left == 0
    }

    /// Fills `batch`, which is emptied first, with the next events: at most `most_events`, and no further one once it has `most_bytes`, but one at least. Their sequences
    /// have no hole. It stays empty only at the end. After an error the walk is over.
    pub fn fill(&mut self, batch: &mut EventBatch, most_events: usize, most_bytes: usize) -> Result<()> {
        batch.slab.clear();
        batch.events.clear();
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        let filled = self.fill_from_tables(batch, most_events.clamp(1, left.max(1)), most_bytes.max(1));
        self.left -= batch.events.len() as u64;
        if filled.is_err() {
            self.until = self.next;
        }
        filled
    }

    fn fill_from_tables(
        &mut self,
        batch: &mut EventBatch,
        most_events: usize,
        most_bytes: usize,
    ) -> Result<()> {
        self.at_hole = false;
        while !self.is_done() && !self.at_hole && !batch.is_full(most_events, most_bytes) {
            if !self.step_in_runs(batch, most_events, most_bytes)? && !self.is_done() {
                self.step_in_log(batch, most_events, most_bytes)?;
            }
        }
        Ok(())
    }

    /// Takes events from the runs, oldest run first: of one stream the older run has the smaller sequences. `false` where no run has more.
    fn step_in_runs(
        &mut self,
        batch: &mut EventBatch,
        most_events: usize,
        most_bytes: usize,
    ) -> Result<bool> {
        loop {
            let Some(run) = self.snapshot.tables.event_runs.get(self.run) else { return Ok(false) };
            let bounds = || Bounds {
                from: rows::key(self.stream, self.next).to_vec(),
                until: Some(rows::key(self.stream, self.until).to_vec()),
            };
            let cursor = self.cursor.get_or_insert_with(|| {
                if self.is_lookup { run.cursor(bounds(), false) } else { run.scan(bounds()) }
            });
            let before = batch.events.len();
            while !self.at_hole && !batch.is_full(most_events, most_bytes) && cursor.next()? {
                let Entry::Put(value) = cursor.entry() else { return Err(missing(&self.snapshot)) };
                let malformed = |_| Error::corrupt(run.path(), 0, "event");
                if rows::parse_key(cursor.key()).map_err(malformed)? != (self.stream, self.next) {
                    return Err(missing(&self.snapshot));
                }
                let row = EventRow::decode(value).map_err(malformed)?;
                if row.is_lost() {
                    self.at_hole = !batch.events.is_empty();
                } else {
                    batch.push(self.next, row.position, row.time_ms, row.data);
                }
                self.next = self.next.next();
            }
            if batch.events.len() > before {
                return Ok(true);
            }
            self.run += 1;
            self.cursor = None;
        }
    }

    fn step_in_log(&mut self, batch: &mut EventBatch, most_events: usize, most_bytes: usize) -> Result<()> {
        let tables = &self.snapshot.tables;
        let left = usize::try_from(self.until.0 - self.next.0).unwrap_or(usize::MAX);
        let most = PLACES_AT_ONCE.min(left).min(most_events - batch.events.len());
        for table in tables.frozen.iter().chain([&tables.active]) {
            let places = table.tails.copy(self.stream, self.next, most);
            if places.is_empty() {
                continue;
            }
            let places = limit_bytes(&places, most_bytes.saturating_sub(batch.slab.len()));
            let mut facts = places.iter();
            let next = &mut self.next;
            return self.reader.read(tables, table, places.iter().map(|event| &event.place), |data| {
                if let Some(event) = facts.next() {
                    batch.push(*next, event.position, event.time_ms, data);
                    *next = next.next();
                }
                Ok(())
            });
        }
        Err(missing(&self.snapshot))
    }
}

/// As many of `places` as it takes to reach `bytes`, at least one.
fn limit_bytes(places: &[EventPlace], bytes: usize) -> &[EventPlace] {
    let mut sum = 0usize;
    let enough = places.iter().position(|event| {
        sum = sum.saturating_add(event.place.length as usize);
        sum >= bytes
    });
    enough.and_then(|last| places.get(..=last)).unwrap_or(places)
}

fn missing(snapshot: &Snapshot) -> Error {
    Error::corrupt(snapshot.directory(), 0, "missing event")
}
