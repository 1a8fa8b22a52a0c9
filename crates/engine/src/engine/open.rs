//! Opening a store: from its directory to an engine.
//!
//! Constraints: refusing changes no byte; the log is continued in place only where it was closed in order or has just been made, otherwise
//! [`super::recover`] writes it anew; what the manifest does not name is removed only once everything else has held and the manifest is durable:
//! the one that was read may be of a process that ended, or a sync that failed, before it was.

use std::{
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, AtomicU64},
    },
    time::Duration,
};

use parking_lot::{Mutex, RwLock};

use super::{
    Core, Counters, Engine, Settings,
    contents::{Contents, Replayed},
    create::create,
    lanes::Lanes,
    pins::{Drops, Pins},
    recover::recover,
    upkeep::Scheduled,
};
use crate::{
    error::Result,
    format::{
        mark::FRAMES_OFFSET,
        names::{self, FileName},
    },
    io::{Access, Directory, owner::DirectoryLock},
    manifest::Manifest,
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
    /// What holds for all handles.
    pub settings: Settings,
}

/// The log as it goes on.
struct Log {
    end: LogPoint,
    durability: Durability,
}

impl Engine {
    /// Opens the store in a locked directory.
    pub fn open(opening: Opening) -> Result<Arc<Self>> {
        let directory = opening.directory;
        let (mut manifest, is_new) = match Manifest::load(&*directory)? {
            Some(manifest) => (manifest, false),
            None => (create(&*directory, opening.create)?, true),
        };
        let mut contents = Contents::read(&*directory, &manifest, Access::ReadWrite)?;
        let mut replayed = contents.replay(&manifest)?;
        opening.lock.announce();
        let mut strays = strays(&*directory, &manifest)?;
        let end = if contents.end.closed || is_new {
            if !strays.is_empty() {
                manifest.store(&*directory)?;
            }
            contents.end.point.clone()
        } else {
            while strays.contains(&names::log(manifest.next_file)) {
                manifest.allocate_file();
            }
            strays.extend(manifest.logs.iter().map(|log| names::log(*log)));
            let end = recover(&*directory, &mut manifest, &contents)?;
            contents.start_over(&end.file);
            replayed = contents.replay(&manifest)?;
            end
        };
        for name in strays {
            directory.remove(&name)?;
        }
        let durability = Durability::new(end.clone(), !is_new);
        let log = Log { end, durability };
        let engine =
            Self::assemble(directory, opening.lock, opening.settings, manifest, &contents, log, replayed);
        // One that was due when the store was let go has not been done.
        engine.queue_compaction(COMPACT_AFTER_OPENING);
        Ok(engine)
    }

    fn assemble(
        directory: Arc<dyn Directory>,
        lock: DirectoryLock,
        settings: Settings,
        manifest: Manifest,
        contents: &Contents,
        Log { end, durability }: Log,
        replayed: Replayed,
    ) -> Arc<Self> {
        let tally = replayed.tally;
        let next_log = contents.logs.iter().skip_while(|log| !Arc::ptr_eq(log, &end.file)).nth(1).cloned();
        let tables = Arc::new(contents.tables.clone());
        Arc::new_cyclic(|myself| Self {
            store: manifest.store,
            lock: Mutex::new(Some(lock)),
            durability,
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

/// The files with a name of ours that `manifest` does not name: of changes that never took place.
fn strays(directory: &dyn Directory, manifest: &Manifest) -> Result<Vec<String>> {
    let mut names = directory.list()?;
    names.retain(|name| match FileName::parse(name) {
        Some(FileName::ManifestTemporary) => true,
        Some(file @ (FileName::Log(_) | FileName::Run(_) | FileName::Pack(_))) => !manifest.names(file),
        _ => false,
    });
    Ok(names)
}
