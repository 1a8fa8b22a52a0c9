//! What a reader sees: the tables that hold the store's changes, from the newest in memory down to the oldest run.
//!
//! Constraints: a set of tables never changes once it is published; whoever holds it can read on while flush and compaction publish the next
//! one and remove files, since the open files go with it. Only the active table grows, and what a reader must not see of it is
//! told by the position of its snapshot.

pub mod place;
pub mod rows;
mod scan;
pub mod tails;

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::Arc,
};

pub use self::scan::Scan;
use self::{
    place::{Bodies, Body, Place},
    rows::{Row, Rows},
    tails::Tails,
};
use crate::{
    checkpoints::{
        cache::StoreBases,
        chain::{Ancestry, RecordFacts},
        load::{self, Keep, Locate, Origin, StoredRecord},
    },
    error::{Error, Result},
    format::record::RecordHeader,
    ids::{FileNumber, Position, RecordNumber, StoreId},
    packs::{Pack, PackWriter, RecordPlace},
    runs::{Found, Run},
    sync::RwLock,
};

/// The changes since the last flush.
#[derive(Debug, Default)]
pub struct Memtable {
    /// Catalog rows.
    pub rows: Rows,
    /// Places of events.
    pub tails: Tails,
    /// What places point into.
    pub bodies: Bodies,
    /// Checkpoint records that lie in the log's frames.
    pub records: RwLock<HashMap<RecordNumber, (RecordHeader, Place)>>,
}

/// All tables of a store at some moment.
#[derive(Debug, Clone)]
pub struct Tables {
    /// The store they belong to.
    pub store: StoreId,
    /// Its directory, for messages.
    pub directory: PathBuf,
    /// Where new changes go.
    pub active: Arc<Memtable>,
    /// What is being flushed.
    pub frozen: Option<Arc<Memtable>>,
    /// Runs of events, oldest first.
    pub event_runs: Vec<Arc<Run>>,
    /// Runs of catalog rows, oldest first.
    pub catalog_runs: Vec<Arc<Run>>,
    /// Packs, in no order.
    pub packs: Vec<PackFile>,
    /// Bases that were used lately.
    pub bases: Arc<StoreBases>,
}

/// A pack in any state.
#[derive(Debug, Clone)]
pub enum PackFile {
    /// The one that records are appended to.
    Open(Arc<PackWriter>),
    /// One that is no longer written.
    Closed(Arc<Pack>),
}

impl PackFile {
    /// Its number.
    pub fn number(&self) -> FileNumber {
        match self {
            Self::Open(pack) => pack.number(),
            Self::Closed(pack) => pack.number(),
        }
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        match self {
            Self::Open(pack) => pack.path(),
            Self::Closed(pack) => pack.path(),
        }
    }

    /// Where a record lies in it.
    pub fn find(&self, number: RecordNumber) -> Result<Option<RecordPlace>> {
        match self {
            Self::Open(pack) => Ok(pack.find(number)),
            Self::Closed(pack) => pack.find(number),
        }
    }

    /// A record and its header.
    pub fn read_stored(&self, place: &RecordPlace) -> Result<(RecordHeader, Vec<u8>)> {
        match self {
            Self::Open(pack) => pack.read_stored(place),
            Self::Closed(pack) => pack.read_stored(place),
        }
    }
}

impl Tables {
    /// The tables in memory, newest first.
    pub fn memtables(&self) -> impl Iterator<Item = &Arc<Memtable>> {
        std::iter::once(&self.active).chain(&self.frozen)
    }

    /// The bytes at `place` of `table`.
    pub fn read_place(&self, table: &Memtable, place: Place) -> Result<Vec<u8>> {
        match table.bodies.get(place) {
            Some(Body::Log(file)) => {
                let mut bytes = vec![0; place.length as usize];
                file.file().read_exact_at(&mut bytes, place.offset)?;
                place.check(&bytes, file.path())?;
                Ok(bytes)
            }
            Some(Body::Large(record)) => {
                let body = self.load_record(record, Keep::Record)?;
                slice(&body, place)
                    .map(<[u8]>::to_vec)
                    .ok_or_else(|| Error::corrupt(&self.directory, place.offset, "large change"))
            }
            None => Err(Error::corrupt(&self.directory, place.offset, "place of a change")),
        }
    }

