//! Files in memory, which tests can damage and whose disk can be full.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    error::{Error, Result},
    format::names,
    ids::FileNumber,
    io::{File, Mapping, WriteError, memory},
    sync::Mutex,
};

/// Bytes that do not compress, the same for the same seed.
pub(super) fn noise(seed: u32, length: usize) -> Vec<u8> {
    let mut state = u64::from(seed) << 1 | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes()[0]
    };
    (0..length + 16).map(|_| next()).skip(16).collect()
}

/// A directory of such files.
pub(super) type MemoryDirectory = memory::MemoryDirectory<MemoryFile>;

/// How many bytes can still be written, where that is limited.
type Room = Arc<Mutex<Option<u64>>>;

#[derive(Debug)]
pub(super) struct MemoryFile {
    path: PathBuf,
    state: Mutex<FileState>,
    room: Room,
}

#[derive(Debug, Default)]
struct FileState {
    bytes: Vec<u8>,
    synced: bool,
    unreadable: Option<std::ops::Range<u64>>,
}

impl MemoryDirectory {
    /// From now on at most so many bytes can be written.
    pub(super) fn set_room(&self, bytes: u64) {
        *self.shared.lock() = Some(bytes);
    }

    /// The bytes of a run.
    pub(super) fn bytes(&self, number: FileNumber) -> Vec<u8> {
        self.run(number).state.lock().bytes.clone()
    }

    /// Replaces the bytes of a run.
    pub(super) fn set_bytes(&self, number: FileNumber, bytes: &[u8]) {
        self.run(number).state.lock().bytes = bytes.to_vec();
    }

    /// Makes reads that touch `range` of a run fail.
    pub(super) fn set_unreadable(&self, number: FileNumber, range: std::ops::Range<u64>) {
        self.run(number).state.lock().unreadable = Some(range);
    }

    /// Whether a run was synced after it was last written.
    pub(super) fn is_synced(&self, number: FileNumber) -> bool {
        self.run(number).state.lock().synced
    }

    fn run(&self, number: FileNumber) -> Arc<MemoryFile> {
        self.file(&names::run(number))
    }
}

impl memory::MemoryFile for MemoryFile {
    type Shared = Room;

    fn new(path: PathBuf, room: &Room) -> Self {
        Self { path, state: Mutex::default(), room: Arc::clone(room) }
    }
}

impl File for MemoryFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn length(&self) -> Result<u64> {
        Ok(self.state.lock().bytes.len() as u64)
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let state = self.state.lock();
        let end = offset + buffer.len() as u64;
        if state.unreadable.as_ref().is_some_and(|range| range.start < end && offset < range.end) {
            return Err(Error::io("pread", &self.path, io::Error::other("medium error")));
        }
        let start = usize::try_from(offset).unwrap();
        let bytes = state.bytes.get(start..start + buffer.len());
        let bytes =
            bytes.ok_or_else(|| Error::io("pread", &self.path, io::ErrorKind::UnexpectedEof.into()))?;
        buffer.copy_from_slice(bytes);
        Ok(())
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<(), WriteError> {
        let mut room = self.room.lock();
        let fits = room.map_or(bytes.len(), |room| bytes.len().min(usize::try_from(room).unwrap()));
        *room = room.map(|room| room - fits as u64);
        let mut state = self.state.lock();
        state.synced = false;
        let start = usize::try_from(offset).unwrap();
        let end = state.bytes.len().max(start + fits);
        state.bytes.resize(end, 0);
        state.bytes[start..start + fits].copy_from_slice(&bytes[..fits]);
        if fits == bytes.len() {
            return Ok(());
        }
        let error = Error::io("pwrite", &self.path, io::ErrorKind::StorageFull.into());
        Err(WriteError { placed: fits as u64, error })
    }

    fn allocate(&self, length: u64) -> Result<()> {
        let mut state = self.state.lock();
        let length = state.bytes.len().max(usize::try_from(length).unwrap());
        state.bytes.resize(length, 0);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        self.state.lock().synced = true;
        Ok(())
    }

    fn map(&self, length: u64) -> Result<Mapping> {
        let bytes = self.state.lock().bytes.clone();
        assert_eq!(bytes.len() as u64, length, "mapped without its length having been checked");
        Ok(Mapping::new(bytes))
    }
}
