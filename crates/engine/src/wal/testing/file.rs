//! A file in memory.

use std::{
    fmt,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::Hook;
use crate::{
    error::{Error, Result},
    io::{File, Mapping, WriteError, memory},
    sync::Mutex,
};

/// How often a file was asked for what.
#[derive(Debug, Clone, Copy, Default)]
pub(in crate::wal) struct Calls {
    pub(in crate::wal) writes: u64,
    pub(in crate::wal) syncs: u64,
    pub(in crate::wal) allocations: u64,
    pub(in crate::wal) reads: u64,
}

#[derive(Default)]
pub(super) struct Content {
    pub(super) now: Vec<u8>,
    pub(super) durable: Vec<u8>,
    calls: Calls,
    failing_write: Option<(usize, ErrorKind)>,
    failing_allocation: bool,
    failing_syncs: bool,
    failing_reads: bool,
}

pub(in crate::wal) struct MemoryFile {
    path: PathBuf,
    pub(super) content: Mutex<Content>,
    sync_hook: Hook,
}

impl memory::MemoryFile for MemoryFile {
    /// Called with each new file.
    type Shared = Hook;

    fn new(path: PathBuf, created: &Hook) -> Self {
        let file = Self { path, content: Mutex::default(), sync_hook: Mutex::default() };
        if let Some(created) = &*created.lock() {
            created(&file);
        }
        file
    }
}

impl MemoryFile {
    /// Makes these its bytes, durably.
    pub(super) fn hold(&self, now: Vec<u8>) {
        *self.content.lock() = Content { durable: now.clone(), now, ..Content::default() };
    }

    pub(in crate::wal) fn edit(&self, edit: impl FnOnce(&mut Vec<u8>)) {
        edit(&mut self.content.lock().now);
    }

    pub(in crate::wal) fn calls(&self) -> Calls {
        self.content.lock().calls
    }

    pub(in crate::wal) fn length_now(&self) -> u64 {
        self.content.lock().now.len() as u64
    }

    pub(in crate::wal) fn durable(&self) -> Vec<u8> {
        self.content.lock().durable.clone()
    }

    pub(in crate::wal) fn fail_next_write(&self, placed: usize, kind: ErrorKind) {
        self.content.lock().failing_write = Some((placed, kind));
    }

    pub(in crate::wal) fn fail_allocation(&self) {
        self.content.lock().failing_allocation = true;
    }

    pub(in crate::wal) fn fail_syncs(&self, fail: bool) {
        self.content.lock().failing_syncs = fail;
    }

    pub(in crate::wal) fn fail_reads(&self, fail: bool) {
        self.content.lock().failing_reads = fail;
    }

    /// Called in each sync, after what it covers is settled and before it answers.
    pub(in crate::wal) fn on_sync(&self, hook: impl Fn(&Self) + Send + Sync + 'static) {
        *self.sync_hook.lock() = Some(Arc::new(hook));
    }

    fn refused(&self, operation: &'static str, kind: ErrorKind) -> Error {
        Error::io(operation, &self.path, io::Error::from(kind))
    }
}

impl fmt::Debug for MemoryFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryFile({})", self.path.display())
    }
}

impl File for MemoryFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn length(&self) -> Result<u64> {
        Ok(self.length_now())
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let mut content = self.content.lock();
        content.calls.reads += 1;
        if content.failing_reads {
            return Err(self.refused("pread", ErrorKind::Other));
        }
        let from = usize::try_from(offset).unwrap();
        let bytes = content.now.get(from..from + buffer.len());
        buffer.copy_from_slice(bytes.ok_or_else(|| self.refused("pread", ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<(), WriteError> {
        let mut content = self.content.lock();
        content.calls.writes += 1;
        let failing = content.failing_write.take();
        let placed = failing.map_or(bytes.len(), |(placed, _)| placed.min(bytes.len()));
        let from = usize::try_from(offset).unwrap();
        let end = from + placed;
        if placed > 0 && content.now.len() < end {
            content.now.resize(end, 0);
        }
        if placed > 0 {
            content.now[from..end].copy_from_slice(&bytes[..placed]);
        }
        match failing {
            Some((_, kind)) => Err(WriteError { placed: placed as u64, error: self.refused("pwrite", kind) }),
            None => Ok(()),
        }
    }

    fn allocate(&self, length: u64) -> Result<()> {
        let mut content = self.content.lock();
        content.calls.allocations += 1;
        if content.failing_allocation {
            return Err(self.refused("fallocate", ErrorKind::StorageFull));
        }
        let length = usize::try_from(length).unwrap().max(content.now.len());
        content.now.resize(length, 0);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        let covered = {
            let mut content = self.content.lock();
            content.calls.syncs += 1;
            content.now.clone()
        };
        let hook = self.sync_hook.lock().clone();
        if let Some(hook) = hook {
            hook(self);
        }
        let mut content = self.content.lock();
        if content.failing_syncs {
            return Err(self.refused("fdatasync", ErrorKind::Other));
        }
        content.durable = covered;
        Ok(())
    }

    fn map(&self, length: u64) -> Result<Mapping> {
        let content = self.content.lock();
        Ok(Mapping::new(content.now[..usize::try_from(length).unwrap()].to_vec()))
    }
}