    /// The raw bytes of a record, whatever it is a delta of.
    pub fn load_record(&self, number: RecordNumber, keep: Keep) -> Result<Arc<Vec<u8>>> {
        load::load_record(number, self, Some(&self.bases), keep)?
            .ok_or_else(|| Error::corrupt(&self.directory, 0, "missing record"))
    }

    /// What is known of a record without reading its bytes.
    pub fn find_record(&self, number: RecordNumber) -> Result<Option<RecordFacts>> {
        for table in self.memtables() {
            if let Some((header, _)) = table.records.read().get(&number) {
                return Ok(Some(RecordFacts {
                    number,
                    ordinal: header.ordinal,
                    depth: header.depth,
                    base: header.base.map(|base| base.number),
                    raw_length: header.raw_length,
                    raw_checksum: header.raw_checksum,
                }));
            }
        }
        for pack in &self.packs {
            if let Some(place) = pack.find(number)? {
                return Ok(Some(RecordFacts {
                    number,
                    ordinal: place.ordinal,
                    depth: place.depth,
                    base: place.base,
                    raw_length: place.raw_length,
                    raw_checksum: place.raw_checksum,
                }));
            }
        }
        Ok(None)
    }
}

impl Ancestry for Tables {
    fn facts(&self, number: RecordNumber) -> Result<RecordFacts> {
        self.find_record(number)?.ok_or_else(|| Error::corrupt(&self.directory, 0, "missing record"))
    }
}

impl Locate for Tables {
    fn stored(&self, number: RecordNumber) -> Result<Option<StoredRecord>> {
        for table in self.memtables() {
            let found = table.records.read().get(&number).copied();
            if let Some((header, place)) = found {
                let path = match table.bodies.get(place) {
                    Some(Body::Log(file)) => file.path().to_owned(),
                    _ => self.directory.clone(),
                };
                let stored = self.read_place(table, place)?;
                return Ok(Some(StoredRecord {
                    header,
                    stored,
                    origin: Origin { path, offset: place.offset },
                }));
            }
        }
        for pack in &self.packs {
            if let Some(place) = pack.find(number)? {
                let (header, stored) = pack.read_stored(&place)?;
                let origin = Origin { path: pack.path().to_owned(), offset: place.offset };
                return Ok(Some(StoredRecord { header, stored, origin }));
            }
        }
        Ok(None)
    }
}

/// The bytes of `place` in a large body.
pub fn slice(body: &[u8], place: Place) -> Option<&[u8]> {
    let start = usize::try_from(place.offset).ok()?;
    body.get(start..start.checked_add(place.length as usize)?)
}

/// The tables as they were when some change was the last.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// The tables.
    pub tables: Arc<Tables>,
    /// The last change that is visible.
    pub position: Position,
}

impl Snapshot {
    /// The store's directory, for messages.
    pub fn directory(&self) -> &Path {
        &self.tables.directory
    }

    /// The value of a catalog key.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        for table in self.tables.memtables() {
            if let Some(row) = table.rows.get(key, self.position) {
                return self.materialise(table, row);
            }
        }
        for run in self.tables.catalog_runs.iter().rev() {
            match run.get(key)? {
                Found::Value(value) => return Ok(Some(value)),
                Found::Removed => return Ok(None),
                Found::Absent => {}
            }
        }
        Ok(None)
    }

    /// The catalog's keys of `[from, until)` and their values, ascending or descending. No `until` is no bound.
    pub fn scan(&self, from: &[u8], until: Option<&[u8]>, reverse: bool) -> Result<Scan> {
        Scan::new(self, from, until, reverse)
    }

    fn materialise(&self, table: &Memtable, row: Row) -> Result<Option<Vec<u8>>> {
        match row {
            Row::Removed => Ok(None),
            Row::Set { head, tail } => {
                let mut value = Vec::from(head);
                if let Some(place) = tail {
                    value.extend_from_slice(&self.tables.read_place(table, place)?);
                }
                Ok(Some(value))
            }
        }
    }
}
