//! Moving the log's changes into sealed files, so that the log can start anew.
//!
//! Constraints: what is flushed is frozen at one position, and everything after it goes into the log's next file, so nothing waits; no file is
//! removed before a durable manifest no longer names it; before the manifest drops anything, the log is synced through the change that made it dead.
//! A flush that finds no room changes nothing and is tried again with the same frozen table.

mod contents;
mod install;

use std::sync::Arc;

use self::contents::{write_events, write_rows};
use super::{Engine, apply::Tally};
use crate::{
    catalog::keys,
    error::{Error, Result},
    events::streams::DeadEvents,
    format::frame::Link,
    ids::FileNumber,
    packs::{Pack, PackMeta},
    runs::{Family, Run, RunMeta},
    sync::atomic::Ordering,
    tables::{Memtable, PackFile, Snapshot, Tables, rows::Row},
};

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

    /// How many changes were dropped since the packs were last searched for dead records.
    pub(super) fn dropped_versions(&self) -> u64 {
        self.counters.dropped_versions.load(Ordering::Relaxed) + self.core.lock().tally.dropped_versions
    }
}
