//! The end of an engine: closing in order, and giving way to the engine that heals its store.
//!
//! Constraints: nothing of the store is touched once either has returned; closing covers every call before it.

use std::sync::Arc;

use super::Engine;
use crate::{
    error::{Error, Result},
    io::owner::DirectoryLock,
    sync::atomic::Ordering,
};

/// From this many bytes of frames on, closing flushes: opening then has less to replay.
const FLUSH_AT_CLOSE_BYTES: u64 = 1 << 20;

impl Engine {
    /// Ends the jobs, makes everything durable, marks the log as closed and gives the lock back. After a failure it only ends the jobs and gives the lock back, and
    /// answers with the failure.
    pub fn close(self: &Arc<Self>) -> Result<()> {
        self.wait_for_calls();
        let closed = self.close_log();
        drop(self.retire());
        closed
    }

    fn close_log(self: &Arc<Self>) -> Result<()> {
        if self.is_read_only() {
            return Ok(());
        }
        let unflushed = self.core.lock().unflushed_bytes();
        // A pack that is not sealed is one more file to be read through at each opening.
        let flush = unflushed >= FLUSH_AT_CLOSE_BYTES || self.open_pack.read().is_some();
        if flush && self.failure().is_none() {
            // What did not fit stays in the log: closing does not need the flush.
            drop(self.flush_tables());
        }
        if let Some(cause) = self.failure() {
            return Err(Error::Poisoned { cause });
        }
        let _no_flush = self.flushing.lock();
        let _no_compaction = self.compaction.lock();
        self.durability.close().map_err(|error| self.fail(error))
    }

    /// Ends all jobs without touching the store again; handles that still hold the engine get an error from now on. Gives the lock to whoever
    /// opens the store next.
    pub fn retire(&self) -> Option<DirectoryLock> {
        self.retired.store(true, Ordering::Release);
        // Whoever found it writable has written its frame once this lock was free: that is accepted, and whoever opens next finds it.
        drop(self.core.lock());
        drop(self.growing.lock());
        self.wait_for_calls();
        self.durability.end(self.failure().map_or(Error::Closed, |cause| Error::Poisoned { cause }));
        let _no_flush = self.flushing.lock();
        let _no_compaction = self.compaction.lock().take();
        let _no_manifest = self.manifest.lock();
        self.lock.lock().take()
    }

    /// Makes what is accepted durable, on the calling thread: for the end of the process.
    pub fn sync_now(&self) -> Result<()> {
        self.durability.sync().map_err(|error| self.fail(error))
    }

    /// Whether something accepted is not durable yet.
    pub fn needs_sync(&self) -> bool {
        self.durability.needs_sync()
    }
}
