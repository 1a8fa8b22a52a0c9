//! The body of a batch's frame.
//!
//! Constraints: planning reads the streams as they are under the core lock and changes nothing; a batch whose conditions do not hold is refused
//! whole. Changes of one batch see those before them.

use std::collections::HashMap;

use super::{Core, Engine, prepared::Prepared};
use crate::{
    catalog::rows::StreamRow,
    error::{Error, Result},
    format::change::{self, Change},
    ids::{Sequence, StreamNumber},
};

/// The frame of a batch.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// The changes, streams that get their number among them.
    pub(super) changes: Vec<u8>,
    /// The first sequence of each append.
    pub(super) firsts: Vec<Sequence>,
    pub(super) appended: u64,
    pub(super) pruned: Vec<u64>,
    pub(super) deleted_streams: Vec<bool>,
}

/// What a layout is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// The body of a frame.
    InFrame,
    /// A body of its own: the appends' sequences stand in the frame that names it.
    Large,
    /// Only what the streams decide, without the events: what has to be the same for a large body still to fit.
    Outline,
}

/// The streams that a batch is about, as they are.
#[derive(Debug, Clone, Default)]
pub(super) struct StreamRows(HashMap<String, StreamRow>);

impl StreamRows {
    pub(super) fn of(core: &Core, ops: &[Prepared]) -> Self {
        let named = ops.iter().filter_map(Prepared::stream);
        Self(named.filter_map(|name| Some((name.to_owned(), *core.streams.get(name)?))).collect())
    }
}

/// Lays out a batch.
pub(super) struct Planner<'a> {
    engine: &'a Engine,
    rows: StreamRows,
    /// Streams as the batch has left them so far; `None` where it deleted one.
    streams: HashMap<&'a str, Option<StreamRow>>,
    /// Numbers for streams that the batch creates, in order, kept over several layouts.
    numbers: &'a mut Vec<StreamNumber>,
    /// How many of them this layout has used.
    created: usize,
    layout: Layout,
    plan: Plan,
}

impl<'a> Planner<'a> {
    pub(super) fn plan(
        engine: &'a Engine,
        rows: StreamRows,
        ops: &'a [Prepared],
        numbers: &'a mut Vec<StreamNumber>,
        layout: Layout,
    ) -> Result<Plan> {
        let mut planner = Self {
            engine,
            rows,
            streams: HashMap::new(),
            numbers,
            created: 0,
            layout,
            plan: Plan::default(),
        };
        for op in ops {
            planner.add(op)?;
        }
        Ok(planner.plan)
    }

    fn add(&mut self, op: &'a Prepared) -> Result<()> {
        match op {
            Prepared::Append { stream, events, after } => {
                if let Some(after) = after {
                    self.expect(stream, *after)?;
                }
                self.append(stream, events);
                Ok(())
            }
            Prepared::Expect { stream, last, first } => {
                self.expect(stream, *last)?;
                first.map_or(Ok(()), |first| compare(stream, self.first(stream), first))
            }
            Prepared::Prune { stream, before } => {
                self.prune(stream, *before);
                Ok(())
            }
            Prepared::Hold { stream, from } => {
                if let Some(row) = self.stream(stream) {
                    // What may be gone already is not held again.
                    let from = from.map(|from| from.max(row.oldest()));
                    self.put(&Change::StreamHeld { stream: row.number, from });
                }
                Ok(())
            }
            Prepared::DeleteStream { stream, internals } => {
                let row = self.stream(stream);
                self.plan.deleted_streams.push(row.is_some());
                if let Some(row) = row {
                    self.put(&Change::StreamDeleted { stream: row.number, name: stream });
                    for key in internals {
                        self.put(&Change::InternalRemoved { key });
                    }
                    self.streams.insert(stream, None);
                }
                Ok(())
            }
            Prepared::Save(save) => {
                self.put(&Change::Saved(save.change()));
                Ok(())
            }
            Prepared::Delete(deleted) => {
                if let Some(deleted) = deleted {
                    self.put(&Change::Deleted(deleted.change()));
                }
                Ok(())
            }
            Prepared::SetInternal { key, value } => {
                self.put(&Change::InternalSet { key, value });
                Ok(())
            }
            Prepared::RemoveInternal { key } => {
                self.put(&Change::InternalRemoved { key });
                Ok(())
            }
        }
    }

    fn put(&mut self, change: &Change<'_>) {
        change::put(&mut self.plan.changes, change, self.engine.store);
    }

    /// The stream as the batch has left it so far.
    fn stream(&self, name: &str) -> Option<StreamRow> {
        match self.streams.get(name) {
            Some(row) => *row,
            None => self.rows.0.get(name).copied(),
        }
    }

    fn expect(&self, stream: &str, expected: Sequence) -> Result<()> {
        compare(stream, self.stream(stream).map_or(Sequence(0), |row| row.last), expected)
    }

    fn first(&self, stream: &str) -> Sequence {
        self.stream(stream).map_or(Sequence(1), |row| row.first)
    }

    fn append(&mut self, name: &'a str, events: &[Vec<u8>]) {
        let mut row = self.stream(name).unwrap_or_else(|| self.create(name));
        let first = row.last.next();
        self.plan.firsts.push(first);
        if !events.is_empty() {
            match self.layout {
                Layout::InFrame => change::put_events(&mut self.plan.changes, row.number, first, events),
                Layout::Large => change::put_events(&mut self.plan.changes, row.number, Sequence(0), events),
                Layout::Outline => {
                    change::put_events::<Vec<u8>>(&mut self.plan.changes, row.number, Sequence(0), &[]);
                }
            }
        }
        row.last.0 += events.len() as u64;
        self.plan.appended += events.len() as u64;
        self.streams.insert(name, Some(row));
    }

    fn create(&mut self, name: &str) -> StreamRow {
        let known = self.numbers.get(self.created).copied();
        let number = known.unwrap_or_else(|| {
            let number = self.engine.allocate_stream();
            self.numbers.push(number);
            number
        });
        self.created += 1;
        self.put(&Change::StreamCreated { stream: number, name });
        StreamRow { number, first: Sequence(1), last: Sequence(0), hold: None, total_bytes: 0 }
    }

    fn prune(&mut self, name: &'a str, before: Sequence) {
        let Some(mut row) = self.stream(name) else { return self.plan.pruned.push(0) };
        let before = before.min(row.last.next()).max(row.first);
        self.plan.pruned.push(before.0 - row.first.0);
        if before > row.first {
            self.put(&Change::StreamPruned { stream: row.number, before });
            row.first = before;
            self.streams.insert(name, Some(row));
        }
    }
}

/// Refuses a batch unless what it expected of a stream is so.
fn compare(stream: &str, actual: Sequence, expected: Sequence) -> Result<()> {
    if actual == expected {
        Ok(())
    } else {
        Err(Error::Conflict { stream: stream.to_owned(), expected: expected.0, actual: actual.0 })
    }
}
