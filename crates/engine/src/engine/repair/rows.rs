//! The catalog's rows as far as the runs of a damaged store tell them.
//!
//! Constraints: a newer row hides an older one, and a removal is kept, since it tells that something was deleted where the rest of it was lost.

use std::collections::{BTreeMap, HashSet};

use super::Repair;
use crate::{
    catalog::{
        keys::{self, Key, KeyRange},
        rows::VersionRow,
    },
    engine::abort::stopped,
    error::{Error, Result},
    format::{header::FileKind, names},
    ids::RecordNumber,
    io::{Access, Directory},
    manifest::RunEntry,
    runs::{Entry, Family, LostKeys, Run, salvage_file, salvage_run},
};

/// Rows by key: a value, or that it was removed.
pub(super) struct RowMap {
    pub(super) rows: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    /// The records that rows of versions name, hidden ones too: of each of them it is known what became of it.
    pub(super) named: HashSet<RecordNumber>,
    /// Where rows may be missing.
    lost: Vec<LostKeys>,
}

impl RowMap {
    /// Reads all runs of rows, oldest first.
    pub(super) fn read(repair: &Repair<'_>) -> Result<Self> {
        let mut map = Self { rows: BTreeMap::new(), named: HashSet::new(), lost: Vec::new() };
        for entry in repair.before.runs.iter().filter(|run| run.kind == FileKind::CatalogRun) {
            stopped(repair.abort)?;
            let Self { rows, named, .. } = &mut map;
            let lost = read_run(repair, entry, Family::Catalog, &mut |key, entry| {
                let value = match entry {
                    Entry::Put(value) => Some(value.to_vec()),
                    Entry::Removed => None,
                };
                named.extend(value.as_deref().and_then(|value| record_of(key, value)));
                rows.insert(key.to_vec(), value);
                Ok(())
            })?;
            map.lost.extend(lost);
        }
        Ok(map)
    }

    /// Whether the row of a stream may be missing.
    pub(super) fn may_lack_streams(&self) -> bool {
        self.may_lack(&keys::streams())
    }

    /// Whether the row of a version may be missing.
    pub(super) fn may_lack_versions(&self) -> bool {
        self.may_lack(&keys::versions())
    }

    fn may_lack(&self, range: &KeyRange) -> bool {
        self.lost.iter().any(|lost| {
            range.until.as_ref().is_none_or(|until| lost.from < *until)
                && lost.until.as_ref().is_none_or(|until| range.from < *until)
        })
    }
}

/// The record that a version's row names. One that does not decode is told where it is used.
fn record_of(key: &[u8], value: &[u8]) -> Option<RecordNumber> {
    let Key::Version(..) = Key::parse(key) else { return None };
    VersionRow::decode(value).ok().flatten().map(|row| row.record)
}

/// Gives the whole entries of a run to `visit`; answers where others may be missing.
pub(super) fn read_run(
    repair: &Repair<'_>,
    entry: &RunEntry,
    family: Family,
    visit: &mut dyn FnMut(&[u8], Entry<'_>) -> Result<()>,
) -> Result<Vec<LostKeys>> {
    let (directory, store) = (repair.directory, repair.before.store);
    match Run::open(directory, entry.number, store, family, entry.length) {
        Ok(run) => salvage_run(&run, visit, &mut |_| {}),
        Err(Error::Corrupt { .. }) => match directory.open(&names::run(entry.number), Access::Read) {
            Ok(file) => salvage_file(&*file, store, visit),
            Err(Error::NotFound { .. }) => Ok(vec![LostKeys::all()]),
            Err(other) => Err(other),
        },
        Err(other) => Err(other),
    }
}
