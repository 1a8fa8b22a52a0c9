//! An open run.
//!
//! Constraints: header, footer and index were checked before it is mapped; a `get` reads one block; the open file goes with it, so that readers can go on while
//! its name is removed.

use std::{path::Path, sync::Arc};

use super::{
    cache::{CACHE, RunInstance},
    family::Family,
    layout::{Identity, Layout},
};
use crate::{
    error::{Error, Result},
    format::{frame::Link, names},
    ids::{FileNumber, StoreId},
    io::{Access, Directory, File, Mapping},
};

/// A sealed run that is open for reading.
#[derive(Debug)]
pub struct Run {
    pub(super) file: Arc<dyn File>,
    pub(super) identity: Identity,
    pub(super) layout: Layout,
    pub(super) mapping: Mapping,
    pub(super) instance: RunInstance,
}

/// What a run says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    /// Its value.
    Value(Vec<u8>),
    /// That it was removed: older runs are not to be asked.
    Removed,
    /// Nothing: older runs may know it.
    Absent,
}

/// What is known of a block without reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BlockInfo<'a> {
    /// The key of its first entry.
    pub first_key: &'a [u8],
    /// Its offset in the file.
    pub offset: u64,
    /// Its length in the file.
    pub bytes: u64,
    /// How many entries it has.
    pub entries: u64,
}

impl Run {
    /// Opens the run `number`, whose file must have `expected_length` bytes. That it is missing, has another length, or is not this run of this
    /// store, is [`Error::Corrupt`]; its data blocks are checked when they are read.
    pub fn open(
        directory: &dyn Directory,
        number: FileNumber,
        store: StoreId,
        family: Family,
        expected_length: u64,
    ) -> Result<Arc<Self>> {
        let name = names::run(number);
        let file = directory.open(&name, Access::Read).map_err(|error| match error {
            Error::NotFound { .. } => Error::corrupt(&directory.path().join(&name), 0, "missing run"),
            other => other,
        })?;
        let identity = Identity { store, number, family, length: expected_length };
        let layout = Layout::read(&*file, identity)?;
        let mapping = file.map(expected_length)?;
        Ok(Arc::new(Self { file, identity, layout, mapping, instance: RunInstance::new() }))
    }

    /// Its file's path, for messages.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// Its file's number.
    pub fn number(&self) -> FileNumber {
        self.identity.number
    }

    /// What it holds.
    pub fn family(&self) -> Family {
        self.identity.family
    }

    /// Its file's length in bytes.
    pub fn length(&self) -> u64 {
        self.identity.length
    }

    /// The newest change that it is of.
    pub fn through(&self) -> Link {
        self.layout.footer.through
    }

    /// How many entries it has, removals included.
    pub fn entries(&self) -> u64 {
        self.layout.footer.entries
    }

    /// How many of its entries are removals.
    pub fn removals(&self) -> u64 {
        self.layout.footer.removals
    }

    /// How many bytes its entries take before compression.
    pub fn raw_bytes(&self) -> u64 {
        self.layout.footer.raw_bytes
    }

    /// Its blocks, in the order of their keys. Reads nothing.
    pub fn blocks(&self) -> impl ExactSizeIterator<Item = BlockInfo<'_>> {
        let index = &self.layout.index;
        index.places().iter().map(|place| BlockInfo {
            first_key: index.key_of(place),
            offset: place.offset,
            bytes: u64::from(place.length),
            entries: u64::from(place.entries),
        })
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        CACHE.forget(self.instance);
    }
}
