//! Appending and pruning events, on the calling thread.
//!
//! Constraints: an append is one lock, one encoding and one write to the log; it waits for no sync, flush, save or compaction, unless the caller asked
//! for a durable one.

use std::sync::Arc;

use super::{
    Core, Engine,
    apply::Applier,
    op::{BatchResult, Op},
};
use crate::{
    catalog::apply::Committed,
    error::{Error, Result},
    format::{
        change::{self, Change},
        frame::MAX_BODY_BYTES,
    },
    ids::{Position, Sequence},
};

/// How large a body's buffer is kept for the next one.
const KEPT_BODY_BYTES: usize = 64 << 10;

/// What encoding one more event may add to a body besides its bytes.
const EVENT_OVERHEAD_BYTES: usize = 16;

impl Engine {
    /// Appends `events` to `stream`, all or none, and answers the first one's sequence (the next one to come where there are none) and the change's position.
    pub fn append_events<B: AsRef<[u8]>>(
        self: &Arc<Self>,
        stream: &str,
        events: &[B],
        after: Option<Sequence>,
    ) -> Result<(Sequence, Position)> {
        let bytes: usize = events.iter().map(|event| event.as_ref().len() + EVENT_OVERHEAD_BYTES).sum();
        if bytes + stream.len() + EVENT_OVERHEAD_BYTES > MAX_BODY_BYTES || events.is_empty() {
            let events = events.iter().map(|event| event.as_ref().to_vec()).collect();
            let done = self.commit_now(vec![Op::Append { stream: stream.to_owned(), events, after }])?;
            return Ok((done.sequences.first().copied().unwrap_or_default(), done.position));
        }
        let mut core = self.core.lock();
        let appended = self.append_frame(&mut core, stream, events, after)?;
        let wish = core.wishes();
        drop(core);
        self.count_appended(events.len() as u64);
        self.fulfil(wish);
        Ok(appended)
    }

    fn append_frame<B: AsRef<[u8]>>(
        &self,
        core: &mut Core,
        stream: &str,
        events: &[B],
        after: Option<Sequence>,
    ) -> Result<(Sequence, Position)> {
        let row = core.streams.get(stream).copied();
        let last = row.map_or(Sequence(0), |row| row.last);
        if let Some(expected) = after.filter(|after| *after != last) {
            return Err(Error::Conflict { stream: stream.to_owned(), expected: expected.0, actual: last.0 });
        }
        let mut body = std::mem::take(&mut core.scratch);
        body.clear();
        let number = row.map_or_else(
            || {
                let number = self.allocate_stream();
                change::put(&mut body, &Change::StreamCreated { stream: number, name: stream }, self.store);
                number
            },
            |row| row.number,
        );
        change::put_events(&mut body, number, last.next(), events);
        let committed = self.write_and_apply(core, &body);
        // Thousands of idle stores together keep little.
        body.clear();
        body.shrink_to(KEPT_BODY_BYTES);
        core.scratch = body;
        Ok((last.next(), committed?.position))
    }

    /// Writes a frame and applies it.
    pub(super) fn write_and_apply(&self, core: &mut Core, body: &[u8]) -> Result<Committed> {
        let at = self.write_frame(core, body)?;
        let tables = Arc::clone(&core.tables);
        let applied = applier(core, &tables, self).apply(&at, body);
        match applied {
            Ok(_) => Ok(at),
            // The frame is in the log but not in the tables: no later call may build on that.
            Err(_) => Err(self.fail(Error::Panicked { what: "a change could not be applied".to_owned() })),
        }
    }

    /// Removes the events of `stream` before `before` and answers how many they were.
    pub fn prune(self: &Arc<Self>, stream: &str, before: Sequence) -> Result<BatchResult> {
        self.commit_now(vec![Op::Prune { stream: stream.to_owned(), before }])
    }
}

/// What applies a body to the store.
pub(super) fn applier<'a>(
    core: &'a mut Core,
    tables: &'a crate::tables::Tables,
    engine: &Engine,
) -> Applier<'a> {
    Applier {
        store: engine.store,
        table: &tables.active,
        streams: &mut core.streams,
        dirty_streams: &mut core.dirty_streams,
        tally: &mut core.tally,
    }
}
