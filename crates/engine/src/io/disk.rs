//! The backend on the operating system's files.
//!
//! Constraints, beyond those of the traits:
//! - a directory's path is made absolute and free of links when it is opened; a later `chdir` changes nothing;
//! - calls that happen whole or not at all ([`Error::Full`] where no space is left) are creating, renaming, removing (where a
//!   directory is copied on write) and allocating; a write tells how much it placed;
//! - an operation is named as the system call of its manual page, on every system.
//!
//! What differs between operating systems is in `platform`.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{
    Access, Backend, Directory, DirectoryIdentity, File, Mapping, WriteError, mmap,
    platform::{self, OpenDirectory, Opened},
};
use crate::{
    error::{Error, Result},
    sync::RwLock,
};

/// The file system of this machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct Disk;

impl Backend for Disk {
    fn open_directory(&self, path: &Path, create: bool) -> Result<Arc<dyn Directory>> {
        let absolute = std::path::absolute(path).map_err(|error| Error::io("getcwd", path, error))?;
        if create {
            ensure_directory(&absolute)?;
        }
        let path =
            fs::canonicalize(&absolute).map_err(|error| opening_failed("realpath", &absolute, error))?;
        let handle = OpenDirectory::open(&path).map_err(|error| opening_failed("open", &path, error))?;
        let identity = handle.identity().map_err(|error| Error::io("fstat", &path, error))?;
        Ok(Arc::new(DiskDirectory { path, identity, handle }))
    }

    fn remove_directory(&self, path: &Path) -> Result<()> {
        fs::remove_dir(path).map_err(|error| Error::io("rmdir", path, error))
    }
}

/// Makes sure that `path` is a directory and that its entry survives a power cut. One that is found empty may have been made
/// by a process that ended before it synced the entry, so that is done again.
fn ensure_directory(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => {
            let empty = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
            return if empty { sync_entry_of_found(path) } else { Ok(()) };
        }
        Ok(_) => return Err(not_a_directory(path)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(opening_failed("stat", path, error)),
    }
    let parent = path.parent();
    if let Some(parent) = parent {
        ensure_directory(parent)?;
    }
    match platform::make_directory(path) {
        Ok(()) => {}
        // Somebody else made it meanwhile; or it is a link that leads nowhere.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            if !fs::metadata(path).is_ok_and(|found| found.is_dir()) {
                return Err(not_a_directory(path));
            }
        }
        Err(error) => return Err(refused_whole("mkdir", path, error)),
    }
    parent.map_or(Ok(()), |parent| {
        platform::sync_directory_at(parent).map_err(|error| Error::io("fsync", parent, error))
    })
}

/// A parent that may not be read cannot be synced, and then it was not this program that made an entry in it.
fn sync_entry_of_found(path: &Path) -> Result<()> {
    let Some(parent) = path.parent() else { return Ok(()) };
    match platform::sync_directory_at(parent) {
        Err(error) if error.kind() != io::ErrorKind::PermissionDenied => {
            Err(Error::io("fsync", parent, error))
        }
        _ => Ok(()),
    }
}

fn not_a_directory(path: &Path) -> Error {
    Error::NotAStore { path: path.to_owned(), what: "it is not a directory".to_owned() }
}

fn opening_failed(operation: &'static str, path: &Path, error: io::Error) -> Error {
    match error.kind() {
        io::ErrorKind::NotFound => Error::NotFound { what: path.display().to_string() },
        io::ErrorKind::NotADirectory => not_a_directory(path),
        _ => Error::unreadable(operation, path, error),
    }
}

/// The failure of a call that changes nothing where it fails.
fn refused_whole(operation: &'static str, path: &Path, error: io::Error) -> Error {
    let error = Error::io(operation, path, error);
    if error.is_out_of_space() { Error::Full { path: path.to_owned() } } else { error }
}

struct DiskDirectory {
    path: PathBuf,
    identity: DirectoryIdentity,
    handle: OpenDirectory,
}

impl fmt::Debug for DiskDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DiskDirectory({})", self.path.display())
    }
}

impl DiskDirectory {
    fn open_regular(&self, name: &str, access: Access) -> Result<(PathBuf, fs::File)> {
        let path = self.path.join(name);
        match self.handle.open_file(name, access) {
            Ok(Opened::Regular(file)) => Ok((path, file)),
            Ok(Opened::Other(what)) => Err(Error::NotAStore { path, what: what.to_owned() }),
            Err(error) if self.is_only_readable(name, access, &error) => Err(Error::io("open", &path, error)),
            Err(error) => Err(opening_failed("open", &path, error)),
        }
    }

    /// Whether the file, which may not be opened for writing, may be read.
    fn is_only_readable(&self, name: &str, access: Access, error: &io::Error) -> bool {
        let is_refused =
            matches!(error.kind(), io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem);
        access == Access::ReadWrite && is_refused && self.handle.open_file(name, Access::Read).is_ok()
    }
}

impl Directory for DiskDirectory {
    fn path(&self) -> &Path {
        &self.path
    }

    fn identity(&self) -> DirectoryIdentity {
        self.identity
    }

