//! Naming the files of a flush: from then on they are the store's, and the log begins behind them.

use std::sync::Arc;

use super::{Flushed, Freeze};
use crate::{
    engine::{
        Engine,
        sealed::{pack_entry, run_entry},
    },
    error::Result,
    format::names,
    ids::FileNumber,
    runs::Family,
    tables::{Memtable, PackFile, Tables},
};

impl Engine {
    /// Names the new files, lets the log begin behind them, publishes the tables, and removes what is no longer named.
    pub(super) fn install(&self, freeze: &Freeze, flushed: &Flushed) -> Result<()> {
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
    pub(super) fn discard_flushed(&self, flushed: &Flushed) {
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
}
