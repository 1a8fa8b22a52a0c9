//! The files of a store by what their headers say they are, whatever names they have now.
//!
//! Constraints: a file whose header can be used is never read as anything else; of two that are the same, the one with the right name is; a file
//! without such a header is what its name says, unless another one is that. What is written goes past it, under numbers that no file has.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::Arc,
};

use crate::{
    engine::headers::{header_of, name_by},
    error::{Error, Result},
    format::{header::FileHeader, names::FileName},
    ids::StoreId,
    io::{Access, Directory, DirectoryIdentity, File},
};

/// A directory whose files were given the names that they should have.
#[derive(Debug)]
pub(super) struct ByHeader<'a> {
    directory: &'a dyn Directory,
    /// Where a file lies whose name is another one now; `None` where the name is that of a file which is something else.
    places: BTreeMap<String, Option<String>>,
}

impl<'a> ByHeader<'a> {
    pub(super) fn of(directory: &'a dyn Directory) -> Result<Self> {
        let mut headers = Vec::new();
        for name in directory.list()?.into_iter().filter(|name| has_header(name)) {
            // One that cannot be read is told by whoever needs it.
            if let Ok(Some(header)) = header_of(directory, &name) {
                let length = directory.open(&name, Access::Read)?.length()?;
                headers.push((name, header, length));
            }
        }
        let is_right = |(name, header, _): &&(String, FileHeader, u64)| name_by(header) == *name;
        let right: BTreeSet<_> = headers.iter().filter(is_right).map(|(name, ..)| name.clone()).collect();
        let store = most_frequent(headers.iter().map(|(_, header, _)| header.store));
        let mut moved: Vec<_> = headers
            .into_iter()
            .filter(|(name, header, _)| !right.contains(name) && Some(header.store) == store)
            .collect();
        // Of two that are the same, the longer one is.
        moved.sort_unstable_by(|(one, _, of_one), (other, _, of_other)| {
            of_other.cmp(of_one).then(one.cmp(other))
        });
        let mut places: BTreeMap<_, _> = moved.iter().map(|(name, ..)| (name.clone(), None)).collect();
        for (name, header, _) in moved {
            let by_header = name_by(&header);
            if !right.contains(&by_header) {
                places.entry(by_header).or_default().get_or_insert(name);
            }
        }
        Ok(Self { directory, places })
    }

    /// Whether the file that should have this name has another one.
    pub(super) fn is_elsewhere(&self, name: FileName) -> bool {
        matches!(self.places.get(&name.to_string()), Some(Some(_)))
    }

    /// The directory as it is.
    pub(super) fn as_it_is(&self) -> &'a dyn Directory {
        self.directory
    }

    /// Where the file of this name lies.
    fn place<'n>(&'n self, name: &'n str) -> Result<&'n str> {
        match self.places.get(name) {
            None => Ok(name),
            Some(Some(place)) => Ok(place),
            Some(None) => Err(Error::NotFound { what: self.path().join(name).display().to_string() }),
        }
    }
}

fn most_frequent(stores: impl Iterator<Item = StoreId>) -> Option<StoreId> {
    let mut counts: BTreeMap<[u8; 16], usize> = BTreeMap::new();
    for StoreId(store) in stores {
        *counts.entry(store).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(store, _)| StoreId(store))
}

fn has_header(name: &str) -> bool {
    FileName::parse(name).is_some_and(|file| file == FileName::Manifest || file.number().is_some())
}

impl Directory for ByHeader<'_> {
    fn path(&self) -> &Path {
        self.directory.path()
    }

    fn identity(&self) -> DirectoryIdentity {
        self.directory.identity()
    }

    fn try_lock(&self) -> Result<bool> {
        self.directory.try_lock()
    }

    fn may_be_locked_by(&self, pid: u32) -> bool {
        self.directory.may_be_locked_by(pid)
    }

    fn unlock(&self) -> Result<()> {
        self.directory.unlock()
    }

    fn list(&self) -> Result<Vec<String>> {
        let mut names = self.directory.list()?;
        names.retain(|name| !self.places.contains_key(name));
        let moved = self.places.iter().filter(|(_, place)| place.is_some());
        names.extend(moved.map(|(name, _)| name.clone()));
        Ok(names)
    }

    fn create(&self, name: &str) -> Result<Arc<dyn File>> {
        self.directory.create(name)
    }

    fn open(&self, name: &str, access: Access) -> Result<Arc<dyn File>> {
        self.directory.open(self.place(name)?, access)
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.directory.rename(from, to)
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.directory.remove(name)
    }

    fn sync(&self) -> Result<()> {
        self.directory.sync()
    }

    fn allocated(&self, name: &str) -> Result<u64> {
        self.directory.allocated(self.place(name)?)
    }
}
