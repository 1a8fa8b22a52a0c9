//! A disk in memory that loses what a real one may lose.
//!
//! It keeps apart what programs see (the page cache) and what is on the medium for certain:
//! - a write changes what is seen; each sector of 512 bytes it touches may reach the medium at any time, as it was after
//!   this write or any other since the last sync, and independently of all other sectors; so may a growth of the file;
//! - a sync makes the sectors changed since the last one certain; a *failed* sync leaves them shown, but takes them for
//!   written: a later sync succeeds without them, and a power cut may bring back the older bytes;
//! - creations, renames and removals reach the medium independently of one another, but each whole (a rename is atomic) and in
//!   order where they share a name, until the directory is synced; syncing a file does not make its name durable;
//! - directories themselves are durable once opening them has returned.
//!
//! [`SimDisk::power_cut`] and [`SimDisk::kill`] answer another disk as the next process finds it, and leave this one as it
//! is: what still runs on it cannot disturb the next. Every call is counted, logged, and can be made to fail
//! ([`Fault`]). All follows from the calls and the seeds given.

mod directory_state;
mod fault;
mod file_state;
mod handles;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use agent_storage_engine::{
    error::{Error, Result},
    io::{Backend, Directory},
};

pub use self::fault::{Call, CallRecord, Failure, Fault};
use self::{directory_state::DirectoryState, fault::Journal, file_state::FileState, handles::SimDirectory};
use super::rng::Rng;

/// Far from the numbers of real devices. Each disk has its own, so that nothing takes one disk's directory for another's.
static NEXT_DEVICE: AtomicU64 = AtomicU64::new(1 << 40);

/// The disk. Clones are the same disk.
#[derive(Debug, Clone)]
pub struct SimDisk(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    released: Condvar,
    /// Called where a call begins, and where a sync has had its effect but has not returned.
    pause: fn(),
}

#[derive(Debug)]
struct State {
    device: u64,
    directories: Vec<DirectoryState>,
    files: Vec<FileState>,
    next_handle: u64,
    journal: Journal,
    /// Writes to paths that end so wait.
    held: Option<String>,
    waiting: usize,
}

impl Default for SimDisk {
    fn default() -> Self {
        Self::new()
    }
}

impl SimDisk {
    /// An empty disk.
    pub fn new() -> Self {
        Self::with(Vec::new(), Vec::new(), || ())
    }

    /// The same disk, where other threads may run in the midst of a call, while `pause` is called.
    #[must_use]
    pub fn pausing(&self, pause: fn()) -> Self {
        let state = self.state();
        Self::with(state.directories.clone(), state.files.clone(), pause)
    }

