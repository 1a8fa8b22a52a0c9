//! Files in memory that fail on demand, for the tests of packs and of what reads them.

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use crate::{
    error::{Error, Result},
    format::record::{RecordHeader, RecordKind},
    ids::{RecordNumber, StoreId},
    io::{File, Mapping, WriteError, memory},
    sync::Mutex,
};

/// A directory of such files.
pub(crate) type MemoryDirectory = memory::MemoryDirectory<MemoryFile>;

/// The store of the tests.
pub(crate) const STORE: StoreId = StoreId(*b"store of a test!");

/// The header of a whole record of `stored` bytes, whose raw bytes are not looked at.
pub(crate) fn record(number: u64, stored: &[u8]) -> RecordHeader {
    RecordHeader {
        number: RecordNumber(number),
        base: None,
        raw_length: 0,
        raw_checksum: 0,
        stored_length: u32::try_from(stored.len()).unwrap(),
        stored_checksum: crc32fast::hash(stored),
        ordinal: 0,
        depth: 1,
        kind: RecordKind::Checkpoint,
    }
}

/// What to do at each sync, given how many there were before.
type SyncHook = dyn Fn(usize) -> io::Result<()> + Send + Sync;

/// A file in memory.
pub(crate) struct MemoryFile {
    path: PathBuf,
    bytes: Mutex<Vec<u8>>,
    /// The next write places this many bytes and fails with that kind.
    pub(crate) next_write: Mutex<Option<(usize, io::ErrorKind)>>,
    /// Reads fail with that kind.
    pub(crate) reads: Mutex<Option<io::ErrorKind>>,
    /// Called in each sync, outside all locks.
    pub(crate) on_sync: Mutex<Option<Arc<SyncHook>>>,
    /// How many syncs were started.
    pub(crate) syncs: AtomicUsize,
    /// How many bytes the last successful sync made durable.
    pub(crate) durable: AtomicUsize,
    syncing: AtomicBool,
}

impl memory::MemoryFile for MemoryFile {
    type Shared = ();

    fn new(path: PathBuf, (): &()) -> Self {
        Self {
            path,
            bytes: Mutex::default(),
            next_write: Mutex::default(),
            reads: Mutex::default(),
            on_sync: Mutex::default(),
            syncs: AtomicUsize::new(0),
            durable: AtomicUsize::new(0),
            syncing: AtomicBool::new(false),
        }
    }
}

impl MemoryFile {
    /// Replaces its bytes.
    pub(crate) fn set_bytes(&self, bytes: Vec<u8>) {
        *self.bytes.lock() = bytes;
    }

    /// A copy of its bytes.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.bytes.lock().clone()
    }
}

impl fmt::Debug for MemoryFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl File for MemoryFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn length(&self) -> Result<u64> {
        Ok(self.bytes.lock().len() as u64)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let failed = |kind: io::ErrorKind| Error::io("pread", &self.path, kind.into());
        if let Some(kind) = *self.reads.lock() {
            return Err(failed(kind));
        }
        let bytes = self.bytes.lock();
        let start = usize::try_from(offset).unwrap();
        let read = start.checked_add(buffer.len()).and_then(|end| bytes.get(start..end));
        buffer.copy_from_slice(read.ok_or_else(|| failed(io::ErrorKind::UnexpectedEof))?);
        Ok(())
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<(), WriteError> {
        let failure = self.next_write.lock().take();
        let placed = failure.map_or(bytes.len(), |(placed, _)| placed);
        let start = usize::try_from(offset).unwrap();
        let mut file = self.bytes.lock();
        if placed > 0 && file.len() < start + placed {
            file.resize(start + placed, 0);
        }
        file.get_mut(start..).unwrap_or_default()[..placed].copy_from_slice(&bytes[..placed]);
        match failure {
            None => Ok(()),
            Some((placed, kind)) => {
                let error = Error::io("pwrite", &self.path, kind.into());
                Err(WriteError { placed: placed as u64, error })
            }
        }
    }

    fn allocate(&self, length: u64) -> Result<()> {
        let length = usize::try_from(length).unwrap();
        let mut bytes = self.bytes.lock();
        if bytes.len() < length {
            bytes.resize(length, 0);
        }
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        let before = self.syncs.fetch_add(1, Ordering::SeqCst);
        assert!(!self.syncing.swap(true, Ordering::SeqCst), "two syncs of one file at once");
        let length = self.bytes.lock().len();
        let hook = self.on_sync.lock().clone();
        let outcome = hook.map_or(Ok(()), |hook| hook(before));
        self.syncing.store(false, Ordering::SeqCst);
        outcome.map_err(|error| Error::io("fdatasync", &self.path, error))?;
        self.durable.store(length, Ordering::SeqCst);
        Ok(())
    }

    fn map(&self, length: u64) -> Result<Mapping> {
        let mut bytes = self.bytes();
        bytes.truncate(usize::try_from(length).unwrap());
        Ok(Mapping::new(bytes))
    }
}
