//! Walking all events that are left, stream by stream, and finding those that are not.
//!
//! Constraints: an event that was pruned, or whose stream was deleted, is passed over; a stream that is nowhere named is taken for one whose name was lost only
//! where such a name may have been lost.

use std::{collections::VecDeque, sync::Arc};

use super::{LostEvents, Repair, log::Streams};
use crate::{
    engine::abort::stopped,
    error::{Error, Result},
    events::rows::{self, EventRow},
    ids::{Sequence, StreamNumber},
    io::Directory,
    runs::{Bounds, Entry, Merge, Run, RunWriter, Source},
};

/// The sequences that are there, and those that are not.
#[derive(Default)]
pub(super) struct Folded {
    pub(super) kept: u64,
    pub(super) lost: Vec<LostEvents>,
    pub(super) highest_stream: StreamNumber,
}

pub(super) struct Fold<'a> {
    repair: &'a Repair<'a>,
    streams: &'a mut Streams,
    /// Where everything goes, markers for what was lost included.
    writer: Option<&'a mut RunWriter>,
    /// Streams that are not yet walked.
    pending: VecDeque<StreamNumber>,
    place: Place,
    /// How many more events may be missing.
    most: u64,
    folded: Folded,
}

/// How far a stream is walked.
#[derive(Default)]
struct Place {
    stream: StreamNumber,
    /// The sequence that comes next.
    next: Sequence,
    /// The sum of the lengths of the events before.
    bytes: u64,
}

impl<'a> Fold<'a> {
    pub(super) fn new(
        repair: &'a Repair<'a>,
        streams: &'a mut Streams,
        writer: Option<&'a mut RunWriter>,
        most: u64,
    ) -> Self {
        let pending = streams.known.keys().copied().collect();
        Self { repair, streams, writer, pending, place: Place::default(), most, folded: Folded::default() }
    }

    /// Walks `runs`, which are whole, oldest first.
    pub(super) fn all(mut self, runs: &[Arc<Run>]) -> Result<Folded> {
        let sources =
            runs.iter().rev().map(|run| Box::new(run.scan(Bounds::all())) as Box<dyn Source + Send>);
        let mut merge = Merge::new(sources.collect(), false)?;
        let path = self.repair.directory.path();
        let malformed = |_| Error::corrupt(path, 0, "event");
        while merge.next()? {
            stopped(self.repair.abort)?;
            let Entry::Put(value) = merge.entry() else { continue };
            let (stream, sequence) = rows::parse_key(merge.key()).map_err(malformed)?;
            let row = EventRow::decode(value).map_err(malformed)?;
            self.event(stream, sequence, &row, value)?;
        }
        self.leave_before(None)?;
        Ok(self.folded)
    }

    fn event(
        &mut self,
        stream: StreamNumber,
        sequence: Sequence,
        row: &EventRow<'_>,
        value: &[u8],
    ) -> Result<()> {
        self.folded.highest_stream = self.folded.highest_stream.max(stream);
        if !self.streams.known.contains_key(&stream) {
            if self.streams.deleted.contains(&stream) || !self.streams.may_lack_some {
                return Ok(());
            }
            self.streams.of(stream).first = sequence;
        }
        self.leave_before(Some(stream))?;
        let known = self.streams.of(stream);
        known.last = known.last.max(sequence);
        if sequence < known.oldest() {
            return Ok(());
        }
        self.miss(sequence, row.bytes_before)?;
        if let Some(writer) = &mut self.writer {
            writer.add(&rows::key(stream, sequence), Entry::Put(value))?;
        }
        self.folded.kept += u64::from(!row.is_lost());
        let bytes = row.bytes_before + row.data.len() as u64;
        self.place = Place { stream, next: sequence.next(), bytes };
        let known = self.streams.of(stream);
        known.total_bytes = known.total_bytes.max(bytes);
        Ok(())
    }

    /// Ends all streams before `stream`, and goes to its start. `None`: ends all.
    fn leave_before(&mut self, stream: Option<StreamNumber>) -> Result<()> {
        while let Some(first) =
            self.pending.front().copied().filter(|first| stream.is_none_or(|end| *first <= end))
        {
            if self.place.stream != first {
                let next = self.streams.of(first).oldest();
                self.place = Place { stream: first, next, bytes: 0 };
            }
            if Some(first) == stream {
                return Ok(());
            }
            let end = self.streams.of(first).last.next();
            self.miss(end, self.place.bytes)?;
            self.pending.pop_front();
        }
        if let Some(adopted) = stream.filter(|stream| self.place.stream != *stream) {
            let next = self.streams.of(adopted).oldest();
            self.place = Place { stream: adopted, next, bytes: 0 };
        }
        Ok(())
    }

    /// Notes that the events of the present stream up to `until` are missing.
    fn miss(&mut self, until: Sequence, bytes_before: u64) -> Result<()> {
        let Place { stream, next, .. } = self.place;
        if next >= until {
            return Ok(());
        }
        let left = self.most.checked_sub(until.0 - next.0);
        self.most = left.ok_or_else(|| Error::corrupt(self.repair.directory.path(), 0, "event sequences"))?;
        if let Some(writer) = &mut self.writer {
            let mut value = Vec::new();
            EventRow::lost(bytes_before).encode(&mut value);
            for sequence in next.0..until.0 {
                writer.add(&rows::key(stream, Sequence(sequence)), Entry::Put(&value))?;
            }
        }
        let name = self.streams.known.get(&stream).map_or_else(String::new, |(name, _)| name.clone());
        self.folded.lost.push(LostEvents { stream: name, from: next, to: Sequence(until.0 - 1) });
        self.place.next = until;
        Ok(())
    }
}
