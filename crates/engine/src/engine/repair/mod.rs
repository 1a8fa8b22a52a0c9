//! Repair: a damaged store made one that opens again, with everything that is not damaged.
//!
//! Constraints:
//! - it is only ever asked for by name, and changes nothing where nothing is damaged;
//! - no file is changed in place: what is whole is written into new files, what the new manifest no longer names is copied into a directory of its own
//!   before it is removed, and until the new manifest is durable the store is as it was;
//! - what is known to have been deleted or pruned does not come back; of what is known to be lost the number stays behind, so that no sequence of such an event, and no version
//!   before a checkpoint's newest, ever stands for two contents. What was in changes that are lost is not known: numbers that they had given are given again;
//! - a checkpoint's bytes that are sound are kept, under a name of their own where the rows that named them may be lost;
//! - a byte that cannot be read (an error of the operating system) ends it: a medium that fails is to be copied first.

mod by_header;
mod calls;
mod catalog;
mod changes;
mod events;
mod fold;
mod found;
mod log;
mod new_files;
mod packs;
mod report;
mod rows;
mod saved;
mod write;

use std::{path::PathBuf, sync::Arc};

use self::{
    by_header::ByHeader,
    catalog::{Catalog, Rows},
    events::Events,
    found::Nameless,
    new_files::NewFiles,
    packs::Packs,
    rows::RowMap,
    saved::Saved,
};
pub use self::{
    calls::{plan_repair, repair_directory, verify_directory},
    changes::LostChanges,
    report::{LostEvents, LostVersion, RepairReport},
};
use super::verify::{Damage, verify_as};
use crate::{
    checkpoints::cache::BaseCache,
    error::{Error, Result},
    format::{
        frame::Link,
        names::{self, FileName},
    },
    ids::Position,
    io::{Access, Directory},
    manifest::Manifest,
    tables::Tables,
};

/// Names that stand in for names that were lost start with this.
const LOST_AND_FOUND: &str = "lost+found/";

/// One repair.
struct Repair<'a> {
    directory: &'a ByHeader<'a>,
    /// What the store consisted of.
    before: &'a Manifest,
    /// Whether that is not known, but made up from the files that are there.
    is_rebuilt: bool,
    abort: &'a dyn Fn() -> bool,
}

/// All that is whole of a store.
struct Salvaged {
    /// Without the damage.
    report: RepairReport,
    ids: u64,
    rows: Rows,
    events: Events,
    packs: Packs,
    /// The last change that there was.
    end: Link,
}

/// No stored event or row takes less than this part of a byte, compressed.
const MOST_ENTRIES_A_BYTE: u64 = 16;

