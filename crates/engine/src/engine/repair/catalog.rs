//! Checkpoints as far as the rows of a damaged store tell them.
//!
//! Constraints: a version stays if its record loads, whatever it is a delta of; the newest that does is the id's newest, older ones that do not leave a
//! marker; an id of which any row says that it was deleted stays deleted; an id whose name was lost gets one that is free.

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
    pub(super) ids: u64,
    pub(super) lost_versions: Vec<LostVersion>,
    /// Whether a row is missing that others tell of.
    pub(super) lacks_rows: bool,
    /// Whether there is an id of which no row tells, by the numbers.
    pub(super) lacks_ids: bool,
    /// The highest number of an id, deleted or not.
    pub(super) highest_id: IdNumber,
    names: HashSet<String>,
    /// How many more versions there can be.
    most_versions: u64,
}

/// What the rows tell of an id.
#[derive(Default)]
pub(super) struct Found {
    name: Option<String>,
    first_position: Option<Position>,
    row: Option<IdRow>,
    /// The newest version by a row of the order of times.
    newest: Option<u32>,
    deleted: bool,
    /// `None`: given up by an earlier repair, or removed.
    versions: BTreeMap<u32, Option<VersionRow>>,
}

impl Found {
    /// An id that has the version 1 alone.
    pub(super) fn of(row: VersionRow) -> Self {
        Self { versions: BTreeMap::from([(1, Some(row))]), ..Self::default() }
    }

    /// Its oldest version by its own row: older ones are pruned, whatever other rows say.
    fn oldest_named(&self) -> u32 {
        self.row.map_or(0, |row| row.oldest)
    }

    /// How far its versions lie apart.
    fn range(&self) -> u32 {
        let versions = self.versions.range(self.oldest_named()..).map(|(version, _)| *version);
        let named = self.row.into_iter().flat_map(|row| [row.oldest, row.newest]);
        let all = versions.chain(named);
        all.clone().min().zip(all.max()).map_or(0, |(first, last)| last - first)
    }
}

impl Catalog {
    pub(super) fn mend(rows: RowMap, tables: &Tables, most: u64) -> Result<Self> {
        let mut catalog = Self {
            rows: Rows::new(),
            versions: 0,
            ids: 0,
            lost_versions: Vec::new(),
            lacks_rows: false,
            lacks_ids: false,
            highest_id: IdNumber(0),
            names: HashSet::new(),
            most_versions: most,
        };
        let mut found: BTreeMap<IdNumber, Found> = BTreeMap::new();
        let mut deleted_names = HashSet::new();
        for (key, value) in rows.rows {
            catalog.sort(&key, value, &mut found, &mut deleted_names, tables)?;
        }
        catalog.highest_id = found.last_key_value().map_or(IdNumber(0), |(number, _)| *number);
        catalog.lacks_ids = catalog.highest_id.0 != found.len() as u64;
        let mut unnamed = Vec::new();
        // Of two ids with one name, the older one was deleted.
        for (number, found) in found.into_iter().rev() {
            let name_is_gone =
                found.row.is_none() && found.name.as_ref().is_some_and(|name| deleted_names.contains(name));
            if found.deleted || name_is_gone {
                continue;
            }
            match found.name.clone() {
                Some(name) if catalog.names.insert(name.clone()) => {
                    catalog.keep(number, &name, &found, tables)?;
                }
                Some(_) => {}
                None => unnamed.push((number, found)),
            }
        }
        for (number, found) in unnamed {
            let name = catalog.free_name(&format!("{LOST_AND_FOUND}checkpoint-{number}"));
            catalog.keep(number, &name, &found, tables)?;
        }
        catalog.lost_versions.reverse();
        Ok(catalog)
    }

    /// `name`, or one like it that no id has.
    pub(super) fn free_name(&mut self, name: &str) -> String {
        let mut free = name.to_owned();
        let mut number = 2;
        while !self.names.insert(free.clone()) {
            free = format!("{name}-{number}");
            number += 1;
        }
        free
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
            (Key::Version(number, version), None) => {
                found.entry(number).or_default().versions.insert(version, None);
            }
            (Key::ByFirstSave(_, number), None) => found.entry(number).or_default().deleted = true,
            (Key::ByTime(_, number), None) => drop(found.entry(number).or_default()),
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
                found.newest = found.newest.max(Some(row.newest));
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

    /// Writes the rows of an id, and notes what is lost of it.
    pub(super) fn keep(
        &mut self,
        number: IdNumber,
        name: &str,
        found: &Found,
        tables: &Tables,
    ) -> Result<()> {
        let left = self.most_versions.checked_sub(found.range().into());
        self.most_versions =
            left.ok_or_else(|| Error::corrupt(&tables.directory, 0, "checkpoint versions"))?;
        let (whole, gone) = sift(found, tables)?;
        self.lacks_rows |= found.versions.is_empty() && found.name.is_some()
            || gone.iter().any(|version| !found.versions.contains_key(version));
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
        self.ids += 1;
        Ok(())
    }
}

/// The versions that load, and the numbers of those that there were besides.
fn sift(found: &Found, tables: &Tables) -> Result<(BTreeMap<u32, VersionRow>, BTreeSet<u32>)> {
    let (mut whole, mut lost) = (BTreeMap::new(), BTreeSet::new());
    for (version, row) in found.versions.range(found.oldest_named()..) {
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
    match found.row {
        Some(row) => lost.extend((row.oldest..=row.newest).filter(|version| !known(version))),
        None => lost.extend(found.newest.filter(|version| !known(version))),
    }
    Ok((whole, lost))
}

/// Whether a record and all that it is a delta of can be read.
pub(super) fn loads(tables: &Tables, record: RecordNumber) -> Result<bool> {
    match tables.load_record(record, Keep::Bases) {
        Ok(_) => Ok(true),
        Err(Error::Corrupt { .. }) => Ok(false),
        Err(other) => Err(other),
    }
}
