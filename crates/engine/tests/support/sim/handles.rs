//! Open directories and files of a [`SimDisk`].

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use agent_storage_engine::{
    error::{Error, Result},
    io::{Access, Directory, DirectoryIdentity, File, Mapping, WriteError},
};

use super::{
    Call, Failure, SimDisk, State,
    directory_state::DirectoryState,
    file_state::{FileState, SECTOR},
};

#[derive(Debug)]
pub(super) struct SimDirectory {
    disk: SimDisk,
    path: PathBuf,
    number: usize,
    device: u64,
    /// As a descriptor: the lock is this one's, not the process's.
    handle: u64,
}

impl SimDirectory {
    pub(super) fn new(disk: SimDisk, path: PathBuf, number: usize, device: u64, handle: u64) -> Self {
        Self { disk, path, number, device, handle }
    }

    /// Notes the call and, unless it is to fail, makes it.
    fn call<T>(&self, call: Call, path: &Path, make: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        self.disk.pause();
        let mut state = self.disk.state();
        state.journal.begin(call, path, 0, 0).map_err(|failed| failed.error(path))?;
        make(&mut state)
    }

    fn of<'a>(&self, state: &'a mut State) -> &'a mut DirectoryState {
        &mut state.directories[self.number]
    }

    fn file(&self, state: &mut State, name: &str) -> Result<usize> {
        let missing = || Error::NotFound { what: self.path.join(name).display().to_string() };
        self.of(state).entries().get(name).copied().ok_or_else(missing)
    }

    fn opened(&self, name: &str, number: usize, access: Access) -> Arc<dyn File> {
        Arc::new(SimFile { disk: self.disk.clone(), path: self.path.join(name), number, access })
    }

    fn give_lock_back(&self, state: &mut State) {
        let directory = self.of(state);
        if directory.locked_by == Some(self.handle) {
            directory.locked_by = None;
        }
    }
}

impl Drop for SimDirectory {
    fn drop(&mut self) {
        self.give_lock_back(&mut self.disk.state());
    }
}

impl Directory for SimDirectory {
    fn path(&self) -> &Path {
        &self.path
    }

    fn identity(&self) -> DirectoryIdentity {
        DirectoryIdentity { device: self.device, inode: self.number as u64 }
    }

    fn try_lock(&self) -> Result<bool> {
        self.call(Call::TryLock, &self.path, |state| {
            let holder = *self.of(state).locked_by.get_or_insert(self.handle);
            Ok(holder == self.handle)
        })
    }

    fn may_be_locked_by(&self, _: u32) -> bool {
        true
    }

    fn unlock(&self) -> Result<()> {
        self.call(Call::Unlock, &self.path, |state| {
            self.give_lock_back(state);
            Ok(())
        })
    }

    fn list(&self) -> Result<Vec<String>> {
        self.call(Call::List, &self.path, |state| Ok(self.of(state).entries().keys().cloned().collect()))
    }

    fn create(&self, name: &str) -> Result<Arc<dyn File>> {
        let path = self.path.join(name);
        self.call(Call::Create, &path, |state| {
            if self.of(state).entries().contains_key(name) {
                return Err(Error::io("open", &path, io::ErrorKind::AlreadyExists.into()));
            }
            state.files.push(FileState::default());
            let number = state.files.len() - 1;
            self.of(state).change([(name.to_owned(), Some(number))]);
            Ok(self.opened(name, number, Access::ReadWrite))
        })
    }

    fn open(&self, name: &str, access: Access) -> Result<Arc<dyn File>> {
        self.call(Call::Open, &self.path.join(name), |state| {
            let number = self.file(state, name)?;
            Ok(self.opened(name, number, access))
        })
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let path = self.path.join(from);
        self.call(Call::Rename, &path, |state| {
            let directory = self.of(state);
            let Some(number) = directory.entries().get(from).copied() else {
                return Err(Error::io("rename", &path, io::ErrorKind::NotFound.into()));
            };
            if from != to {
                directory.change([(from.to_owned(), None), (to.to_owned(), Some(number))]);
            }
            Ok(())
        })
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.call(Call::Remove, &self.path.join(name), |state| {
            let directory = self.of(state);
            if directory.entries().contains_key(name) {
                directory.change([(name.to_owned(), None)]);
            }
            Ok(())
        })
    }