impl Repair<'_> {
    /// More events, or more rows, than the files can ever have held: what numbers say beyond that is no loss, but damage of their own.
    fn most_entries(&self) -> Result<u64> {
        let runs = self.before.runs.iter();
        let mut most: u64 =
            runs.map(|run| run.entries.min(run.length.saturating_mul(MOST_ENTRIES_A_BYTE))).sum();
        for name in self.directory.list()? {
            if let Some(FileName::Log(_) | FileName::Pack(_)) = FileName::parse(&name) {
                most += self.directory.open(&name, Access::Read)?.length()?;
            }
        }
        Ok(most)
    }

    fn run(&self, saved: &Saved<'_>, damage: Vec<Damage>) -> Result<RepairReport> {
        let mut after = self.before.clone();
        let mut new_files = NewFiles::new(self.directory.as_it_is(), self.before.store);
        let Salvaged { report, rows, events, packs, end, .. } = self.salvage(&mut new_files, &mut after)?;
        packs.finish(&mut after, &new_files)?;
        let content = write::Content { rows, events: &events, packs: &packs, log_end: end };
        content.write(self, &mut after, &mut new_files)?;
        self.check(&after)?;
        let saved_to = Some(self.replace(saved, &mut after, new_files)?);
        Ok(RepairReport { damage, saved_to, ..report })
    }

    /// Reads all that is whole. What of it has to be written anew goes into `new_files`, rows and the records of packs apart, and `after` tells of it.
    fn salvage(&self, new_files: &mut NewFiles<'_>, after: &mut Manifest) -> Result<Salvaged> {
        let packs = Packs::open(self, after, new_files)?;
        let tables = self.tables(&packs);
        let mut rows = RowMap::read(self)?;
        let most = self.most_entries()?;
        let mut log = log::read(self, &tables, &mut rows, most)?;
        packs.take_records(&log.records)?;
        let (named, may_lack) = (std::mem::take(&mut rows.named), rows.may_lack_versions());
        let mut is_untold = may_lack && packs.may_lack_some;
        let mut catalog = Catalog::mend(rows, &tables, most)?;
        let mut found = 0;
        if may_lack || !log.lost.is_empty() || self.lacks_runs(&catalog) {
            // Nor is it known then which streams there were.
            log.streams.may_lack_some |= self.is_rebuilt;
            let (records, next_id) = (packs.nameless(&named)?, self.before.next_id);
            let nameless = Nameless { records, behind: log.end, next_id };
            (found, log.end) = nameless.keep(&mut catalog, &tables)?;
        }
        let end = log.end;
        let events = events::mend(self, log.streams, (log.events, end, most), after, new_files)?;
        is_untold |= events.may_lack_some;
        if is_untold && self.before.log_start.position > Position(0) {
            log.lost.insert(0, LostChanges::up_to(self.before.log_start.position));
        }
        let report = RepairReport {
            kept_events: events.kept,
            kept_versions: catalog.versions,
            found,
            lost_events: events.lost.clone(),
            lost_versions: catalog.lost_versions,
            lost_changes: log.lost,
            ..RepairReport::default()
        };
        Ok(Salvaged { report, ids: catalog.ids, rows: catalog.rows, events, packs, end })
    }

    /// Whether runs of rows seem to be missing: a row that others tell of, or all rows of an id where nothing tells which runs there were.
    fn lacks_runs(&self, catalog: &Catalog) -> bool {
        catalog.lacks_rows || self.is_rebuilt && catalog.lacks_ids
    }

    /// Only what records are loaded from.
    fn tables(&self, packs: &Packs) -> Arc<Tables> {
        Arc::new(Tables {
            store: self.before.store,
            directory: self.directory.path().to_owned(),
            active: Arc::default(),
            frozen: None,
            event_runs: Vec::new(),
            catalog_runs: Vec::new(),
            packs: packs.files(),
            bases: Arc::new(BaseCache::of_process().open()),
        })
    }

    /// Reads all of what is going to be the store: nothing is replaced by what is not sound.
    fn check(&self, after: &Manifest) -> Result<()> {
        let found = verify_as(self.directory.as_it_is(), after, self.abort)?;
        let first = found.damage.into_iter().next();
        first.map_or(Ok(()), |Damage { path, offset, what }| Err(Error::corrupt(&path, offset, what)))
    }

    /// Copies what goes, makes the new manifest durable, and removes what went.
    fn replace(&self, saved: &Saved<'_>, after: &mut Manifest, new_files: NewFiles<'_>) -> Result<PathBuf> {
        let directory = self.directory.as_it_is();
        let gone = write::gone(directory, self.before, after)?;
        let copies = saved.keep(directory, &gone, self.abort)?;
        let saved_to = copies.path.clone();
        if let Err(error) = new_files.install(after) {
            if matches!(error, Error::Full { .. }) {
                // The old manifest is in place, and all that it names.
                copies.discard();
            }
            return Err(error);
        }
        for name in gone.iter().filter(|name| *name != names::MANIFEST) {
            directory.remove(name)?;
        }
        directory.sync()?;
        Ok(saved_to)
    }
}
