//! The one error type of the engine.
//!
//! Constraints: every failure says what happened, where (path, offset) and therefore what to do; it can be cloned, since one failed sync
//! answers many waiting callers; its kind is stable (a binding maps it to a code) while its message may change. An I/O error is
//! never reported as corruption nor the other way round.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// What a call of the engine answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a call failed. Each variant has one stable code, see [`Error::code`].
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Another process, or another copy of this library in this process, holds the store.
    #[error("{} is held by {}; close it there first, or open it with lockTimeoutMs to wait for that",
        .path.display(), .holder_pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")))]
    Locked {
        /// The store's directory.
        path: PathBuf,
        /// The holder's process id, where it could be read.
        holder_pid: Option<u32>,
    },
    /// This process itself has the store open, and the call needs it closed.
    #[error("{} is open in this process; close it first, or call verify() of the engine that has it open", .path.display())]
    OpenHere {
        /// The store's directory.
        path: PathBuf,
    },
    /// Bytes that were written and synced are not what they were. Nothing was changed.
    #[error("{}: damaged at offset {offset}: {what}", .path.display())]
    Corrupt {
        /// The damaged file.
        path: PathBuf,
        /// Where in the file, in bytes.
        offset: u64,
        /// A stable word for the damaged structure.
        what: &'static str,
    },
    /// Written by a newer version of the engine, or by one from before the first release.
    #[error("{}: format version {found}, while this version of the package reads {supported}; use the one that wrote it, or a newer one", .path.display())]
    UnsupportedFormat {
        /// The file that says so.
        path: PathBuf,
        /// The version it has.
        found: u32,
        /// The version this build reads.
        supported: u32,
    },
    /// The path holds something that is not a store.
    #[error("{} is not a store: {what}", .path.display())]
    NotAStore {
        /// What was to be opened.
        path: PathBuf,
        /// What was found there.
        what: String,
    },
    /// A backup was to go where something is already.
    #[error("{} is not empty: it holds {what}; a backup needs an empty directory, or one that does not exist yet", .path.display())]
    NotEmpty {
        /// Where the backup was to go.
        path: PathBuf,
        /// What was found there.
        what: String,
    },
    /// There is no store, and none may be made.
    #[error("there is no store in {}, and this call makes none", .path.display())]
    NoStore {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// What was asked for does not exist.
    #[error("not found: {what}")]
    NotFound {
        /// A file, a checkpoint or a version, by name.
        what: String,
    },
    /// The handle was closed before the call.
    #[error("the store in {} was closed by this handle; open it again to go on", .path.display())]
    HandleClosed {
        /// The store's directory.
        path: PathBuf,
    },
    /// The engine was closed before the call.
    #[error("the store is closed")]
    Closed,
    /// A conditional append found another last sequence.
    #[error("stream {stream:?} ends at {actual}, not at {expected}")]
    Conflict {
        /// The stream's name.
        stream: String,
        /// The last sequence the caller expected.
        expected: u64,
        /// The last sequence it has.
        actual: u64,
    },
    /// An earlier write or sync failed, so no further write can be trusted. Open the store again: that recovers it.
    #[error("writing ended after a failure: {cause}; open the store again to recover it")]
    Poisoned {
        /// The first failure.
        cause: Arc<Error>,
    },
    /// No space was left before any byte of the change was placed; the store goes on.
    #[error("{}: no space left; the change was refused whole", .path.display())]
    Full {
        /// The file that could not grow.
        path: PathBuf,
    },
    /// The operating system refused a call.
    #[error("{operation} {}: {source}", .path.display())]
    Io {
        /// The system call, in the words of its manual page.
        operation: &'static str,
        /// The file or directory it was about.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// A parameter is out of its range.
    #[error("invalid argument: {what}")]
    InvalidArgument {
        /// Which one, what it may be, and what it was.
        what: String,
    },
    /// A record, a meta or a batch over its limit.
    #[error("{what} has {bytes} bytes, the limit is {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// Its size.
        bytes: u64,
        /// The limit.
        limit: u64,
    },
    /// The directory or its file system cannot be written.
    #[error("{} cannot be written: {source}", .path.display())]
    ReadOnly {
        /// What was to be written.
        path: PathBuf,
        /// What the operating system said.
        source: Arc<io::Error>,
    },
    /// The caller asked a long call to stop. The store is as it was.
    #[error("the call was aborted")]
    Aborted,
    /// A job of the engine panicked: a fault of the engine. Writing has ended, as after a failed write.
    #[error("internal fault: {what}; please report it")]
    Panicked {
        /// The panic's message.
        what: String,
    },
}

impl Error {
    /// The stable code of this kind of failure.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } | Self::OpenHere { .. } => "ERR_STORAGE_LOCKED",
            Self::Corrupt { .. } => "ERR_STORAGE_CORRUPT",
            Self::UnsupportedFormat { .. } => "ERR_STORAGE_UNSUPPORTED_FORMAT",
            Self::NotAStore { .. } | Self::NotEmpty { .. } => "ERR_STORAGE_NOT_A_STORE",
            Self::NoStore { .. } | Self::NotFound { .. } => "ERR_STORAGE_NOT_FOUND",
            Self::HandleClosed { .. } | Self::Closed => "ERR_STORAGE_CLOSED",
            Self::Conflict { .. } => "ERR_STORAGE_CONFLICT",
            Self::Poisoned { .. } | Self::Panicked { .. } => "ERR_STORAGE_POISONED",
            Self::Full { .. } => "ERR_STORAGE_FULL",
            Self::Io { .. } => "ERR_STORAGE_IO",
            Self::InvalidArgument { .. } => "ERR_STORAGE_INVALID_ARGUMENT",
            Self::TooLarge { .. } => "ERR_STORAGE_TOO_LARGE",
            Self::ReadOnly { .. } => "ERR_STORAGE_READ_ONLY",
            Self::Aborted => "ERR_STORAGE_ABORTED",
        }
    }

    /// An operating system's refusal of `operation` on `path`, as the kind it deserves: a read-only place is
    /// [`Error::ReadOnly`], everything else [`Error::Io`]. A full disk becomes [`Error::Full`] only where the caller knows that nothing was placed.
    pub fn io(operation: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        let source = Arc::new(source);
        match source.kind() {
            io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => {
                Self::ReadOnly { path, source }
            }
            _ => Self::Io { operation, path, source },
        }
    }

    /// The same of a call that only reads: what may not be read is no place that may not be written.
    pub fn unreadable(operation: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { operation, path: path.to_owned(), source: Arc::new(source) }
    }

    /// Damage of the structure `what` at `offset` of `path`.
    pub fn corrupt(path: &Path, offset: u64, what: &'static str) -> Self {
        Self::Corrupt { path: path.to_owned(), offset, what }
    }

    /// A change of the store at `path` through a handle that only reads.
    pub(crate) fn opened_read_only(path: &Path) -> Self {
        let source = io::Error::new(io::ErrorKind::PermissionDenied, "it was opened for reading only");
        Self::ReadOnly { path: path.to_owned(), source: Arc::new(source) }
    }

    /// Whether the operating system said that no space is left.
    pub fn is_out_of_space(&self) -> bool {
        match self {
            Self::Full { .. } => true,
            Self::Io { source, .. } => {
                matches!(
                    source.kind(),
                    io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
                )
            }
            _ => false,
        }
    }
}
