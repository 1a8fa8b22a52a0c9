//! Moving the log's changes into sealed files, so that the log can start anew.
//!
//! Constraints: what is flushed is frozen at one position, and everything after it goes into the log's next file, so nothing waits; no file is
//! removed before a durable manifest no longer names it; before the manifest drops anything, the log is synced through the change that made it dead.
//! A flush that finds no room changes nothing and is tried again with the same frozen table.

use std::sync::Arc;

use super::{Engine, apply::Tally};
use crate::{
    catalog::keys,
    error::{Error, Result},
    events::{
        reader::PlaceReader,
        rows::{self, EventRow},
        streams::DeadEvents,
    },
    format::{frame::Link, header::FileKind, names},
    ids::{FileNumber, Position, Sequence},
    manifest::{PackEntry, RunEntry},
    packs::{Pack, PackMeta, PackWriter},
    runs::{Entry, Family, Run, RunConfig, RunMeta, RunWriter},
    sync::atomic::Ordering,
    tables::{Memtable, PackFile, Snapshot, Tables, rows::Row},
};

/// How many places are read at once.
const PLACES_AT_ONCE: usize = 4096;

/// Blocks of events are read one after the other, so they may be large; blocks of rows are read for one row.
pub(super) fn run_config(family: Family) -> RunConfig {
    match family {
        Family::Events => RunConfig { block_bytes: 64 << 10, level: 1 },
        Family::Catalog => RunConfig { block_bytes: 4 << 10, level: 1 },
    }
}

/// A table that is being flushed.
#[derive(Debug, Clone)]
pub(super) struct Freeze {
    table: Arc<Memtable>,
    /// The last change in it.
    through: Link,
    /// The log's file with the changes after it.
    next_log: FileNumber,
    tally: Tally,
}

/// The sealed files of a flush, not named yet.
#[derive(Default)]
struct Flushed {
    runs: Vec<(RunMeta, Arc<Run>)>,
    /// The open pack, now sealed, and a new one with what was in the log and in packs left unsealed.
    packs: Vec<(PackMeta, Arc<Pack>)>,
    /// Packs whose records moved.
    emptied: Vec<FileNumber>,
}

impl Engine {
    /// Flushes everything that is accepted now.
    pub fn flush_tables(self: &Arc<Self>) -> Result<()> {
        let _one_at_a_time = self.flushing.lock();
        self.flush_frozen()
    }

    /// The same, unless another flush is under way or the files are being verified or copied; `false` then.
    pub(super) fn try_flush_tables(self: &Arc<Self>) -> Result<bool> {
        let Some(_one_at_a_time) = self.flushing.try_lock() else { return Ok(false) };
        self.flush_frozen().map(|()| true)
    }

    fn flush_frozen(self: &Arc<Self>) -> Result<()> {
        self.check_writable()?;
        let Some(freeze) = self.freeze()? else { return Ok(()) };
        let (dead, snapshot) = {
            let core = self.core.lock();
            (DeadEvents::new(&core.streams), core.snapshot())
        };
        let mut flushed = Flushed::default();
        let built = self.build(&freeze, &dead, &snapshot, &mut flushed);
        let installed = built.and_then(|()| {
            self.sync_through(snapshot.position)?;
            self.install(&freeze, &flushed)
        });
        if installed.is_err() {
            self.discard_flushed(&flushed);
        }
        installed
    }