    fn with(directories: Vec<DirectoryState>, files: Vec<FileState>, pause: fn()) -> Self {
        let device = NEXT_DEVICE.fetch_add(1, Ordering::Relaxed);
        let journal = Journal::default();
        let state = State { device, directories, files, next_handle: 0, journal, held: None, waiting: 0 };
        Self(Arc::new(Shared { state: Mutex::new(state), released: Condvar::new(), pause }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A test that panics on one thread must not hide its message behind another's.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The disk after the machine lost power now: one of the states that are legal, chosen by `seed`.
    #[must_use]
    pub fn power_cut(&self, seed: u64) -> Self {
        let state = self.state();
        let mut rng = Rng::new(seed);
        let directories = state.directories.iter().map(|one| one.after_power_cut(&mut rng)).collect();
        let files = state.files.iter().map(|one| one.after_power_cut(&mut rng)).collect();
        Self::with(directories, files, self.0.pause)
    }

    /// The disk after a power cut that took everything it legally may.
    #[must_use]
    pub fn power_cut_losing_all(&self) -> Self {
        let state = self.state();
        let directories = state.directories.iter().map(DirectoryState::certain).collect();
        let files = state.files.iter().map(FileState::certain).collect();
        Self::with(directories, files, self.0.pause)
    }

    /// The disk after the process was killed now: all that was written is seen, nothing more is certain, locks are free.
    #[must_use]
    pub fn kill(&self) -> Self {
        let state = self.state();
        let directories = state.directories.iter().map(DirectoryState::unlocked).collect();
        Self::with(directories, state.files.clone(), self.0.pause)
    }

    /// Makes calls fail from now on, beside the faults planned before.
    pub fn fail(&self, fault: Fault) {
        self.state().journal.plan(fault);
    }

    /// Forgets all planned faults, the end of the machine included.
    pub fn clear_faults(&self) {
        self.state().journal.clear_faults();
    }

    /// Lets writes to paths that end so wait from now on, before they have any effect.
    pub fn hold_writes(&self, suffix: &str) {
        self.state().held = Some(suffix.to_owned());
    }

    /// Lets them go on.
    pub fn release_writes(&self) {
        self.state().held = None;
        self.0.released.notify_all();
    }

    /// How many writes wait.
    pub fn held_writes(&self) -> usize {
        self.state().waiting
    }

    fn pause(&self) {
        (self.0.pause)();
    }

    /// The state, once writes to `path` are not held.
    fn state_for_writing(&self, path: &Path) -> MutexGuard<'_, State> {
        let mut state = self.state();
        let is_held = |state: &State| {
            state.held.as_ref().is_some_and(|suffix| path.to_string_lossy().ends_with(suffix.as_str()))
        };
        while is_held(&state) {
            state.waiting += 1;
            state = self.0.released.wait(state).unwrap_or_else(PoisonError::into_inner);
            state.waiting -= 1;
        }
        state
    }

    /// How many calls of this kind (of any kind) were made, failed ones included.
    pub fn count(&self, call: Option<Call>) -> u64 {
        self.state().journal.count(call)
    }

    /// All calls that were made, in order.
    pub fn calls(&self) -> Vec<CallRecord> {
        self.state().journal.calls().to_vec()
    }

    /// Starts counting anew.
    pub fn forget_calls(&self) {
        self.state().journal.forget_calls();
    }

    /// The files of a directory and what they are seen to hold. Neither counted nor failed, as all that follow.
    pub fn contents(&self, directory: &Path) -> BTreeMap<String, Vec<u8>> {
        let state = self.state();
        let Some(found) = state.find(directory).map(|id| &state.directories[id]) else {
            return BTreeMap::new();
        };
        found
            .entries()
            .iter()
            .map(|(name, file)| (name.clone(), state.files[*file].seen().to_vec()))
            .collect()
    }

    /// Whether somebody has the directory locked.
    pub fn is_locked(&self, directory: &Path) -> bool {
        let state = self.state();
        state.find(directory).is_some_and(|id| state.directories[id].locked_by.is_some())
    }

    /// Puts a file with these bytes there, on the medium too: damage, or what another program did.
    ///
    /// # Panics
    /// Where the directory does not exist.
    pub fn put(&self, directory: &Path, name: &str, bytes: &[u8]) {
        let mut state = self.state();
        let id = state.find(directory).expect("the directory exists");
        state.files.push(FileState::holding(bytes.to_vec()));
        let file = state.files.len() - 1;
        state.directories[id].set_certainly(name, Some(file));
    }

    /// Takes a file away, on the medium too.
    pub fn erase(&self, directory: &Path, name: &str) {
        let mut state = self.state();
        if let Some(id) = state.find(directory) {
            state.directories[id].set_certainly(name, None);
        }
    }
}

impl State {
    fn find(&self, path: &Path) -> Option<usize> {
        self.directories.iter().position(|directory| directory.path() == path)
    }

    fn is_file(&self, path: &Path) -> bool {
        let name = path.file_name().and_then(|name| name.to_str());
        let parent = path.parent().and_then(|parent| self.find(parent));
        name.zip(parent).is_some_and(|(name, parent)| self.directories[parent].entries().contains_key(name))
    }
}

impl Backend for SimDisk {
    fn open_directory(&self, path: &Path, create: bool) -> Result<Arc<dyn Directory>> {
        let path: PathBuf = Path::new("/").join(path).components().collect();
        let mut state = self.state();
        state.journal.begin(Call::OpenDirectory, &path, 0, 0).map_err(|failure| failure.error(&path))?;
        if path.ancestors().any(|part| state.is_file(part)) {
            return Err(Error::NotAStore { path, what: "it is not a directory".to_owned() });
        }
        if state.find(&path).is_none() && !create {
            return Err(Error::NotFound { what: path.display().to_string() });
        }
        for part in path.ancestors() {
            if state.find(part).is_none() {
                state.directories.push(DirectoryState::new(part.to_owned()));
            }
        }
        let directory = state
            .find(&path)
            .ok_or_else(|| Error::io("open", &path, io::Error::from(io::ErrorKind::NotFound)))?;
        state.next_handle += 1;
        Ok(Arc::new(SimDirectory::new(self.clone(), path, directory, state.device, state.next_handle)))
    }

    fn remove_directory(&self, path: &Path) -> Result<()> {
        let mut state = self.state();
        state.journal.begin(Call::Remove, path, 0, 0).map_err(|failure| failure.error(path))?;
        let found = state.find(path).filter(|id| state.directories[*id].entries().is_empty());
        let missing = || Error::io("rmdir", path, io::Error::from(io::ErrorKind::NotFound));
        let id = found.ok_or_else(missing)?;
        state.directories[id].forget_path();
        Ok(())
    }
}
