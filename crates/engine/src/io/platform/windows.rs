//! The half of Windows.

use std::{
    fs::{self, File, OpenOptions},
    io,
    os::windows::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::sync::Mutex;

use super::Opened;
use crate::io::{Access, DirectoryIdentity, LOCK};

const FILE_SHARE_READ: u32 = 0x1;
const FILE_SHARE_WRITE: u32 = 0x2;
const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
const FILE_FLAG_BACKUP_SEMANTICS: u32 = 0x0200_0000;
const ERROR_ACCESS_DENIED: i32 = 5;
const ERROR_SHARING_VIOLATION: i32 = 32;
/// Virus scanners and indexers hold a new file for moments; longer than this is somebody else.
const ATTEMPTS: u32 = 10;

pub(in crate::io) struct OpenDirectory {
    path: PathBuf,
    handle: File,
    lock: Mutex<Option<File>>,
}

impl OpenDirectory {
    pub(in crate::io) fn open(path: &Path) -> io::Result<Self> {
        let handle = OpenOptions::new().read(true).custom_flags(FILE_FLAG_BACKUP_SEMANTICS).open(path)?;
        if !handle.metadata()?.is_dir() {
            return Err(io::ErrorKind::NotADirectory.into());
        }
        Ok(Self { path: path.to_owned(), handle, lock: Mutex::new(None) })
    }

    pub(in crate::io) fn identity(&self) -> io::Result<DirectoryIdentity> {
        let information = winapi_util::file::information(&self.handle)?;
        Ok(DirectoryIdentity { device: information.volume_serial_number(), inode: information.file_index() })
    }

    pub(in crate::io) fn try_lock(&self) -> io::Result<bool> {
        let mut lock = self.lock.lock();
        if lock.is_some() {
            return Ok(true);
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .share_mode(FILE_SHARE_READ | FILE_SHARE_WRITE)
            .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT)
            .open(self.path.join(LOCK))?;
        let taken = super::try_lock(&file)?;
        *lock = taken.then_some(file);
        Ok(taken)
    }

    pub(in crate::io) fn unlock(&self) -> io::Result<()> {
        self.lock.lock().take().map_or(Ok(()), |file| file.unlock())
    }

    pub(in crate::io) fn list(&self) -> io::Result<Vec<String>> {
        fs::read_dir(&self.path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    pub(in crate::io) fn create(&self, name: &str) -> io::Result<File> {
        OpenOptions::new().read(true).write(true).create_new(true).open(self.path.join(name))
    }

    pub(in crate::io) fn open_file(&self, name: &str, access: Access) -> io::Result<Opened> {
        OpenOptions::new()
            .read(true)
            .write(access == Access::ReadWrite)
            // Without the second flag a directory would be refused as if it could not be accessed.
            .custom_flags(FILE_FLAG_OPEN_REPARSE_POINT | FILE_FLAG_BACKUP_SEMANTICS)
            .open(self.path.join(name))
            .and_then(Opened::check)
    }

    pub(in crate::io) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        patiently(|| fs::rename(self.path.join(from), self.path.join(to)))
    }

    pub(in crate::io) fn remove(&self, name: &str) -> io::Result<()> {
        patiently(|| fs::remove_file(self.path.join(name)))
    }

    /// Directory entries are in the file system's own journal; there is no call that syncs them.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
    pub(in crate::io) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

fn patiently(mut call: impl FnMut() -> io::Result<()>) -> io::Result<()> {
    for attempt in 1..ATTEMPTS {
        match call() {
            Err(error)
                if matches!(error.raw_os_error(), Some(ERROR_ACCESS_DENIED | ERROR_SHARING_VIOLATION)) =>
            {
                thread::sleep(Duration::from_millis(u64::from(attempt)));
            }
            answered => return answered,
        }
    }
    call()
}

pub(in crate::io) fn make_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)
}

#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
pub(in crate::io) fn sync_directory_at(_path: &Path) -> io::Result<()> {
    Ok(())
}

/// Windows does not tell whose a lock is.
pub(in crate::io) fn may_hold(_pid: u32, _directory: DirectoryIdentity) -> bool {
    true
}

pub(in crate::io) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.seek_read(buffer, offset)
}

pub(in crate::io) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    file.seek_write(bytes, offset)
}

pub(in crate::io) fn allocated(file: &File) -> io::Result<u64> {
    Ok(file.metadata()?.len())
}

/// The length is set by the caller, which on NTFS allocates.
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Unix")]
pub(in crate::io) fn allocate(_file: &File, _start: u64, _end: u64) -> io::Result<bool> {
    Ok(false)
}
