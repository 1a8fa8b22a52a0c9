//! Writing sealed files, and what the manifest says of them.
//!
//! Constraint: a file that could not be finished, or has nothing in it, is gone again.

use std::sync::Arc;

use super::Engine;
use crate::{
    error::Result,
    format::{header::FileKind, names},
    manifest::{PackEntry, RunEntry},
    packs::{Pack, PackMeta, PackWriter},
    runs::{Family, Run, RunConfig, RunMeta, RunWriter},
};

/// Blocks of events are read one after the other, so they may be large; blocks of rows are read for one row.
pub(super) fn run_config(family: Family) -> RunConfig {
    match family {
        Family::Events => RunConfig { block_bytes: 64 << 10, level: 1 },
        Family::Catalog => RunConfig { block_bytes: 4 << 10, level: 1 },
    }
}

impl Engine {
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
        self.or_discard(&names::run(number), written)
    }

    pub(super) fn open_run(&self, meta: RunMeta) -> Result<(RunMeta, Arc<Run>)> {
        let run = Run::open(&*self.directory, meta.number, self.store, meta.family, meta.length)?;
        Ok((meta, run))
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
        self.or_discard(&names::pack(number), written)
    }

    fn or_discard<T>(&self, name: &str, written: Result<Option<T>>) -> Result<Option<T>> {
        if !matches!(written, Ok(Some(_))) {
            self.discard(name);
        }
        written.map_err(|error| self.unless_full(error))
    }

    pub(super) fn open_sealed(&self, meta: PackMeta) -> Result<(PackMeta, Arc<Pack>)> {
        let pack = Pack::open_sealed(&*self.directory, meta.number, self.store, meta.length)?;
        Ok((meta, Arc::new(pack)))
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
