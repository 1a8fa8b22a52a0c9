//! Giving a change its place in the order.
//!
//! Constraints: under the core lock, one write to the log, then the tables; if the write places nothing, nothing has happened.

use std::sync::Arc;

use super::{
    Core, Engine, now_ms,
    upkeep::{FLUSH_BYTES, PREPARE_BYTES, Wish},
};
use crate::{
    catalog::apply::Committed, error::Result, ids::Position, sync::atomic::Ordering, wal::AppendError,
};

impl Core {
    /// How many bytes wait for a flush.
    pub(super) fn unflushed_bytes(&self) -> u64 {
        self.log.bytes_in_file() + self.carried_bytes
    }

    /// What has to be done now that the log has grown; found under the lock, acted on by [`Engine::fulfil`] after it.
    pub(super) fn wishes(&mut self) -> Wish {
        let bytes = self.unflushed_bytes();
        Wish {
            grow: self.log.wants_allocation().map(|length| (Arc::clone(&self.log.end().file), length)),
            prepare_log: bytes >= PREPARE_BYTES && self.next_log.is_none(),
            flush: bytes >= FLUSH_BYTES,
        }
    }
}

impl Engine {
    /// Writes `body` as the next frame.
    pub(super) fn write_frame(&self, core: &mut Core, body: &[u8]) -> Result<Committed> {
        self.check_writable()?;
        let time_ms = now_ms();
        let placed = core.log.append(time_ms, body).map_err(|error| match error {
            AppendError::Refused(error) => error,
            AppendError::Failed(error) => self.fail(error),
        })?;
        self.durability.accepted(&placed.end);
        Ok(Committed {
            position: placed.end.link.position,
            time_ms,
            body: core.body,
            body_offset: placed.changes_offset,
            is_large: false,
        })
    }

    /// Waits until everything up to `position` is durable.
    pub fn sync_through(&self, position: Position) -> Result<()> {
        self.durability.sync_through(position).map_err(|error| self.fail(error))
    }

    /// The position of the last change that is durable.
    pub fn durable_position(&self) -> Position {
        self.durability.durable()
    }

    /// The position of the last change.
    pub fn last_position(&self) -> Position {
        self.core.lock().log.end().link.position
    }

    pub(super) fn count_appended(&self, events: u64) {
        self.counters.appended.fetch_add(events, Ordering::Relaxed);
    }
}
