//! One open store: the composition of log, tables and packs.
//!
//! Constraints:
//! - every change takes its place in the one order under one lock, `core`, which is held for computing and for one write to the log, never for a
//!   sync, a compression or a wait;
//! - what a commit does to the tables and what a replay of the log does is the same code;
//! - from the first failed write or sync on, nothing is written, no manifest replaced and no file removed; reading goes on;
//! - locks are taken in this order: `flushing`, `compaction`, `manifest`, `open_pack`, `core`.

mod abort;
mod append;
mod apply;
mod backup;
mod close;
mod commit;
mod compact;
mod contents;
mod copy;
mod create;
mod flush;
mod headers;
mod lanes;
mod leftovers;
mod liveness;
mod op;
mod open;
mod open_pack;
mod pins;
mod plan;
mod prepare;
mod prepared;
mod read;
mod rebuild;
mod recover;
mod repair;
mod sealed;
mod stats;
mod strays;
mod submit;
mod suspect;
mod upkeep;
mod verify;

use std::{
    collections::HashSet,
    sync::{Arc, OnceLock, Weak},
    time::{SystemTime, UNIX_EPOCH},
};

use self::{
    apply::Tally,
    compact::Compaction,
    lanes::Lanes,
    pins::{Drops, Pins},
    upkeep::Scheduled,
};
pub use self::{
    compact::CompactionReport,
    op::{BatchResult, Op, SaveRequest},
    open::Opening,
    read::Stream,
    repair::{
        LostChanges, LostEvents, LostVersion, RepairReport, plan_repair, repair_directory, verify_directory,
    },
    stats::StorageStats,
    submit::{Done, wait_for},
    verify::{Damage, VerifyReport},
};
use crate::{
    error::{Error, Result},
    events::streams::Streams,
    ids::{FileNumber, IdNumber, RecordNumber, StoreId, StreamNumber},
    io::{Directory, owner::DirectoryLock},
    manifest::Manifest,
    packs::PackWriter,
    service,
    sync::{
        Mutex, RwLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    tables::{Snapshot, Tables},
    wal::{Durability, LogFile, LogWriter},
};

/// What holds for all handles of a store at once.
#[derive(Debug)]
pub struct Settings {
    /// How many versions of an id are kept.
    pub history_limit: AtomicU32,
    /// How long after it was accepted a change is synced, at the latest.
    pub sync_interval_ms: AtomicU64,
}

/// An open store.
pub struct Engine {
    directory: Arc<dyn Directory>,
    /// Held until the engine is dropped, or handed to the engine that takes its place.
    lock: Mutex<Option<DirectoryLock>>,
    store: StoreId,
    core: Mutex<Core>,
    durability: Durability,
    /// Whether nothing of the directory may change.
    read_only: bool,
    manifest: Mutex<Manifest>,
    open_pack: RwLock<Option<Arc<PackWriter>>>,
    lanes: Lanes,
    flushing: Mutex<()>,
    /// Held while the log is preallocated, and without any other lock.
    growing: Mutex<()>,
    compaction: Mutex<Option<Compaction>>,
    next_record: AtomicU64,
    next_id: AtomicU64,
    next_stream: AtomicU64,
    failure: OnceLock<Arc<Error>>,
    retired: AtomicBool,
    scheduled: Scheduled,
    counters: Counters,
    /// What holds for all handles.
    pub settings: Settings,
    myself: Weak<Engine>,
}

/// What changes with every commit.
struct Core {
    log: LogWriter,
    /// The log's next file, named by the manifest and empty.
    next_log: Option<Arc<LogFile>>,
    /// The index of the current log among the active table's bodies.
    body: u32,
    streams: Streams,
    /// Streams whose row differs from the catalog's.
    dirty_streams: HashSet<StreamNumber>,
    tally: Tally,
    tables: Arc<Tables>,
    pins: Pins,
    drops: Drops,
    /// What a flush that has not succeeded yet froze.
    freeze: Option<flush::Freeze>,
    /// Bytes that wait for a flush besides the frames of the log's current file: frames of earlier files, and bodies of large changes.
    carried_bytes: u64,
    /// Reused for each frame's body.
    scratch: Vec<u8>,
}

#[derive(Debug, Default)]
struct Counters {
    appended: AtomicU64,
    saved: AtomicU64,
    dropped_versions: AtomicU64,
}

impl Core {
    fn snapshot(&self) -> Snapshot {
        Snapshot { tables: Arc::clone(&self.tables), position: self.log.end().link.position }
    }
}

impl Engine {
    /// The store as it is now.
    pub fn snapshot(&self) -> Snapshot {
        self.core.lock().snapshot()
    }

    /// The directory it lives in.
    pub fn directory(&self) -> &Arc<dyn Directory> {
        &self.directory
    }

    /// The first failure, after which nothing is written any more.
    pub fn failure(&self) -> Option<Arc<Error>> {
        self.failure.get().cloned()
    }

    /// Whether another engine has taken its place.
    pub fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// Ends writing for good because of `cause`, and gives what the failed call answers.
    fn fail(&self, cause: Error) -> Error {
        let cause = match cause {
            Error::Poisoned { cause } => cause,
            other => Arc::new(other),
        };
        let first = Arc::clone(self.failure.get_or_init(|| cause));
        if let Some(engine) = self.myself.upgrade() {
            // Elsewhere, because those who wait are answered on the thread that tells them, and this one may hold the core lock.
            let cause = Error::clone(&first);
            service::pool().run(move || engine.durability.poison(cause));
        }
        Error::Poisoned { cause: first }
    }

    /// Whether it was opened for reading only.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Whether changes are still taken.
    fn check_writable(&self) -> Result<()> {
        if self.read_only {
            return Err(Error::opened_read_only(self.directory.path()));
        }
        if let Some(cause) = self.failure.get() {
            return Err(Error::Poisoned { cause: Arc::clone(cause) });
        }
        self.check_readable()
    }

    /// Whether reads are still answered.
    pub fn check_readable(&self) -> Result<()> {
        if self.is_retired() {
            let cause = self.failure.get().cloned().unwrap_or_else(|| Arc::new(Error::Closed));
            return Err(Error::Poisoned { cause });
        }
        Ok(())
    }

    fn allocate_record(&self) -> RecordNumber {
        RecordNumber(self.next_record.fetch_add(1, Ordering::Relaxed))
    }

    fn allocate_id(&self) -> IdNumber {
        IdNumber(self.next_id.fetch_add(1, Ordering::Relaxed))
    }

    fn allocate_stream(&self) -> StreamNumber {
        StreamNumber(self.next_stream.fetch_add(1, Ordering::Relaxed))
    }

    fn history_limit(&self) -> u32 {
        self.settings.history_limit.load(Ordering::Relaxed)
    }

    /// Changes the manifest and makes the change durable; what `change` answers comes back. Its caller publishes the tables that fit before it lets
    /// the lock go, hence the guard.
    fn replace_manifest<T>(
        &self,
        manifest: &mut Manifest,
        change: impl FnOnce(&mut Manifest) -> T,
    ) -> Result<T> {
        self.check_writable()?;
        let mut next = manifest.clone();
        let answer = change(&mut next);
        self.put_numbers(&mut next);
        next.dropped_versions = self.counters.dropped_versions.load(Ordering::Relaxed);
        match next.store(&*self.directory) {
            Ok(()) => {
                *manifest = next;
                Ok(answer)
            }
            // Nothing was replaced: there was no room for the new one.
            Err(full @ Error::Full { .. }) => Err(full),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Tells a manifest the numbers that come next.
    fn put_numbers(&self, manifest: &mut Manifest) {
        manifest.next_record = RecordNumber(self.next_record.load(Ordering::Relaxed));
        manifest.next_id = IdNumber(self.next_id.load(Ordering::Relaxed));
        manifest.next_stream = StreamNumber(self.next_stream.load(Ordering::Relaxed));
    }

    /// A number for a file that a later manifest will name, or that will be removed.
    fn allocate_file(&self) -> FileNumber {
        self.manifest.lock().allocate_file()
    }

    /// Publishes other tables.
    fn publish(&self, change: impl FnOnce(&mut Tables)) {
        let mut core = self.core.lock();
        let mut tables = Tables::clone(&core.tables);
        change(&mut tables);
        core.tables = Arc::new(tables);
    }
}

/// Milliseconds since the epoch.
pub(crate) fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
