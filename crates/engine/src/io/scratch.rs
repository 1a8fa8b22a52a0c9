//! A directory in memory, for files that are read once and that nobody keeps: what a repair would write, where it is only asked what it would do.
//!
//! Constraints: no call of the operating system is made; nothing is durable; memory is taken for every byte until the directory is dropped.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    File, Mapping, WriteError,
    memory::{MemoryDirectory, MemoryFile},
};
use crate::{
    error::{Error, Result},
    sync::Mutex,
};

/// Such a directory.
pub(crate) type ScratchDirectory = MemoryDirectory<ScratchFile>;

/// A file of it.
#[derive(Debug)]
pub(crate) struct ScratchFile {
    path: PathBuf,
    bytes: Mutex<Vec<u8>>,
}

impl MemoryFile for ScratchFile {
    type Shared = ();

    fn new(path: PathBuf, (): &()) -> Self {
        Self { path, bytes: Mutex::default() }
    }
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
