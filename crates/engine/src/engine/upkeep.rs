//! What other threads do for a store: syncs when they are due, preallocation, the log's next file, flushes and compactions.
//!
//! Constraints: a job holds its store weakly until it starts, so that no job keeps a store open; each kind of job is queued at most once; the calling thread
//! only ever queues.

use std::{
    sync::{Arc, Weak},
    time::Duration,
};

use super::Engine;
use crate::{
    error::{Error, Result},
    format::names,
    service,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    wal::LogFile,
};

/// From this many bytes of frames on, the log's next file is made ready.
pub(super) const PREPARE_BYTES: u64 = FLUSH_BYTES / 2;

/// From this many bytes of frames on, the log is flushed.
pub(super) const FLUSH_BYTES: u64 = 4 << 20;

/// From this many bytes in the open pack on, the log is flushed, so that what is dead in the pack can be given back.
pub(super) const FLUSH_PACK_BYTES: u64 = 32 << 20;

/// How long a store must rest before its last mark is made durable.
const SETTLE_AFTER: Duration = Duration::from_secs(1);

/// How long a flush that met a verification or a backup waits before it looks again.
const BUSY_AFTER: Duration = Duration::from_millis(100);

/// How long a flush or compaction that found no room waits before it tries again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Which jobs are queued.
#[derive(Debug, Default)]
pub(super) struct Scheduled {
    /// The interval that the queued sync goes by, in milliseconds; 0 where none is queued.
    sync_after_ms: AtomicU64,
    urgent_sync: AtomicBool,
    settle: AtomicBool,
    prepare_log: AtomicBool,
    flush: AtomicBool,
    compact: AtomicBool,
}

/// What a commit found to be due.
#[derive(Debug, Default)]
pub(super) struct Wish {
    pub(super) grow: Option<(Arc<LogFile>, u64)>,
    pub(super) prepare_log: bool,
    pub(super) flush: bool,
}

impl Engine {
    /// Queues what a commit found to be due, and the sync that every commit is owed.
    pub(super) fn fulfil(&self, wish: Wish) {
        self.schedule_sync();
        if let Some((log, length)) = wish.grow {
            let myself = Weak::clone(&self.myself);
            service::pool().run(move || {
                if let Some(engine) = myself.upgrade() {
                    engine.grow(&log, length);
                }
            });
        }
        if wish.prepare_log {
            self.queue(
                |scheduled| &scheduled.prepare_log,
                Duration::ZERO,
                |engine| drop(engine.prepared_log()),
            );
        }
        if wish.flush {
            self.queue_flush(Duration::ZERO);
        }
    }

    /// Queues a job of the upkeep thread, unless it is queued already.
    fn queue(
        &self,
        flag: impl Fn(&Scheduled) -> &AtomicBool + Send + 'static,
        delay: Duration,
        job: impl FnOnce(&Arc<Self>) + Send + 'static,
    ) {
        if flag(&self.scheduled).swap(true, Ordering::AcqRel) {
            return;
        }
        let myself = Weak::clone(&self.myself);
        service::maintenance().after(delay, move || {
            if let Some(engine) = myself.upgrade() {
                flag(&engine.scheduled).store(false, Ordering::Release);
                if engine.check_writable().is_ok() {
                    drop(engine.caught(|| {
                        job(&engine);
                        Ok(())
                    }));
                }
            }
        });
    }

    /// Preallocates, unless writing has ended meanwhile: the file may be another engine's then.
    fn grow(&self, log: &LogFile, length: u64) {
        let _no_retirement = self.growing.lock();
        if self.check_writable().is_ok() {
            // Where there is no room, frames make the file longer themselves, and say so when they cannot.
            drop(log.grow(length));
        }
    }

    fn queue_flush(&self, delay: Duration) {
        self.queue(
            |scheduled| &scheduled.flush,
            delay,
            |engine| match engine.try_flush_tables() {
                Ok(true) => engine.queue_compaction(Duration::ZERO),
                // Other stores wait for this thread, so it does not.
                Ok(false) => engine.queue_flush(BUSY_AFTER),
                Err(Error::Full { .. }) => engine.queue_flush(RETRY_AFTER),
                Err(_) => {}
            },
        );
    }

