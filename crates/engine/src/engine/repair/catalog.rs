//! Checkpoints as far as the rows of a damaged store tell them.
//!
//! Constraints: a version stays if its record loads, whatever it is a delta of; the newest that does is the id's newest, older ones that do not leave a
//! marker; an id of which any row says that it was deleted stays deleted; an id whose name was lost gets one.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::{LOST_AND_FOUND, LostVersion, RowMap};
use crate::{
    catalog::{
        keys::{self, Key},
        rows::{IdRow, LineageRow, TimeRow, VersionRow, damaged},
    },
    checkpoints::load::Keep,
    error::{Error, Result},
    ids::{IdNumber, Position, RecordNumber},
    tables::Tables,
};

/// Rows by key.
pub(super) type Rows = BTreeMap<Vec<u8>, Vec<u8>>;

/// The catalog as it will be, but for the rows of streams.
pub(super) struct Catalog {
    pub(super) rows: Rows,
    pub(super) versions: u64,
    pub(super) lost_versions: Vec<LostVersion>,
    /// How many more versions there can be.
    most_versions: u64,
}

/// What the rows tell of an id.
#[derive(Default)]
struct Found {
    name: Option<String>,
    first_position: Option<Position>,
    row: Option<IdRow>,
    deleted: bool,
    /// `None`: given up by an earlier repair.
    versions: BTreeMap<u32, Option<VersionRow>>,
}

impl Catalog {
    pub(super) fn mend(rows: RowMap, tables: &Tables, most: u64) -> Result<Self> {
        let mut catalog =
            Self { rows: Rows::new(), versions: 0, lost_versions: Vec::new(), most_versions: most };
        let mut found: BTreeMap<IdNumber, Found> = BTreeMap::new();
        let mut deleted_names = HashSet::new();
        for (key, value) in rows.rows {
            catalog.sort(&key, value, &mut found, &mut deleted_names, tables)?;
        }
        // Of two ids with one name, the older one was deleted.
        let mut names = HashSet::new();
        for (number, found) in found.into_iter().rev() {
            let name_is_gone =
                found.row.is_none() && found.name.as_ref().is_some_and(|name| deleted_names.contains(name));
            if found.deleted || name_is_gone {
                continue;
            }
            let lost_name = || format!("{LOST_AND_FOUND}checkpoint-{}", number.0);
            let name = found.name.clone().unwrap_or_else(lost_name);
            if names.insert(name.clone()) {
                catalog.keep(number, &name, &found, tables)?;
            }
        }
        catalog.lost_versions.reverse();
        Ok(catalog)
    }

    /// Puts a row where it belongs.
    fn sort(
        &mut self,
        key: &[u8],
        value: Option<Vec<u8>>,
        found: &mut BTreeMap<IdNumber, Found>,
        deleted_names: &mut HashSet<String>,
        tables: &Tables,
    ) -> Result<()> {
        let damaged = damaged(&tables.directory);
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).ok();
        match (Key::parse(key), value) {
            (Key::Id(id), None) => {
                deleted_names.insert(id.to_owned());
            }
            (Key::Id(id), Some(value)) => {
                let row = IdRow::decode(&value).map_err(damaged)?;
                let found = found.entry(row.number).or_default();
                found.name = Some(id.to_owned());
                found.first_position = Some(row.first_position);
                found.row = Some(row);
            }
            (Key::Version(number, version), Some(value)) => {
                let row = VersionRow::decode(&value).map_err(damaged)?;
                found.entry(number).or_default().versions.insert(version, row);
            }
            (Key::ByFirstSave(_, number), None) => found.entry(number).or_default().deleted = true,
            (Key::ByFirstSave(first, number), Some(id)) => {
                let found = found.entry(number).or_default();
                found.first_position = Some(first);
                found.name = text(id);
            }
            (Key::ByTime(first, number), Some(value)) => {
                let row = TimeRow::decode(&value).map_err(damaged)?;
                let found = found.entry(number).or_default();
                found.first_position = Some(first);
                found.name = Some(row.id.to_owned());
            }
            (Key::Lineage, Some(value)) => {
                // The base of a save to come: only one that loads.
                let row = LineageRow::decode(&value).map_err(damaged)?;
                if loads(tables, row.record)? {
                    self.rows.insert(key.to_vec(), value);
                }
            }
            (Key::Internal, Some(value)) => {
                self.rows.insert(key.to_vec(), value);
            }
            _ => {}
        }
        Ok(())
    }

    fn keep(&mut self, number: IdNumber, name: &str, found: &Found, tables: &Tables) -> Result<()> {
        let versions = found.versions.keys();
        let range = versions.clone().next().zip(versions.last()).map_or(0, |(first, last)| last - first);
        let left = self.most_versions.checked_sub(range.into());
        self.most_versions =
            left.ok_or_else(|| Error::corrupt(&tables.directory, 0, "checkpoint versions"))?;
        let (whole, gone) = sift(found, tables)?;
        let named = gone.into_iter().rev().map(|version| LostVersion { id: name.to_owned(), version });
        self.lost_versions.extend(named);
        let (Some((&oldest, first)), Some((&newest, last))) =
            (whole.first_key_value(), whole.last_key_value())
        else {
            return Ok(());
        };
        let first_position = found.first_position.unwrap_or(first.position);
        let (time, record) = (last.time, last.record);
        let row = IdRow { number, first_position, oldest, newest, time, record };
        self.rows.insert(keys::id(name), row.encode());
        self.rows.insert(keys::by_first_save(first_position, number), name.as_bytes().to_vec());
        let by_time = TimeRow { newest, id: name };
        self.rows.insert(keys::by_time(time, first_position, number), by_time.encode());
        for version in oldest..=newest {
            let bytes = whole.get(&version).map_or_else(|| VersionRow::LOST.to_vec(), VersionRow::encode);
            self.rows.insert(keys::version(number, version), bytes);
        }
        self.versions += whole.len() as u64;
        Ok(())
    }
}

/// The versions that load, and the numbers of those that there were besides.
fn sift(found: &Found, tables: &Tables) -> Result<(BTreeMap<u32, VersionRow>, BTreeSet<u32>)> {
    let oldest_named = found.row.map_or(0, |row| row.oldest);
    let (mut whole, mut lost) = (BTreeMap::new(), BTreeSet::new());
    for (version, row) in found.versions.range(oldest_named..) {
        match row {
            Some(row) if loads(tables, row.record)? => {
                whole.insert(*version, row.clone());
            }
            Some(_) => {
                lost.insert(*version);
            }
            None => {}
        }
    }
    let known = |version: &u32| found.versions.contains_key(version);
    if let (Some(oldest), Some(newest)) = (whole.keys().next(), whole.keys().next_back()) {
        lost.extend((*oldest..*newest).filter(|version| !known(version)));
    }
    lost.extend(found.row.map(|row| row.newest).filter(|version| !known(version)));
    Ok((whole, lost))
}

/// Whether a record and all that it is a delta of can be read.
fn loads(tables: &Tables, record: RecordNumber) -> Result<bool> {
    match tables.load_record(record, Keep::Bases) {
        Ok(_) => Ok(true),
        Err(Error::Corrupt { .. }) => Ok(false),
        Err(other) => Err(other),
    }
}
