//! Copies of what a repair removes.
//!
//! Constraints: a copy is whole and durable before the file it is of is removed; each repair has a directory of its own, inside the store's, where no other
//! part of the engine looks; one that changed nothing leaves none.

use std::{path::PathBuf, sync::Arc};

use crate::{
    engine::{abort::stopped, copy::copy_file},
    error::{Error, Result},
    io::{Access, Backend, Directory},
};

/// Where one repair's copies go.
pub(super) struct Saved<'a> {
    backend: &'a dyn Backend,
    parent: PathBuf,
}

impl<'a> Saved<'a> {
    /// Copies beside the files of `store`. Makes nothing yet.
    pub(super) fn new(backend: &'a dyn Backend, store: &dyn Directory) -> Self {
        Self { backend, parent: store.path().to_owned() }
    }

    /// Copies the files `names` of `store`, those that are there. Where that fails, or is aborted, nothing of it is left.
    pub(super) fn keep<'n>(
        &self,
        store: &dyn Directory,
        names: &'n [String],
        abort: &dyn Fn() -> bool,
    ) -> Result<Copies<'a, 'n>> {
        let path = self.free_path()?;
        let directory = self.backend.open_directory(&path, true)?;
        let copies = Copies { backend: self.backend, path, directory, names };
        match copies.make(store, abort) {
            Ok(()) => Ok(copies),
            Err(error) => {
                copies.discard();
                Err(error)
            }
        }
    }

    fn free_path(&self) -> Result<PathBuf> {
        let mut number = 1u64;
        loop {
            let path = self.parent.join(format!("repaired-{number}"));
            match self.backend.open_directory(&path, false) {
                Err(Error::NotFound { .. }) => return Ok(path),
                Ok(_) | Err(Error::NotAStore { .. }) => number += 1,
                Err(other) => return Err(other),
            }
        }
    }
}

/// The copies of one repair.
pub(super) struct Copies<'a, 'n> {
    backend: &'a dyn Backend,
    pub(super) path: PathBuf,
    directory: Arc<dyn Directory>,
    names: &'n [String],
}

impl Copies<'_, '_> {
    fn make(&self, store: &dyn Directory, abort: &dyn Fn() -> bool) -> Result<()> {
        for name in self.names {
            stopped(abort)?;
            let length = match store.open(name, Access::Read) {
                Ok(file) => file.length()?,
                Err(Error::NotFound { .. }) => continue,
                Err(other) => return Err(other),
            };
            copy_file(store, &*self.directory, name, length, abort, &mut |_| {})?;
        }
        self.directory.sync()
    }

    /// Removes them, where what they are of is still in place. If that fails, they are more than is needed.
    pub(super) fn discard(self) {
        for name in self.names {
            drop(self.directory.remove(name));
        }
        drop(self.backend.remove_directory(&self.path));
    }
}
