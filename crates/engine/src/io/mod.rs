//! The only place that touches files. Everything above works through these traits, so that tests can lose writes, tear them
//! and fail any call.
//!
//! Constraints the implementations keep:
//! - a file is created exclusively, opened without following a symbolic link, and must be a regular file; mode 0600, directories 0700;
//! - a name is one path component made by `format::names`, never anything a caller chose;
//! - a call that was interrupted by a signal is repeated; a failed sync is reported once and never repeated here;
//! - `map` is only ever called on sealed files, whose length the caller has checked.

pub mod atomic;
pub mod disk;
pub(crate) mod memory;
mod mmap;
pub mod owner;
mod platform;
pub(crate) mod scratch;
pub mod search;

use std::{fmt::Debug, ops::Deref, path::Path, sync::Arc};

use crate::error::{Error, Result};

/// The file that names the holder of a directory's lock. Equal to the name in `format`, which is this part's sibling.
pub const OWNER: &str = "owner";
/// The file that is locked where a directory itself cannot be. Equal to the name in `format`.
pub const LOCK: &str = "lock";

/// Opens directories.
pub trait Backend: Send + Sync + Debug {
    /// Opens the directory at `path`. Where it does not exist: creates it with its parents (each synced into its own parent) if `create`,
    /// else [`Error::NotFound`]. A path that is something else is [`Error::NotAStore`].
    fn open_directory(&self, path: &Path, create: bool) -> Result<Arc<dyn Directory>>;

    /// Removes a directory that holds nothing.
    fn remove_directory(&self, path: &Path) -> Result<()>;
}

/// What tells one directory from another, whatever path led to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DirectoryIdentity {
    /// The device it lies on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading only.
    Read,
    /// Reading and writing.
    ReadWrite,
}

/// One open directory.
pub trait Directory: Send + Sync + Debug {
    /// Its absolute path, for messages.
    fn path(&self) -> &Path;
    /// Its identity.
    fn identity(&self) -> DirectoryIdentity;
    /// Takes the exclusive lock without waiting; `false` where somebody else has it. Given back by [`Directory::unlock`] or on drop.
    fn try_lock(&self) -> Result<bool>;
    /// Whether the process `pid` can have the lock, as far as anything tells.
    fn may_be_locked_by(&self, pid: u32) -> bool;
    /// Gives the lock back.
    fn unlock(&self) -> Result<()>;
    /// The names in it, in no order. A name that is not UTF-8 is given with replacement characters (it can be none of ours).
    fn list(&self) -> Result<Vec<String>>;
    /// Creates a file that must not exist, for reading and writing. Its entry is durable only after [`Directory::sync`].
    fn create(&self, name: &str) -> Result<Arc<dyn File>>;
    /// Opens a file that must exist ([`Error::NotFound`]).
    fn open(&self, name: &str, access: Access) -> Result<Arc<dyn File>>;
    /// Renames, replacing what is at `to`. Durable only after [`Directory::sync`].
    fn rename(&self, from: &str, to: &str) -> Result<()>;
    /// Removes a file; one that is not there is no error.
    fn remove(&self, name: &str) -> Result<()>;
    /// Makes creations, renames and removals durable.
    fn sync(&self) -> Result<()>;
    /// How many bytes of disk the file takes (allocated blocks).
    fn allocated(&self, name: &str) -> Result<u64>;
}

/// A write that failed, and how much of it was placed before.
#[derive(Debug, Clone)]
pub struct WriteError {
    /// Bytes that were placed, from the start of the write.
    pub placed: u64,
    /// Why the rest was not.
    pub error: Error,
}

impl From<WriteError> for Error {
    fn from(failed: WriteError) -> Self {
        let nothing_placed = failed.placed == 0 && failed.error.is_out_of_space();
        match failed.error {
            Self::Io { path, .. } if nothing_placed => Self::Full { path },
            other => other,
        }
    }
}

/// One open file. All calls may be made from several threads at once.
pub trait File: Send + Sync + Debug {
    /// Its path, for messages.
    fn path(&self) -> &Path;
    /// How many bytes long it is.
    fn length(&self) -> Result<u64>;
    /// Fills `buffer` from `offset`; an end of file before that is [`Error::Io`] with kind `UnexpectedEof`.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> Result<()>;
    /// Writes all of `bytes` at `offset`.
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> Result<(), WriteError>;
    /// Makes the file at least `length` bytes long, with the space for them allocated where the file system can; never shortens it.
    fn allocate(&self, length: u64) -> Result<()>;
    /// Makes the data (and what is needed to read it back) durable.
    fn sync(&self) -> Result<()>;
    /// Maps the first `length` bytes for reading. The file must be sealed and at least that long.
    fn map(&self, length: u64) -> Result<Mapping>;
}

/// Bytes of a mapped file, valid until the last clone is dropped.
#[derive(Clone)]
pub struct Mapping(Arc<dyn Deref<Target = [u8]> + Send + Sync>);

impl Mapping {
    /// Takes over bytes that stay where they are.
    pub fn new(bytes: impl Deref<Target = [u8]> + Send + Sync + 'static) -> Self {
        Self(Arc::new(bytes))
    }
}

impl Deref for Mapping {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl Debug for Mapping {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mapping({} bytes)", self.len())
    }
}
