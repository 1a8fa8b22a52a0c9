//! A directory in memory whose files fail on demand, for the tests of packs and of what reads them.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use crate::sync::Mutex;

use crate::{
    error::{Error, Result},
    format::record::{RecordHeader, RecordKind},
    ids::{RecordNumber, StoreId},
    io::{Access, Directory, DirectoryIdentity, File, Mapping, WriteError},
};

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

/// A directory in memory.
#[derive(Debug, Default)]
pub(crate) struct MemoryDirectory {
    files: Mutex<BTreeMap<String, Arc<MemoryFile>>>,
}

impl MemoryDirectory {
    /// The file `name`, which exists.
    pub(crate) fn file(&self, name: &str) -> Arc<MemoryFile> {
        Arc::clone(&self.files.lock()[name])
    }

    /// Puts `bytes` at `name`.
    pub(crate) fn put(&self, name: &str, bytes: Vec<u8>) {
        let file = MemoryFile::new(name);
        *file.bytes.lock() = bytes;
        self.files.lock().insert(name.to_owned(), file);
    }
}

impl Directory for MemoryDirectory {
    fn path(&self) -> &Path {
        Path::new("/memory")
    }

    fn identity(&self) -> DirectoryIdentity {
        DirectoryIdentity { device: 0, inode: 0 }
    }

    fn try_lock(&self) -> Result<bool> {
        Ok(true)
    }

    fn unlock(&self) -> Result<()> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<String>> {
        Ok(self.files.lock().keys().cloned().collect())
    }

    fn create(&self, name: &str) -> Result<Arc<dyn File>> {
        let file = MemoryFile::new(name);
        let before = self.files.lock().insert(name.to_owned(), Arc::clone(&file));
        assert!(before.is_none(), "{name} exists");
        Ok(file)
    }

    fn open(&self, name: &str, _access: Access) -> Result<Arc<dyn File>> {
        match self.files.lock().get(name) {
            Some(file) => Ok(Arc::clone(file) as Arc<dyn File>),
            None => Err(Error::NotFound { what: name.to_owned() }),
        }
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let mut files = self.files.lock();
        let file = files.remove(from).unwrap();
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
        self.file(name).length()
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

impl MemoryFile {
    fn new(name: &str) -> Arc<Self> {
        Arc::new(Self {
            path: Path::new("/memory").join(name),
            bytes: Mutex::default(),
            next_write: Mutex::default(),
            reads: Mutex::default(),
            on_sync: Mutex::default(),
            syncs: AtomicUsize::new(0),
            durable: AtomicUsize::new(0),
            syncing: AtomicBool::new(false),
        })
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
