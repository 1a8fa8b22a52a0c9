//! What a manifest names, read: the sealed files, the log, and what its frames make of both.
//!
//! Constraints: changes no byte; whatever the manifest names must be there and whole; a frame whose changes do not fit is damage, told before anything
//! acts on what was read.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::apply::{Applier, Tally};
use crate::{
    catalog::apply::Committed,
    checkpoints::{
        cache::{BaseCache, StoreBases},
        load::Keep,
    },
    error::{Error, Result},
    events::streams::Streams,
    format::{change::Changes, codec::Malformed, header::FileKind},
    ids::{StoreId, StreamNumber},
    io::{Access, Directory},
    manifest::Manifest,
    packs::Pack,
    runs::{Family, Run},
    tables::{PackFile, Snapshot, Tables},
    wal::{LogEnd, LogFile, LogFrame, scan},
};

/// A store's sealed files and its log, read and checked as far as opening needs.
pub(super) struct Contents {
    pub(super) tables: Tables,
    pub(super) logs: Vec<Arc<LogFile>>,
    pub(super) end: LogEnd,
    /// The highest numbers that frames and packs show.
    pub(super) seen: Tally,
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
        let logs = open_logs(directory, manifest, access)?;
        let end = scan(&logs, manifest.log_start, &mut |frame| look_at(&frame, store, &mut seen))?;
        Ok(Self { tables, logs, end, seen })
    }

    /// Lets the log be `file` alone, with nothing replayed yet: what a recovery has made of it.
    pub(super) fn start_over(&mut self, file: &Arc<LogFile>) {
        self.logs = vec![Arc::clone(file)];
        self.tables.active = Arc::default();
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
                is_large: false,
            };
            replay_frame(&mut applier, &tables, &at, &frame)
        })?;
        Ok(Replayed { streams, dirty_streams, tally })
    }
}

/// The files of the log that `manifest` names.
pub(super) fn open_logs(
    directory: &dyn Directory,
    manifest: &Manifest,
    access: Access,
) -> Result<Vec<Arc<LogFile>>> {
    let numbers = manifest.logs.iter();
    numbers.map(|number| LogFile::open(directory, *number, manifest.store, access)).collect()
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
        let at = at.in_large(tables.active.bodies.of_large(large.record));
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
