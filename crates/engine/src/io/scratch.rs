//! A directory in memory, for files that are read once and that nobody keeps: what a repair would write, where it is only asked what it would do.
//!
//! Constraints: no call of the operating system is made; nothing is durable; memory is taken for every byte until the directory is dropped.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Access, Directory, DirectoryIdentity, File, Mapping, WriteError};
use crate::{
    error::{Error, Result},
    sync::Mutex,
};

/// Such a directory.
#[derive(Debug)]
pub struct ScratchDirectory {
    path: PathBuf,
    files: Mutex<BTreeMap<String, Arc<ScratchFile>>>,
}

impl ScratchDirectory {
    /// An empty one, which is at `path` as far as messages go.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), files: Mutex::default() }
    }
}

impl Directory for ScratchDirectory {
    fn path(&self) -> &Path {
        &self.path
    }

    fn identity(&self) -> DirectoryIdentity {
        DirectoryIdentity { device: 0, inode: 0 }
    }

    fn try_lock(&self) -> Result<bool> {
        Ok(true)
    }

    fn may_be_locked_by(&self, _: u32) -> bool {
        true
    }

    fn unlock(&self) -> Result<()> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<String>> {
        Ok(self.files.lock().keys().cloned().collect())
    }

    fn create(&self, name: &str) -> Result<Arc<dyn File>> {
        let file = Arc::new(ScratchFile { path: self.path.join(name), bytes: Mutex::default() });
        self.files.lock().insert(name.to_owned(), Arc::clone(&file));
        Ok(file)
    }

    fn open(&self, name: &str, _: Access) -> Result<Arc<dyn File>> {
        let found = self.files.lock().get(name).cloned();
        let file = found.ok_or_else(|| Error::NotFound { what: name.to_owned() })?;
        Ok(file)
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let mut files = self.files.lock();
        let file = files.remove(from).ok_or_else(|| Error::NotFound { what: from.to_owned() })?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.files.lock().remove(name);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn allocated(&self, name: &str) -> Result<u64> {
        self.open(name, Access::Read)?.length()
    }
}

#[derive(Debug)]
struct ScratchFile {
    path: PathBuf,
    bytes: Mutex<Vec<u8>>,
}

impl ScratchFile {
    fn refused(&self, kind: io::ErrorKind) -> Error {
        Error::io("pread", &self.path, kind.into())
    }
}

impl File for ScratchFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn length(&self) -> Result<u64> {
        Ok(self.bytes.lock().len() as u64)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let bytes = self.bytes.lock();
        let start = usize::try_from(offset).ok();
        let range = start.and_then(|start| bytes.get(start..start.checked_add(buffer.len())?));
        buffer.copy_from_slice(range.ok_or_else(|| self.refused(io::ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn write_all_at(&self, written: &[u8], offset: u64) -> Result<(), WriteError> {
        let refused = || WriteError { placed: 0, error: self.refused(io::ErrorKind::FileTooLarge) };
        let start = usize::try_from(offset).map_err(|_| refused())?;
        let end = start.checked_add(written.len()).ok_or_else(refused)?;
        let mut bytes = self.bytes.lock();
        let length = bytes.len().max(end);
        bytes.resize(length, 0);
        bytes.get_mut(start..end).ok_or_else(refused)?.copy_from_slice(written);
        Ok(())
    }

    fn allocate(&self, length: u64) -> Result<()> {
        let length = usize::try_from(length).map_err(|_| self.refused(io::ErrorKind::FileTooLarge))?;
        let mut bytes = self.bytes.lock();
        let length = bytes.len().max(length);
        bytes.resize(length, 0);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn map(&self, length: u64) -> Result<Mapping> {
        let mut bytes = self.bytes.lock().clone();
        bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        Ok(Mapping::new(bytes))
    }
}
