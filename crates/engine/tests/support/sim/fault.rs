//! The calls made of a disk, and which of them are to fail.

use std::{
    fmt, io,
    path::{Path, PathBuf},
};

use agent_storage_engine::error::Error;

/// A kind of call; one for each method of the traits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is the method of its name")]
pub enum Call {
    OpenDirectory,
    TryLock,
    Unlock,
    List,
    Create,
    Open,
    Rename,
    Remove,
    SyncDirectory,
    Allocated,
    Length,
    Read,
    Write,
    Allocate,
    Sync,
    Map,
}

impl Call {
    fn system_call(self) -> &'static str {
        match self {
            Self::OpenDirectory | Self::Create | Self::Open => "open",
            Self::TryLock | Self::Unlock => "flock",
            Self::List => "readdir",
            Self::Rename => "rename",
            Self::Remove => "unlink",
            Self::SyncDirectory => "fsync",
            Self::Allocated | Self::Length => "fstat",
            Self::Read => "pread",
            Self::Write => "pwrite",
            Self::Allocate => "fallocate",
            Self::Sync => "fdatasync",
            Self::Map => "mmap",
        }
    }

    /// Whether the call happens whole or not at all, so that a lack of space is [`Error::Full`].
    fn is_whole(self) -> bool {
        matches!(self, Self::OpenDirectory | Self::Create | Self::Rename | Self::Remove | Self::Allocate)
    }
}

/// One call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// Its kind.
    pub call: Call,
    /// The file or directory; for a rename where it comes from.
    pub path: PathBuf,
    /// Where in the file, in bytes; 0 for calls that have no offset.
    pub offset: u64,
    /// How many bytes it was about.
    pub length: u64,
}

impl fmt::Display for CallRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {} {}+{}", self.call, self.path.display(), self.offset, self.length)
    }
}

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// With EIO. A sync loses what it was to make durable, see [`super`].
    Io,
    /// With ENOSPC, nothing placed.
    Full,
    /// A write places so many bytes (at most one less than it was given), then fails with ENOSPC; other calls fail at once.
    Short(u64),
    /// The machine stops: this call and every later one of any kind fail without effect.
    Halt,
}

/// A call that failed, and how.
#[derive(Debug)]
pub(super) struct Failed {
    call: Call,
    pub(super) failure: Failure,
}

impl Failed {
    pub(super) fn error(&self, path: &Path) -> Error {
        let source = match self.failure {
            Failure::Io => io::Error::other("input/output error (planned by the test)"),
            Failure::Full | Failure::Short(_) if self.call.is_whole() => {
                return Error::Full { path: path.to_owned() };
            }
            Failure::Full | Failure::Short(_) => io::Error::from(io::ErrorKind::StorageFull),
            Failure::Halt => io::Error::other("the machine has stopped (planned by the test)"),
        };
        Error::io(self.call.system_call(), path, source)
    }
}

/// Which calls fail, counted from when it is planned.
#[derive(Debug, Clone)]
pub struct Fault {
    call: Option<Call>,
    suffix: String,
    first: u64,
    lasting: bool,
    failure: Failure,
    seen: u64,
}

impl Fault {
    /// The `nth` call (from 1) of this kind, or of any kind, fails.
    pub fn nth(call: Option<Call>, nth: u64, failure: Failure) -> Self {
        Self { call, suffix: String::new(), first: nth, lasting: false, failure, seen: 0 }
    }

    /// So do all after it.
    #[must_use]
    pub fn lasting(self) -> Self {
        Self { lasting: true, ..self }
    }

    /// Counts and fails only calls on paths that end so.
    #[must_use]
    pub fn on(self, suffix: &str) -> Self {
        Self { suffix: suffix.to_owned(), ..self }
    }

    fn strikes(&mut self, call: Call, path: &Path) -> bool {
        let meant = self.call.is_none_or(|kind| kind == call)
            && path.to_string_lossy().ends_with(self.suffix.as_str());
        self.seen += u64::from(meant);
        meant && (self.seen == self.first || (self.lasting && self.seen > self.first))
    }
}

/// What was called, and what is to fail.
#[derive(Debug, Default)]
pub(super) struct Journal {
    calls: Vec<CallRecord>,
    faults: Vec<Fault>,
    halted: bool,
}

impl Journal {
    /// Notes a call; where it is to fail, says how. All faults count it, the first that strikes holds.
    pub(super) fn begin(&mut self, call: Call, path: &Path, offset: u64, length: u64) -> Result<(), Failed> {
        self.calls.push(CallRecord { call, path: path.to_owned(), offset, length });
        let mut failure = self.halted.then_some(Failure::Halt);
        for fault in &mut self.faults {
            if fault.strikes(call, path) {
                failure = failure.or(Some(fault.failure));
            }
        }
        self.halted |= failure == Some(Failure::Halt);
        failure.map_or(Ok(()), |failure| Err(Failed { call, failure }))
    }

    pub(super) fn plan(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    pub(super) fn clear_faults(&mut self) {
        self.faults.clear();
        self.halted = false;
    }

    pub(super) fn count(&self, call: Option<Call>) -> u64 {
        self.calls.iter().filter(|record| call.is_none_or(|kind| kind == record.call)).count() as u64
    }

    pub(super) fn calls(&self) -> &[CallRecord] {
        &self.calls
    }

    pub(super) fn forget_calls(&mut self) {
        self.calls.clear();
    }
}