    /// Queues one slice of a compaction; while there is more to do it queues the next, behind whatever else is due.
    pub(super) fn queue_compaction(&self, delay: Duration) {
        self.queue(
            |scheduled| &scheduled.compact,
            delay,
            |engine| match engine.compact_slice() {
                Ok(true) => engine.queue_compaction(Duration::ZERO),
                Err(Error::Full { .. }) => engine.queue_compaction(RETRY_AFTER),
                Ok(false) | Err(_) => {}
            },
        );
    }

    /// Queues a sync for when the oldest unsynced change is due, unless one is queued that comes no later.
    pub fn schedule_sync(&self) {
        let interval = self.settings.sync_interval_ms.load(Ordering::Relaxed).max(1);
        let queued = self.scheduled.sync_after_ms.load(Ordering::Acquire);
        if queued != 0 && queued <= interval {
            return;
        }
        self.scheduled.sync_after_ms.store(interval, Ordering::Release);
        self.queue_sync(Duration::from_millis(interval), |engine| {
            engine.scheduled.sync_after_ms.store(0, Ordering::Release);
        });
    }

    /// Queues a sync at once.
    pub(super) fn schedule_urgent_sync(&self) {
        if !self.scheduled.urgent_sync.swap(true, Ordering::AcqRel) {
            self.queue_sync(Duration::ZERO, |engine| {
                engine.scheduled.urgent_sync.store(false, Ordering::Release);
            });
        }
    }

    /// Syncs after `delay`. `begin` is called before: what is accepted from then on may need another sync.
    fn queue_sync(&self, delay: Duration, begin: impl FnOnce(&Self) + Send + 'static) {
        let myself = Weak::clone(&self.myself);
        service::sync(self.directory.identity().device).after(delay, move || {
            let Some(engine) = myself.upgrade() else { return };
            begin(&engine);
            match engine.durability.sync() {
                Ok(()) => engine.schedule_settling(),
                Err(error) => drop(engine.fail(error)),
            }
        });
    }

    /// The last mark becomes durable once the store rests.
    fn schedule_settling(&self) {
        if self.scheduled.settle.swap(true, Ordering::AcqRel) {
            return;
        }
        let before = self.last_position();
        let myself = Weak::clone(&self.myself);
        service::sync(self.directory.identity().device).after(SETTLE_AFTER, move || {
            let Some(engine) = myself.upgrade() else { return };
            engine.scheduled.settle.store(false, Ordering::Release);
            if engine.last_position() != before {
                return engine.schedule_settling();
            }
            if let Err(error) = engine.durability.settle() {
                drop(engine.fail(error));
            }
        });
    }

    /// The log's next file, named and empty; makes it where it is not there yet.
    pub(super) fn prepared_log(&self) -> Result<Arc<LogFile>> {
        let mut manifest = self.manifest.lock();
        if let Some(next) = &self.core.lock().next_log {
            return Ok(Arc::clone(next));
        }
        self.check_writable()?;
        let number = manifest.allocate_file();
        let named = LogFile::create(&*self.directory, number, self.store)
            .map_err(|error| self.unless_full(error))
            .and_then(|log| {
                self.directory.sync().map_err(|error| self.fail(error))?;
                self.replace_manifest(&mut manifest, |next| next.logs.push(number))?;
                Ok(log)
            });
        let log = match named {
            Ok(log) => log,
            Err(error) => {
                self.discard(&names::log(number));
                return Err(error);
            }
        };
        self.core.lock().next_log = Some(Arc::clone(&log));
        Ok(log)
    }

    /// Ends writing because of `error`, unless it only says that there was no room for a file that nothing names yet, or that what was read is damaged:
    /// that is told to whoever reads it, and everything else goes on.
    pub(super) fn unless_full(&self, error: Error) -> Error {
        if error.is_out_of_space() {
            return Error::Full { path: self.directory.path().to_owned() };
        }
        match error {
            Error::Aborted | Error::Closed | Error::Corrupt { .. } => error,
            other => self.fail(other),
        }
    }

    /// Removes a file that no manifest names. Where that fails the next opening does it.
    pub(super) fn discard(&self, name: &str) {
        if self.failure().is_none() {
            drop(self.directory.remove(name));
        }
    }
}
