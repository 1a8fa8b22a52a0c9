//! Opening a store: from its directory to an engine.
//!
//! Constraints: refusing changes no byte; the log is continued in place only where it was closed in order or has just been made, otherwise
//! [`super::recover`] writes it anew; what the manifest does not name is removed only once everything else has held and the manifest is durable:
//! the one that was read may be of a process that ended, or a sync that failed, before it was.

use std::{
    sync::{Arc, OnceLock, Weak},
    time::Duration,
};

use super::{
    Core, Counters, Engine, Settings,
    contents::{Contents, Replayed},
    create::{create, load_manifest},
    lanes::Lanes,
    pins::{Drops, Pins},
    recover::recover,
    strays::Strays,
    upkeep::Scheduled,
};
use crate::{
    error::Result,
    format::{mark::FRAMES_OFFSET, names},
    io::{Access, Directory, owner::DirectoryLock},
    manifest::Manifest,
    sync::{
        Mutex, RwLock,
        atomic::{AtomicBool, AtomicU64},
    },
    wal::{Durability, LogFile, LogPoint, LogWriter},
};

/// How long after its opening a store looks for compactions that are due: whoever opens it wants something else first.
const COMPACT_AFTER_OPENING: Duration = Duration::from_secs(1);

/// What an engine is opened with.
pub struct Opening {
    /// The directory, open.
    pub directory: Arc<dyn Directory>,
    /// Its lock, held.
    pub lock: DirectoryLock,
    /// Whether to make a new store where there is none.
    pub create: bool,
    /// Whether to change nothing at all; then nothing is made either.
    pub read_only: bool,
    /// What holds for all handles.
    pub settings: Settings,
}

/// The log as it goes on.
struct Log {
    end: LogPoint,
    durability: Durability,
    read_only: bool,
}

/// What was read of a store.
struct Found {
    manifest: Manifest,
    contents: Contents,
    replayed: Replayed,
}

impl Found {
    /// Makes the log one that can be continued, and removes what the manifest does not name. Answers where the log goes on. A failure for want of
    /// room leaves the directory as it was.
    fn make_writable(&mut self, directory: &dyn Directory, is_new: bool) -> Result<LogPoint> {
        let Strays { names: mut strays, free } = Strays::beside(directory, &self.manifest)?;
        self.manifest.next_file = free;
        let end = if self.contents.end.closed || is_new {
            if !strays.is_empty() {
                self.manifest.store(directory)?;
            }
            self.contents.end.point.clone()
        } else {
            let mut next = self.manifest.clone();
            while strays.contains(&names::log(next.next_file)) {
                next.allocate_file();
            }
            let end = recover(directory, &mut next, &self.contents)?;
            strays.extend(self.manifest.logs.iter().map(|log| names::log(*log)));
            self.manifest = next;
            self.contents.start_over(&end.file);
            self.replayed = self.contents.replay(&self.manifest)?;
            end
        };
        for name in strays {
            directory.remove(&name)?;
        }
        Ok(end)
    }
}

impl Engine {
    /// Opens the store in a locked directory. Where there is no room for what an opening has to write, the engine is one that has failed: it reads what
    /// is there, and the next opening tries again.
    pub fn open(opening: Opening) -> Result<Arc<Self>> {
        let Opening { directory, lock, create: wanted, read_only, settings } = opening;
        let access = if read_only { Access::Read } else { Access::ReadWrite };
        let (manifest, is_new) = match load_manifest(&*directory)? {
            Some(manifest) => (manifest, false),
            None => (create(&*directory, wanted)?, true),
        };
        let contents = Contents::read(&*directory, &manifest, access)?;
        let replayed = contents.replay(&manifest)?;
        let mut found = Found { manifest, contents, replayed };
        if read_only {
            let end = found.contents.end.point.clone();
            let durability = Durability::new(end.clone(), true);
            return Ok(Self::assemble(directory, lock, settings, found, Log { end, durability, read_only }));
        }
        lock.announce();
        let (end, no_room) = match found.make_writable(&*directory, is_new) {
            Ok(end) => (end, None),
            Err(error) if error.is_out_of_space() => (found.contents.end.point.clone(), Some(error)),
            Err(error) => return Err(error),
        };
        let durability = Durability::new(end.clone(), !is_new);
        let engine = Self::assemble(directory, lock, settings, found, Log { end, durability, read_only });
        match no_room {
            Some(cause) => drop(engine.fail(cause)),
            // One that was due when the store was let go has not been done.
            None => engine.queue_compaction(COMPACT_AFTER_OPENING),
        }
        Ok(engine)
    }

    fn assemble(
        directory: Arc<dyn Directory>,
        lock: DirectoryLock,
        settings: Settings,
        Found { manifest, contents, replayed }: Found,
        Log { end, durability, read_only }: Log,
    ) -> Arc<Self> {
        let tally = replayed.tally;
        let next_log = contents.logs.iter().skip_while(|log| !Arc::ptr_eq(log, &end.file)).nth(1).cloned();
        let tables = Arc::new(contents.tables);
        Arc::new_cyclic(|myself| Self {
            store: manifest.store,
            lock: Mutex::new(Some(lock)),
            durability,
            read_only,
            core: Mutex::new(Core {
                body: tables.active.bodies.of_log(&end.file),
                carried_bytes: earlier_bytes(&contents.logs, &end.file),
                log: LogWriter::continue_at(end),
                next_log,
                streams: replayed.streams,
                dirty_streams: replayed.dirty_streams,
                tally,
                tables,
                pins: Pins::default(),
                drops: Drops::default(),
                freeze: None,
                scratch: Vec::new(),
            }),
            open_pack: RwLock::new(None),
            lanes: Lanes::default(),
            flushing: Mutex::new(()),
            growing: Mutex::new(()),
            compaction: Mutex::new(None),
            next_record: AtomicU64::new(manifest.next_record.0.max(tally.record.0 + 1)),
            next_id: AtomicU64::new(manifest.next_id.0.max(tally.id.0 + 1)),
            next_stream: AtomicU64::new(manifest.next_stream.0.max(tally.stream.0 + 1)),
            failure: OnceLock::new(),
            retired: AtomicBool::new(false),
            scheduled: Scheduled::default(),
            counters: Counters {
                dropped_versions: AtomicU64::new(manifest.dropped_versions),
                ..Counters::default()
            },
            settings,
            myself: Weak::clone(myself),
            manifest: Mutex::new(manifest),
            directory,
        })
    }
}

/// Bytes of frames in the logs before `current`.
fn earlier_bytes(logs: &[Arc<LogFile>], current: &Arc<LogFile>) -> u64 {
    let earlier = logs.iter().take_while(|log| !Arc::ptr_eq(log, current));
    earlier.map(|log| log.allocated().saturating_sub(FRAMES_OFFSET)).sum()
}