    fn sync(&self) -> Result<()> {
        self.disk.pause();
        let mut state = self.disk.state();
        match state.journal.begin(Call::SyncDirectory, &self.path, 0, 0) {
            Ok(()) => self.of(&mut state).sync(),
            Err(failed) => {
                if failed.failure != Failure::Halt {
                    self.of(&mut state).fail_sync();
                }
                return Err(failed.error(&self.path));
            }
        }
        drop(state);
        self.disk.pause();
        Ok(())
    }

    fn allocated(&self, name: &str) -> Result<u64> {
        self.call(Call::Allocated, &self.path.join(name), |state| {
            let number = self.file(state, name)?;
            Ok(state.files[number].seen().len().next_multiple_of(SECTOR) as u64)
        })
    }
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    path: PathBuf,
    number: usize,
    access: Access,
}

impl SimFile {
    fn call<T>(
        &self,
        (call, offset, length): (Call, u64, u64),
        make: impl FnOnce(&mut FileState) -> Result<T>,
    ) -> Result<T> {
        self.disk.pause();
        let mut state = self.disk.state();
        state.journal.begin(call, &self.path, offset, length).map_err(|failed| failed.error(&self.path))?;
        make(&mut state.files[self.number])
    }

    fn error(&self, operation: &'static str, kind: io::ErrorKind) -> Error {
        Error::io(operation, &self.path, kind.into())
    }

    fn check_writable(&self, operation: &'static str) -> Result<()> {
        match self.access {
            Access::ReadWrite => Ok(()),
            Access::Read => Err(Error::io(operation, &self.path, io::Error::other("bad file descriptor"))),
        }
    }
}

impl File for SimFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn length(&self) -> Result<u64> {
        self.call((Call::Length, 0, 0), |file| Ok(file.seen().len() as u64))
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        self.call((Call::Read, offset, buffer.len() as u64), |file| {
            let start = usize::try_from(offset).unwrap_or(usize::MAX);
            let bytes = file.seen().get(start..start.saturating_add(buffer.len()));
            match bytes {
                Some(bytes) => buffer.copy_from_slice(bytes),
                None if buffer.is_empty() => {}
                None => return Err(self.error("pread", io::ErrorKind::UnexpectedEof)),
            }
            Ok(())
        })
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<(), WriteError> {
        self.disk.pause();
        let mut state = self.disk.state_for_writing(&self.path);
        let begun = state.journal.begin(Call::Write, &self.path, offset, bytes.len() as u64);
        let start = usize::try_from(offset).map_err(|_| WriteError {
            placed: 0,
            error: self.error("pwrite", io::ErrorKind::FileTooLarge),
        })?;
        self.check_writable("pwrite").map_err(|error| WriteError { placed: 0, error })?;
        let file = &mut state.files[self.number];
        let Err(failed) = begun else {
            file.write(bytes, start);
            return Ok(());
        };
        let placed = match failed.failure {
            Failure::Short(placed) => placed.min((bytes.len() as u64).saturating_sub(1)),
            _ => 0,
        };
        file.write(&bytes[..usize::try_from(placed).unwrap_or(0)], start);
        Err(WriteError { placed, error: failed.error(&self.path) })
    }

    fn allocate(&self, length: u64) -> Result<()> {
        self.call((Call::Allocate, 0, length), |file| {
            self.check_writable("fallocate")?;
            let length = usize::try_from(length).map_err(|_| Error::Full { path: self.path.clone() })?;
            file.grow(length);
            Ok(())
        })
    }

    fn sync(&self) -> Result<()> {
        self.disk.pause();
        let mut state = self.disk.state();
        let begun = state.journal.begin(Call::Sync, &self.path, 0, 0);
        let file = &mut state.files[self.number];
        match begun {
            Ok(()) => file.sync(),
            Err(failed) => {
                if failed.failure != Failure::Halt {
                    file.fail_sync();
                }
                return Err(failed.error(&self.path));
            }
        }
        drop(state);
        self.disk.pause();
        Ok(())
    }

    fn map(&self, length: u64) -> Result<Mapping> {
        self.call((Call::Map, 0, length), |file| {
            let seen = file.seen();
            let mapped = usize::try_from(length).ok().and_then(|length| seen.get(..length));
            match mapped {
                Some(bytes) => Ok(Mapping::new(bytes.to_vec())),
                None => Err(Error::corrupt(&self.path, seen.len() as u64, "file length")),
            }
        })
    }
}