    /// Freezes the active table and lets the log go on in its next file. `None` where there is nothing to flush. What an earlier flush froze and could not
    /// finish comes first.
    fn freeze(&self) -> Result<Option<Freeze>> {
        let flushed = self.manifest.lock().log_start.position;
        {
            let core = self.core.lock();
            if core.freeze.is_some() || core.log.end().link.position == flushed {
                return Ok(core.freeze.clone());
            }
        }
        let next = self.prepared_log()?;
        let mut core = self.core.lock();
        let core = &mut *core;
        let through = core.log.end().link;
        let table = Arc::clone(&core.tables.active);
        for number in core.dirty_streams.drain() {
            if let Some((name, row)) = core.streams.by_number(number) {
                table.rows.insert(keys::stream(name), through.position, Row::set(row.encode()));
            }
        }
        let active = Arc::new(Memtable::default());
        core.body = active.bodies.of_log(&next);
        core.tables =
            Arc::new(Tables { active, frozen: Some(Arc::clone(&table)), ..Tables::clone(&core.tables) });
        core.log.switch_to(Arc::clone(&next));
        self.durability.switched(&next);
        core.next_log = None;
        core.carried_bytes = 0;
        let dropped = std::mem::take(&mut core.tally.dropped_versions);
        self.counters.dropped_versions.fetch_add(dropped, Ordering::Relaxed);
        core.freeze = Some(Freeze { table, through, next_log: next.number(), tally: core.tally });
        Ok(core.freeze.clone())
    }

    fn build(
        self: &Arc<Self>,
        freeze: &Freeze,
        dead: &DeadEvents,
        snapshot: &Snapshot,
        flushed: &mut Flushed,
    ) -> Result<()> {
        let tables = &*snapshot.tables;
        let events = self.write_run(Family::Events, |writer| {
            writer.set_through(freeze.through);
            write_events(writer, tables, &freeze.table, dead)
        })?;
        flushed.runs.extend(events);
        self.seal_open_packs(tables, flushed)?;
        self.move_records(snapshot, &freeze.table, flushed)?;
        // The last one: where it is there, so is all of the flush, which counts where the manifest is lost.
        self.directory.sync().map_err(|error| self.fail(error))?;
        let keep_removals = !tables.catalog_runs.is_empty();
        let rows = self.write_run(Family::Catalog, |writer| {
            writer.set_through(freeze.through);
            write_rows(writer, tables, &freeze.table, freeze.through.position, keep_removals)
        })?;
        flushed.runs.extend(rows);
        Ok(())
    }

    /// Writes a run; `None` where nothing went into it.
    pub(super) fn write_run(
        &self,
        family: Family,
        fill: impl FnOnce(&mut RunWriter) -> Result<()>,
    ) -> Result<Option<(RunMeta, Arc<Run>)>> {
        let number = self.allocate_file();
        let written = RunWriter::create(&*self.directory, number, self.store, family, run_config(family))
            .and_then(|mut writer| {
                fill(&mut writer)?;
                if writer.entries() == 0 { Ok(None) } else { writer.finish().map(Some) }
            })
            .and_then(|meta| meta.map(|meta| self.open_run(meta)).transpose());
        if !matches!(written, Ok(Some(_))) {
            self.discard(&names::run(number));
        }
        written.map_err(|error| self.unless_full(error))
    }

    pub(super) fn open_run(&self, meta: RunMeta) -> Result<(RunMeta, Arc<Run>)> {
        let run = Run::open(&*self.directory, meta.number, self.store, meta.family, meta.length)?;
        Ok((meta, run))
    }

    /// Seals the packs that records were appended to: the open one, and one that an earlier flush sealed and could not name as sealed.
    fn seal_open_packs(&self, tables: &Tables, flushed: &mut Flushed) -> Result<()> {
        // Whoever meets a sealed pack waits here for the next one.
        let mut open = self.open_pack.write();
        for pack in &tables.packs {
            let PackFile::Open(pack) = pack else { continue };
            let meta = pack.seal().map_err(|error| match error {
                Error::Full { .. } => error,
                other => self.fail(other),
            })?;
            open.take_if(|open| Arc::ptr_eq(open, pack));
            flushed.packs.push(self.open_sealed(meta).map_err(|error| self.unless_full(error))?);
        }
        Ok(())
    }

    pub(super) fn open_sealed(&self, meta: PackMeta) -> Result<(PackMeta, Arc<Pack>)> {
        let pack = Pack::open_sealed(&*self.directory, meta.number, self.store, meta.length)?;
        Ok((meta, Arc::new(pack)))
    }

