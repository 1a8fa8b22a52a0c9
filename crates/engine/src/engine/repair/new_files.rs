//! The files that a repair makes.
//!
//! Constraint: no manifest names them until [`NewFiles::install`]; those of a repair that fails before that are removed.

use std::{io, sync::Arc};

use crate::{
    engine::sealed::run_config,
    error::{Error, Result},
    format::names,
    ids::{FileNumber, StoreId},
    io::{Access, Directory},
    manifest::Manifest,
    packs::PackWriter,
    runs::{Family, Run, RunWriter},
    wal::LogFile,
};

/// Files that no manifest names yet.
pub(super) struct NewFiles<'a> {
    directory: &'a dyn Directory,
    store: StoreId,
    made: Vec<String>,
    is_kept: bool,
}

impl<'a> NewFiles<'a> {
    pub(super) fn new(directory: &'a dyn Directory, store: StoreId) -> Self {
        Self { directory, store, made: Vec::new(), is_kept: true }
    }

    /// Files that only say what would be written, in a directory that goes.
    pub(super) fn not_kept(directory: &'a dyn Directory, store: StoreId) -> Self {
        Self { directory, store, made: Vec::new(), is_kept: false }
    }

    /// Whether there is any use in writing what nobody reads before it is named.
    pub(super) fn are_kept(&self) -> bool {
        self.is_kept
    }

    /// Takes a name that no file has: what is made under it is removed where the repair fails.
    fn claim(&mut self, name: String) -> Result<()> {
        match self.directory.open(&name, Access::Read) {
            Err(Error::NotFound { .. }) => {
                self.made.push(name);
                Ok(())
            }
            Ok(file) => Err(Error::io("create", file.path(), io::ErrorKind::AlreadyExists.into())),
            Err(other) => Err(other),
        }
    }

    pub(super) fn pack(&mut self, number: FileNumber) -> Result<Arc<PackWriter>> {
        self.claim(names::pack(number))?;
        PackWriter::create(self.directory, number, self.store).map(Arc::new)
    }

    pub(super) fn run(&mut self, number: FileNumber, family: Family) -> Result<RunWriter> {
        self.claim(names::run(number))?;
        RunWriter::create(self.directory, number, self.store, family, run_config(family))
    }

    pub(super) fn finish_run(&self, writer: RunWriter) -> Result<Arc<Run>> {
        let meta = writer.finish()?;
        Run::open(self.directory, meta.number, self.store, meta.family, meta.length)
    }

    pub(super) fn drop_pack(&self, number: FileNumber) -> Result<()> {
        self.drop_made(&names::pack(number))
    }

    /// Removes a run, if it is one of these.
    pub(super) fn drop_run(&self, number: FileNumber) -> Result<()> {
        self.drop_made(&names::run(number))
    }

    fn drop_made(&self, name: &str) -> Result<()> {
        if self.made.iter().any(|made| made == name) { self.directory.remove(name) } else { Ok(()) }
    }

    pub(super) fn log(&mut self, number: FileNumber) -> Result<()> {
        self.claim(names::log(number))?;
        LogFile::create(self.directory, number, self.store).map(drop)
    }

    /// Makes their names durable.
    pub(super) fn sync(&self) -> Result<()> {
        self.directory.sync()
    }

    /// Makes `after`, which names them, the store's manifest.
    pub(super) fn install(mut self, after: &mut Manifest) -> Result<()> {
        let stored = after.store(self.directory);
        if !matches!(stored, Err(Error::Full { .. })) {
            // Any other failure leaves it open which manifest is in place, so they stay.
            self.made.clear();
        }
        stored
    }
}

impl Drop for NewFiles<'_> {
    fn drop(&mut self) {
        for name in &self.made {
            // Of a repair that failed. What is left, the next opening removes.
            drop(self.directory.remove(name));
        }
    }
}
