//! Where operating systems differ, and nothing else: the calls behind [`super::disk`], once for Unix and once for Windows.
//!
//! Constraints:
//! - both halves offer the same items with the same meaning; errors are the operating system's, turned into kinds by the caller;
//! - on Unix every call on a file of a directory goes through the directory's descriptor, so that a directory that is renamed,
//!   or replaced by another one, while it is open stays the one that was locked;
//! - a file is opened without following a link and without blocking (a pipe in a file's place must not hang the opening).
//!
//! The lock is `flock(2)` on the directory's own descriptor: it belongs to that descriptor and not to the process, so that two
//! copies of the library in one process exclude each other, and it ends with the process. Windows cannot lock a directory;
//! there it is `LockFileEx` on a file that is held open without delete sharing.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{
    OpenDirectory, allocate, allocated, make_directory, may_hold, read_at, sync_directory_at, write_at,
};
#[cfg(windows)]
pub(super) use windows::{
    OpenDirectory, allocate, allocated, make_directory, may_hold, read_at, sync_directory_at, write_at,
};

use std::fs::{File, TryLockError};

/// What was found at the name of a file.
pub(super) enum Opened {
    /// A regular file.
    Regular(File),
    /// Something else, in words.
    Other(&'static str),
}

impl Opened {
    fn check(file: File) -> std::io::Result<Self> {
        let kind = file.metadata()?.file_type();
        Ok(match kind {
            _ if kind.is_file() => Self::Regular(file),
            _ if kind.is_dir() => Self::Other(A_DIRECTORY),
            _ if kind.is_symlink() => Self::Other(A_LINK),
            _ => Self::Other(A_SPECIAL_FILE),
        })
    }
}

const A_DIRECTORY: &str = "a directory where a file should be";
const A_LINK: &str = "a symbolic link where a file should be";
const A_SPECIAL_FILE: &str = "a special file where a file should be";

fn try_lock(file: &File) -> std::io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}
