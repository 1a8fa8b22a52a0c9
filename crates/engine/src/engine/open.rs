//! Opening a store: from its directory to an engine.
//!
//! Constraints: refusing changes no byte; whatever the manifest names must be there and whole; what it does not name is removed only once everything else has
//! held; the log is continued in place only where it was closed in order, otherwise [`super::recover`] writes it anew.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, OnceLock, Weak,
        atomic::{AtomicBool, AtomicU64},
    },
};

use parking_lot::{Mutex, RwLock};

use super::{
    Core, Counters, Engine, Settings,
    apply::{Applier, Tally},
    lanes::Lanes,
    pins::Pins,
    recover::recover,
    upkeep::Scheduled,
};
use crate::{
    catalog::apply::Committed,
    checkpoints::{
        cache::{BaseCache, StoreBases},
        load::Keep,
    },
    error::{Error, Result},
    events::streams::Streams,
    format::{
        change::Changes,
        codec::Malformed,
        frame::Link,
        header::FileKind,
        mark::FRAMES_OFFSET,
        names::{self, FileName},
    },
    ids::{FileNumber, IdNumber, Position, RecordNumber, StoreId, StreamNumber},
    io::{Access, Directory, owner::DirectoryLock},
    manifest::Manifest,
    packs::Pack,
    random,
    runs::{Family, Run},
    tables::{PackFile, Snapshot, Tables},
    wal::{Durability, LogEnd, LogFile, LogFrame, LogPoint, LogWriter, scan},
};

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

/// A store's sealed files and its log, read and checked as far as opening needs.
pub(super) struct Contents {
    pub(super) tables: Tables,
    pub(super) logs: Vec<Arc<LogFile>>,
    pub(super) end: LogEnd,
    /// The highest numbers that frames and packs show.
    pub(super) seen: Tally,
}

impl Engine {
    /// Opens the store in a locked directory.
    pub fn open(opening: Opening) -> Result<Arc<Self>> {
        let directory = opening.directory;
        let mut manifest = match Manifest::load(&*directory)? {
            Some(manifest) => manifest,
            None => create(&*directory, opening.create)?,
        };
        let mut contents = Contents::read(&*directory, &manifest, Access::ReadWrite)?;
        let end = if contents.end.closed {
            contents.end.point.clone()
        } else {
            let end = recover(&*directory, &mut manifest, &contents)?;
            contents.logs = vec![Arc::clone(&end.file)];
            end
        };
        let replayed = contents.replay(&manifest)?;
        remove_strays(&*directory, &manifest)?;
        Ok(Self::assemble(directory, opening.lock, opening.settings, manifest, &contents, end, replayed))
    }