    fn try_lock(&self) -> Result<bool> {
        self.handle.try_lock().map_err(|error| Error::io("flock", &self.path, error))
    }

    fn may_be_locked_by(&self, pid: u32) -> bool {
        platform::may_hold(pid, self.identity)
    }

    fn unlock(&self) -> Result<()> {
        self.handle.unlock().map_err(|error| Error::io("flock", &self.path, error))
    }

    fn list(&self) -> Result<Vec<String>> {
        self.handle.list().map_err(|error| Error::unreadable("readdir", &self.path, error))
    }

    fn create(&self, name: &str) -> Result<Arc<dyn File>> {
        let path = self.path.join(name);
        let file = self.handle.create(name).map_err(|error| refused_whole("open", &path, error))?;
        Ok(Arc::new(DiskFile::new(path, file)))
    }

    fn open(&self, name: &str, access: Access) -> Result<Arc<dyn File>> {
        let (path, file) = self.open_regular(name, access)?;
        Ok(Arc::new(DiskFile::new(path, file)))
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        self.handle.rename(from, to).map_err(|error| refused_whole("rename", &self.path.join(from), error))
    }

    fn remove(&self, name: &str) -> Result<()> {
        match self.handle.remove(name) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(refused_whole("unlink", &self.path.join(name), error))
            }
            _ => Ok(()),
        }
    }

    fn sync(&self) -> Result<()> {
        self.handle.sync().map_err(|error| Error::io("fsync", &self.path, error))
    }

    fn allocated(&self, name: &str) -> Result<u64> {
        let (path, file) = self.open_regular(name, Access::Read)?;
        platform::allocated(&file).map_err(|error| Error::io("fstat", &path, error))
    }
}

struct DiskFile {
    path: PathBuf,
    file: fs::File,
    /// Setting the length where space cannot be allocated must not cut off what a write beside it has just put behind that
    /// length: writes hold this for reading, setting the length for writing.
    setting_length: RwLock<()>,
}

impl fmt::Debug for DiskFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DiskFile({})", self.path.display())
    }
}

impl DiskFile {
    fn new(path: PathBuf, file: fs::File) -> Self {
        Self { path, file, setting_length: RwLock::new(()) }
    }

    fn error(&self, operation: &'static str, error: io::Error) -> Error {
        Error::io(operation, &self.path, error)
    }

    /// Makes the file `length` long, unless a write has made it longer meanwhile.
    fn set_length(&self, length: u64) -> io::Result<()> {
        let _no_writes = self.setting_length.write();
        if self.file.metadata()?.len() < length { self.file.set_len(length) } else { Ok(()) }
    }
}

impl File for DiskFile {
    fn path(&self) -> &Path {
        &self.path
    }

    fn length(&self) -> Result<u64> {
        Ok(self.file.metadata().map_err(|error| self.error("fstat", error))?.len())
    }

    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()> {
        let mut rest = buffer;
        let mut at = offset;
        while !rest.is_empty() {
            match platform::read_at(&self.file, rest, at) {
                Ok(0) => return Err(self.error("pread", io::ErrorKind::UnexpectedEof.into())),
                Ok(read) => {
                    rest = rest.get_mut(read..).unwrap_or_default();
                    at = at.saturating_add(read as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.error("pread", error)),
            }
        }
        Ok(())
    }

    fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<(), WriteError> {
        let _length_kept = self.setting_length.read();
        let mut rest = bytes;
        let mut placed = 0_u64;
        let failed = |placed, error| WriteError { placed, error: self.error("pwrite", error) };
        while !rest.is_empty() {
            match platform::write_at(&self.file, rest, offset.saturating_add(placed)) {
                Ok(0) => return Err(failed(placed, io::ErrorKind::WriteZero.into())),
                Ok(written) => {
                    rest = rest.get(written..).unwrap_or_default();
                    placed = placed.saturating_add(written as u64);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(placed, error)),
            }
        }
        Ok(())
    }

    fn allocate(&self, length: u64) -> Result<()> {
        let failed = |operation, error| refused_whole(operation, &self.path, error);
        // Bytes within the length are written or allocated already.
        let start = self.length()?;
        if start >= length
            || platform::allocate(&self.file, start, length).map_err(|error| failed("fallocate", error))?
        {
            return Ok(());
        }
        self.set_length(length).map_err(|error| failed("ftruncate", error))
    }

    fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|error| self.error("fdatasync", error))
    }

    fn map(&self, length: u64) -> Result<Mapping> {
        mmap::map_sealed(&self.file, &self.path, length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Would catch a log whose last frames are cut off by its own preallocation, on file systems that cannot allocate.
    #[test]
    fn setting_the_length_never_shortens() {
        let file = DiskFile::new(PathBuf::from("file"), tempfile::tempfile().expect("a temporary file"));
        file.set_length(100).expect("grows");
        assert_eq!(file.length().expect("length"), 100);
        file.write_all_at(b"frame", 200).expect("writes behind the length");
        file.set_length(150).expect("has nothing to do");
        assert_eq!(file.length().expect("length"), 205);
    }
}
