//! One round of syncing: the I/O, without any lock.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::{
    error::{Error, Result},
    sync::atomic::{AtomicU64, Ordering},
    wal::file::{LogFile, LogPoint},
};

/// What a round is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Makes frames durable and marks that.
    Advance,
    /// Makes the last mark durable.
    Settle,
    /// Makes everything durable and marks durably that the store was closed.
    Close,
}

/// What one round covers: settled before it begins, since what is written later is not sure to be synced.
#[derive(Debug)]
pub(super) struct Round {
    pub(super) kind: Kind,
    /// The end of what was accepted.
    pub(super) target: LogPoint,
    /// The files with unsynced bytes, oldest first.
    pub(super) files: Vec<Arc<LogFile>>,
}

impl Round {
    /// Syncs and marks. The files include the one with the last mark, if that is unsynced, so that the two slots are never in flight at once.
    pub(super) fn run(&self, syncs: &AtomicU64) -> Result<()> {
        let sync = |file: &LogFile| {
            syncs.fetch_add(1, Ordering::Relaxed);
            file.sync()
        };
        self.files.iter().try_for_each(|file| sync(file))?;
        let LogPoint { link, file, offset } = &self.target;
        match self.kind {
            Kind::Settle => Ok(()),
            Kind::Advance => file.write_mark(*link, *offset, false),
            Kind::Close => {
                file.write_mark(*link, *offset, true)?;
                sync(file)
            }
        }
    }
}

/// Calls `job`; a panic in it becomes a failure, so that nobody waits for ever for what it was to do.
pub(super) fn guarded<T>(job: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(job))
        .unwrap_or_else(|panic| Err(Error::Panicked { what: message(&*panic).to_owned() }))
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("a panic without a message")
}