    /// Moves the records in the frozen table's frames, and those in packs that an earlier opening left unsealed, into a sealed pack.
    fn move_records(&self, snapshot: &Snapshot, table: &Memtable, flushed: &mut Flushed) -> Result<()> {
        let tables = &*snapshot.tables;
        let leftovers = self.leftovers(snapshot).map_err(|error| self.unless_full(error))?;
        let mut inline: Vec<_> =
            table.records.read().iter().map(|(number, record)| (*number, *record)).collect();
        inline.sort_unstable_by_key(|(number, _)| *number);
        flushed.emptied = leftovers.iter().map(|leftover| leftover.pack.number()).collect();
        let moved = self.write_pack(|writer| {
            for (_, (header, place)) in &inline {
                writer.append(header, &tables.read_place(table, *place)?)?;
            }
            leftovers.iter().try_for_each(|leftover| leftover.copy_to(writer))
        })?;
        flushed.packs.extend(moved);
        Ok(())
    }

    /// Writes and seals a pack; `None` where nothing went into it.
    pub(super) fn write_pack(
        &self,
        fill: impl FnOnce(&PackWriter) -> Result<()>,
    ) -> Result<Option<(PackMeta, Arc<Pack>)>> {
        let number = self.allocate_file();
        let written = PackWriter::create(&*self.directory, number, self.store)
            .and_then(|writer| {
                fill(&writer)?;
                if writer.records() == 0 { Ok(None) } else { writer.seal().map(Some) }
            })
            .and_then(|meta| meta.map(|meta| self.open_sealed(meta)).transpose());
        if !matches!(written, Ok(Some(_))) {
            self.discard(&names::pack(number));
        }
        written.map_err(|error| self.unless_full(error))
    }

    /// Names the new files, lets the log begin behind them, publishes the tables, and removes what is no longer named.
    fn install(&self, freeze: &Freeze, flushed: &Flushed) -> Result<()> {
        self.directory.sync().map_err(|error| self.fail(error))?;
        let mut manifest = self.manifest.lock();
        let dead_bodies = self.dead_bodies(&freeze.table, flushed)?;
        let old_logs = self.replace_manifest(&mut manifest, |next| {
            let (kept, old): (Vec<_>, Vec<_>) = next.logs.iter().partition(|log| **log >= freeze.next_log);
            next.logs = kept;
            next.log_start = freeze.through;
            next.checkpoints = freeze.tally.checkpoints;
            next.versions = freeze.tally.versions;
            next.runs.extend(flushed.runs.iter().map(|(meta, _)| run_entry(meta)));
            next.packs.retain(|pack| !flushed.emptied.contains(&pack.number));
            for (meta, _) in &flushed.packs {
                next.packs.retain(|pack| pack.number != meta.number);
                next.packs.push(pack_entry(meta));
            }
            for (number, bytes) in &dead_bodies {
                if let Some(pack) = next.packs.iter_mut().find(|pack| pack.number == *number) {
                    pack.dead_bytes += bytes;
                }
            }
            old
        })?;
        self.publish_flushed(flushed);
        drop(manifest);
        for log in old_logs {
            self.discard(&names::log(log));
        }
        for pack in &flushed.emptied {
            self.discard(&names::pack(*pack));
        }
        Ok(())
    }

    /// Bodies of large changes in the frozen table: from now on they are dead bytes of their packs.
    fn dead_bodies(&self, table: &Memtable, flushed: &Flushed) -> Result<Vec<(FileNumber, u64)>> {
        let tables = self.snapshot().tables;
        let sealed = flushed.packs.iter().map(|(_, pack)| PackFile::Closed(Arc::clone(pack)));
        let packs: Vec<PackFile> = tables.packs.iter().cloned().chain(sealed).collect();
        let mut dead = Vec::new();
        for record in table.bodies.large_records() {
            for pack in &packs {
                if let Some(place) = pack.find(record)? {
                    dead.push((pack.number(), place.length()));
                    break;
                }
            }
        }
        Ok(dead)
    }

