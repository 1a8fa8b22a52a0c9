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

mod catalog;
mod changes;
mod events;
mod fold;
mod found;
mod log;
mod new_files;
mod packs;
mod rebuild;
mod rows;
mod saved;
mod write;

use std::{path::Path, path::PathBuf, sync::Arc, time::Duration};

pub use self::changes::LostChanges;
use self::{
    catalog::Catalog, found::Nameless, new_files::NewFiles, packs::Packs, rows::RowMap, saved::Saved,
};
use super::verify::{Damage, verify_locked};
use crate::{
    checkpoints::cache::BaseCache,
    error::{Error, Result},
    format::names::{self, FileName},
    ids::Sequence,
    io::{Access, Backend, Directory, owner::DirectoryLock},
    manifest::Manifest,
    tables::Tables,
};

/// Names that stand in for names that were lost start with this.
const LOST_AND_FOUND: &str = "lost+found/";

/// Events that were lost: those with a sequence from `from` to `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostEvents {
    /// Their stream.
    pub stream: String,
    /// The first one's sequence.
    pub from: Sequence,
    /// The last one's sequence.
    pub to: Sequence,
}

/// A version of a checkpoint that was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostVersion {
    /// The checkpoint's id.
    pub id: String,
    /// The version.
    pub version: u32,
}

/// What a repair kept and gave up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// Events that the store has now.
    pub kept_events: u64,
    /// Versions of checkpoints that the store has now, `found` among them.
    pub kept_versions: u64,
    /// Versions whose names were lost, and maybe that they had been deleted: each is kept under an id of its own, `lost+found/record-<number>`.
    pub found: u64,
    /// All damage that was found; none: nothing was changed.
    pub damage: Vec<Damage>,
    /// Events that were lost, as far as it is known that there were any.
    pub lost_events: Vec<LostEvents>,
    /// Versions that were lost, as far as it is known that there were any. Their bytes may be among those that were found.
    pub lost_versions: Vec<LostVersion>,
    /// Changes that were lost, whatever was in them, in order.
    pub lost_changes: Vec<LostChanges>,
    /// Where the files are that were removed; `None` where nothing was.
    pub saved_to: Option<PathBuf>,
}

/// Repairs the store at `path`, which nobody may have open.
pub fn repair_directory(
    backend: &dyn Backend,
    path: &Path,
    abort: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<RepairReport> {
    let directory = backend.open_directory(path, false)?;
    let lock = DirectoryLock::acquire(Arc::clone(&directory), Duration::ZERO)?;
    let found = verify_locked(&*directory, abort, progress)?;
    if found.is_ok() {
        let (kept_events, kept_versions) = (found.events, found.versions);
        return Ok(RepairReport { kept_events, kept_versions, ..RepairReport::default() });
    }
    lock.announce();
    let (mut manifest, is_rebuilt) = match Manifest::load(&*directory) {
        Ok(Some(manifest)) => (manifest, false),
        Ok(None) | Err(Error::Corrupt { .. }) => (rebuild::manifest(&*directory)?, true),
        Err(other) => return Err(other),
    };
    // A repair or a flush that was cut off may have left files, which the next opening removes.
    let above_all = rebuild::highest_number(&*directory)?.next();
    manifest.next_file = manifest.next_file.max(above_all);
    let repair = Repair { directory: &*directory, before: &manifest, is_rebuilt, abort };
    let report = RepairReport { damage: found.damage, ..RepairReport::default() };
    repair.run(&Saved::new(backend, &*directory), report)
}

/// One repair.
struct Repair<'a> {
    directory: &'a dyn Directory,
    /// What the store consisted of.
    before: &'a Manifest,
    /// Whether that is not known, but made up from the files that are there.
    is_rebuilt: bool,
    abort: &'a dyn Fn() -> bool,
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

    fn run(&self, saved: &Saved<'_>, mut report: RepairReport) -> Result<RepairReport> {
        let mut after = self.before.clone();
        let mut new_files = NewFiles::new(self.directory, self.before.store);
        let packs = Packs::salvage(self, &mut after, &mut new_files)?;
        let tables = self.tables(&packs);
        let mut rows = RowMap::read(self)?;
        let most = self.most_entries()?;
        let mut log = log::read(self, &tables, &mut rows, most)?;
        packs.take_records(&log.records)?;
        let (named, may_lack) = (std::mem::take(&mut rows.named), rows.may_lack_versions());
        let mut catalog = Catalog::mend(rows, &tables, most)?;
        if may_lack || !log.lost.is_empty() || self.lacks_runs(&catalog) {
            // Nor is it known then which streams there were.
            log.streams.may_lack_some |= self.is_rebuilt;
            let (records, next_id) = (packs.nameless(&named)?, self.before.next_id);
            let nameless = Nameless { records, behind: log.end, next_id };
            (report.found, log.end) = nameless.keep(&mut catalog, &tables)?;
        }
        let end = log.end;
        let events = events::mend(self, log.streams, (log.events, end, most), &mut after, &mut new_files)?;
        report.kept_events = events.kept;
        report.lost_events.clone_from(&events.lost);
        report.kept_versions = catalog.versions;
        report.lost_versions = catalog.lost_versions;
        report.lost_changes = log.lost;
        packs.finish(&mut after, &new_files)?;
        let content = write::Content { rows: catalog.rows, events: &events, packs: &packs, log_end: end };
        content.write(self, &mut after, &mut new_files)?;
        report.saved_to = Some(self.replace(saved, &mut after, new_files)?);
        Ok(report)
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

    /// Copies what goes, makes the new manifest durable, and removes what went.
    fn replace(&self, saved: &Saved<'_>, after: &mut Manifest, new_files: NewFiles<'_>) -> Result<PathBuf> {
        let gone = write::gone(self.before, after);
        let saved_to = saved.keep(self.directory, &gone, self.abort)?;
        new_files.install(after)?;
        for name in gone.iter().filter(|name| *name != names::MANIFEST) {
            self.directory.remove(name)?;
        }
        self.directory.sync()?;
        Ok(saved_to)
    }
}
