//! Copies of what a repair removes.
//!
//! Constraints: a copy is whole and durable before the file it is of is removed; each repair has a directory of its own, inside the store's, where no other
//! part of the engine looks.

use std::path::PathBuf;

use crate::{
    engine::copy::copy_file,
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

    /// Copies the files `names` of `store`, those that are there; answers where to.
    pub(super) fn keep(
        &self,
        store: &dyn Directory,
        names: &[String],
        abort: &dyn Fn() -> bool,
    ) -> Result<PathBuf> {
        let path = self.free_path()?;
        let target = self.backend.open_directory(&path, true)?;
        for name in names {
            let length = match store.open(name, Access::Read) {
                Ok(file) => file.length()?,
                Err(Error::NotFound { .. }) => continue,
                Err(other) => return Err(other),
            };
            copy_file(store, &*target, name, length, abort, &mut |_| {})?;
        }
        target.sync()?;
        Ok(path)
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