    fn publish_flushed(&self, flushed: &Flushed) {
        let mut core = self.core.lock();
        let mut tables = Tables::clone(&core.tables);
        tables.frozen = None;
        for (meta, run) in &flushed.runs {
            let runs = match meta.family {
                Family::Events => &mut tables.event_runs,
                Family::Catalog => &mut tables.catalog_runs,
            };
            runs.push(Arc::clone(run));
        }
        let replaced = |pack: &PackFile| {
            flushed.emptied.contains(&pack.number())
                || flushed.packs.iter().any(|(meta, _)| meta.number == pack.number())
        };
        tables.packs.retain(|pack| !replaced(pack));
        tables.packs.extend(flushed.packs.iter().map(|(_, pack)| PackFile::Closed(Arc::clone(pack))));
        core.tables = Arc::new(tables);
        core.freeze = None;
    }

    /// Removes the files of a flush that was not installed; the sealed pack stays, the manifest names it.
    fn discard_flushed(&self, flushed: &Flushed) {
        let named = self.manifest.lock().clone();
        for (meta, _) in &flushed.runs {
            self.discard(&names::run(meta.number));
        }
        for (meta, _) in &flushed.packs {
            if !named.packs.iter().any(|pack| pack.number == meta.number) {
                self.discard(&names::pack(meta.number));
            }
        }
    }

    /// How many changes were dropped since the packs were last searched for dead records.
    pub(super) fn dropped_versions(&self) -> u64 {
        self.counters.dropped_versions.load(Ordering::Relaxed) + self.core.lock().tally.dropped_versions
    }
}

/// The manifest's entry for a run.
pub(super) fn run_entry(meta: &RunMeta) -> RunEntry {
    let kind = match meta.family {
        Family::Events => FileKind::EventRun,
        Family::Catalog => FileKind::CatalogRun,
    };
    RunEntry { kind, number: meta.number, length: meta.length, entries: meta.entries, dead_bytes: 0 }
}

/// The manifest's entry for a sealed pack.
pub(super) fn pack_entry(meta: &PackMeta) -> PackEntry {
    PackEntry { number: meta.number, sealed: true, length: meta.length, records: meta.records, dead_bytes: 0 }
}

/// Writes the events of `table` that are not dead.
fn write_events(writer: &mut RunWriter, tables: &Tables, table: &Memtable, dead: &DeadEvents) -> Result<()> {
    let mut reader = PlaceReader::default();
    let mut value = Vec::new();
    for (stream, first) in table.tails.streams() {
        let Some(kept) = dead.kept_from(stream) else { continue };
        let mut next = first.max(kept);
        loop {
            let places = table.tails.copy(stream, next, PLACES_AT_ONCE);
            if places.is_empty() {
                break;
            }
            let mut facts = places.iter();
            reader.read(tables, table, places.iter().map(|event| &event.place), |data| {
                let Some(event) = facts.next() else { return Ok(()) };
                let (position, time_ms, bytes_before) = (event.position, event.time_ms, event.bytes_before);
                EventRow { position, time_ms, bytes_before, data }.encode(&mut value);
                writer.add(&rows::key(stream, next), Entry::Put(&value))?;
                next = Sequence(next.0 + 1);
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Writes the newest row of each key of `table`.
fn write_rows(
    writer: &mut RunWriter,
    tables: &Tables,
    table: &Memtable,
    at: Position,
    keep_removals: bool,
) -> Result<()> {
    let mut key: Box<[u8]> = Box::default();
    let mut after = false;
    while let Some((next, row)) = table.rows.first(&key, after, None, at) {
        match row {
            Row::Removed if keep_removals => writer.add(&next, Entry::Removed)?,
            Row::Removed => {}
            Row::Set { head, tail: None } => writer.add(&next, Entry::Put(&head))?,
            Row::Set { head, tail: Some(place) } => {
                let value = [&*head, &*tables.read_place(table, place)?].concat();
                writer.add(&next, Entry::Put(&value))?;
            }
        }
        key = next;
        after = true;
    }
    Ok(())
}

/// What a slice of a compaction or a flush answers where it was told to stop.
pub(super) fn stopped(abort: &dyn Fn() -> bool) -> Result<()> {
    if abort() { Err(Error::Aborted) } else { Ok(()) }
}