    fn assemble(
        directory: Arc<dyn Directory>,
        lock: DirectoryLock,
        settings: Settings,
        manifest: Manifest,
        contents: &Contents,
        end: LogPoint,
        replayed: Replayed,
    ) -> Arc<Self> {
        let tally = replayed.tally;
        let next_log = contents.logs.iter().skip_while(|log| !Arc::ptr_eq(log, &end.file)).nth(1).cloned();
        let tables = Arc::new(contents.tables.clone());
        Arc::new_cyclic(|myself| Self {
            store: manifest.store,
            lock: Mutex::new(Some(lock)),
            durability: Durability::new(end.clone(), true),
            core: Mutex::new(Core {
                body: tables.active.bodies.of_log(&end.file),
                log: LogWriter::continue_at(end),
                next_log,
                streams: replayed.streams,
                dirty_streams: replayed.dirty_streams,
                tally,
                tables,
                pins: Pins::default(),
                doomed: HashSet::new(),
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

/// A new store in an empty directory: a log, then the manifest that names it.
fn create(directory: &dyn Directory, wanted: bool) -> Result<Manifest> {
    check_unused(directory)?;
    if !wanted {
        return Err(Error::NotFound { what: format!("a store in {}", directory.path().display()) });
    }
    let store = StoreId(random::bytes());
    let first = FileNumber(1);
    // Of a creation that did not come to its end.
    directory.remove(&names::log(first))?;
    LogFile::create(directory, first, store)?;
    directory.sync()?;
    let mut manifest = Manifest {
        store,
        generation: 0,
        log_start: Link { position: Position(0), checksum: u32::from_le_bytes(random::bytes()) },
        next_file: first.next(),
        next_record: RecordNumber(1),
        next_id: IdNumber(1),
        next_stream: StreamNumber(1),
        checkpoints: 0,
        versions: 0,
        dropped_versions: 0,
        logs: vec![first],
        runs: Vec::new(),
        packs: Vec::new(),
    };
    manifest.store(directory)?;
    Ok(manifest)
}

/// Checks that a directory without a manifest holds nothing that could be somebody's data.
pub(super) fn check_unused(directory: &dyn Directory) -> Result<()> {
    let mut foreign = None;
    for name in directory.list()? {
        match FileName::parse(&name) {
            None => foreign = Some(name),
            Some(FileName::Log(FileNumber(1))) if has_no_frame(directory, &name)? => {}
            Some(FileName::Log(_) | FileName::Run(_) | FileName::Pack(_)) => {
                return Err(Error::corrupt(&directory.path().join(names::MANIFEST), 0, "missing manifest"));
            }
            Some(_) => {}
        }
    }
    match foreign {
        Some(name) => Err(Error::NotAStore {
            path: directory.path().to_owned(),
            what: format!("it holds {name:?} but no manifest"),
        }),
        None => Ok(()),
    }
}

fn has_no_frame(directory: &dyn Directory, name: &str) -> Result<bool> {
    let file = directory.open(name, Access::Read)?;
    let frames = file.length()?.saturating_sub(FRAMES_OFFSET);
    // A creation allocates a few KiB; whatever is larger is not one's remains.
    let Ok(length) = usize::try_from(frames.min(1 << 20)) else { return Ok(false) };
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, FRAMES_OFFSET)?;
    Ok(frames == length as u64 && bytes.iter().all(|byte| *byte == 0))
}

/// Removes what has a name of ours but is not named by the manifest.
fn remove_strays(directory: &dyn Directory, manifest: &Manifest) -> Result<()> {
    for name in directory.list()? {
        let stray = match FileName::parse(&name) {
            Some(FileName::ManifestTemporary) => true,
            Some(file @ (FileName::Log(_) | FileName::Run(_) | FileName::Pack(_))) => !manifest.names(file),
            _ => false,
        };
        if stray {
            directory.remove(&name)?;
        }
    }
    Ok(())
}

/// What replaying the log gives.
pub(super) struct Replayed {
    pub(super) streams: Streams,
    pub(super) dirty_streams: HashSet<StreamNumber>,
    pub(super) tally: Tally,
}

impl Contents {
    /// Opens all files that `manifest` names and finds the log's end.
    pub(super) fn read(directory: &dyn Directory, manifest: &Manifest, access: Access) -> Result<Self> {
        let store = manifest.store;
        let mut tables = Tables {
            store,
            directory: directory.path().to_owned(),
            active: Arc::default(),
            frozen: None,
            event_runs: Vec::new(),
            catalog_runs: Vec::new(),
            packs: Vec::new(),
            bases: Arc::new(new_bases()),
        };
        for run in &manifest.runs {
            let (family, runs) = match run.kind {
                FileKind::EventRun => (Family::Events, &mut tables.event_runs),
                _ => (Family::Catalog, &mut tables.catalog_runs),
            };
            runs.push(Run::open(directory, run.number, store, family, run.length)?);
        }
        let mut seen = Tally::default();
        for pack in &manifest.packs {
            let opened = if pack.sealed {
                Pack::open_sealed(directory, pack.number, store, pack.length)?
            } else {
                let leftover = Pack::open_unsealed(directory, pack.number, store)?;
                seen.record = leftover.number_range()?.map_or(seen.record, |(_, last)| last.max(seen.record));
                leftover
            };
            tables.packs.push(PackFile::Closed(Arc::new(opened)));
        }
        let logs = manifest
            .logs
            .iter()
            .map(|number| LogFile::open(directory, *number, store, access))
            .collect::<Result<Vec<_>>>()?;
        let end = scan(&logs, manifest.log_start, &mut |frame| look_at(&frame, store, &mut seen))?;
        Ok(Self { tables, logs, end, seen })
    }

    /// Applies the log's changes to the tables.
    pub(super) fn replay(&self, manifest: &Manifest) -> Result<Replayed> {
        let tables = Arc::new(self.tables.clone());
        let snapshot = Snapshot { tables: Arc::clone(&tables), position: manifest.log_start.position };
        let mut streams = Streams::load(&snapshot)?;
        let mut dirty_streams = HashSet::new();
        let mut tally = Tally { checkpoints: manifest.checkpoints, versions: manifest.versions, ..self.seen };
        let mut applier = Applier {
            store: manifest.store,
            table: &tables.active,
            streams: &mut streams,
            dirty_streams: &mut dirty_streams,
            tally: &mut tally,
        };
        let mut bodies = HashMap::new();
        scan(&self.logs, manifest.log_start, &mut |frame| {
            let body =
                *bodies.entry(frame.file.number()).or_insert_with(|| tables.active.bodies.of_log(frame.file));
            let at = Committed {
                position: frame.link.position,
                time_ms: frame.time_ms,
                body,
                body_offset: frame.changes_offset,
            };
            replay_frame(&mut applier, &tables, &at, &frame)
        })?;
        Ok(Replayed { streams, dirty_streams, tally })
    }
}

fn replay_frame(
    applier: &mut Applier<'_>,
    tables: &Tables,
    at: &Committed,
    frame: &LogFrame<'_>,
) -> Result<()> {
    let damaged = |Malformed| Error::corrupt(frame.file.path(), frame.changes_offset, "change");
    if let Some(large) = applier.apply(at, frame.changes).map_err(damaged)? {
        let changes = tables.load_record(large.record, Keep::Nothing)?;
        let at = Committed { body: tables.active.bodies.of_large(large.record), body_offset: 0, ..*at };
        applier.apply_large(&at, &changes, &large).map_err(damaged)?;
    }
    Ok(())
}

/// Checks that a frame's changes decode, and notes the highest numbers in them.
fn look_at(frame: &LogFrame<'_>, store: StoreId, seen: &mut Tally) -> Result<()> {
    use crate::format::change::Change;
    for change in Changes::new(frame.changes, store) {
        let change =
            change.map_err(|Malformed| Error::corrupt(frame.file.path(), frame.changes_offset, "change"))?;
        match change {
            Change::Saved(saved) => seen.record = seen.record.max(saved.record.number),
            Change::Large { record, .. } => seen.record = seen.record.max(record),
            _ => {}
        }
    }
    Ok(())
}

fn new_bases() -> StoreBases {
    BaseCache::of_process().open()
}
