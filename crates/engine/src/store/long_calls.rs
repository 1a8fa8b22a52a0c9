//! Calls that may take minutes: compaction, verification, backup.
//!
//! Constraints: they can be watched and aborted, and leave the store sound then; one with `done` has its place among the handle's calls when it is made, never
//! blocks its thread, and runs on a thread of its own, so that it delays no call of another store; closing the handle waits for it.

use std::{path::Path, path::PathBuf, sync::Arc};

use super::Store;
use crate::{
    engine::{self, CompactionReport, Done, Engine, RepairReport, VerifyReport},
    error::{Error, Result},
    registry::{Lease, Registry, no_store},
    sync::{Mutex, thread},
};

/// Asked now and then; `true` ends the call with [`Error::Aborted`].
pub type Abort = Box<dyn Fn() -> bool + Send>;

/// Gets how many bytes are done, and how many there are in all.
pub type Progress = Box<dyn FnMut(u64, u64) + Send>;

impl Store {
    /// Merges everything and drops what is dead.
    pub fn compact(
        &self,
        abort: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<CompactionReport> {
        self.check_writable()?;
        compact(self.enter(true)?.engine(), abort, progress)
    }

    /// The same with `done`.
    pub fn compact_later(
        self: &Arc<Self>,
        abort: Abort,
        mut progress: Progress,
        done: Done<CompactionReport>,
    ) {
        match self.check_writable() {
            Ok(()) => self.run_long(done, move |lease| compact(lease.engine(), &abort, &mut progress)),
            Err(error) => done(Err(error)),
        }
    }

    /// Reads and checks every live byte.
    pub fn verify(
        &self,
        abort: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<VerifyReport> {
        verify(self.enter(true)?.engine(), abort, progress)
    }

    /// The same with `done`.
    pub fn verify_later(self: &Arc<Self>, abort: Abort, mut progress: Progress, done: Done<VerifyReport>) {
        self.run_long(done, move |lease| verify(lease.engine(), &abort, &mut progress));
    }

    /// Copies the store into an empty directory.
    pub fn backup(
        &self,
        target: &Path,
        abort: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        self.copy_to(&self.enter(true)?, target, abort, progress)
    }

    /// The same with `done`.
    pub fn backup_later(
        self: &Arc<Self>,
        target: PathBuf,
        abort: Abort,
        mut progress: Progress,
        done: Done<()>,
    ) {
        let store = Arc::clone(self);
        self.run_long(done, move |lease| store.copy_to(lease, &target, &abort, &mut progress));
    }

    fn copy_to(
        &self,
        lease: &Lease,
        target: &Path,
        abort: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        let engine = lease.engine();
        engine.wait_for_calls();
        self.check_outside(engine, target)?;
        let target = self.registry.backend().open_directory(target, true)?;
        engine.caught(|| engine.backup(&target, abort, progress))
    }

    /// Refuses a target in the store's own directory, before anything is made there.
    fn check_outside(&self, engine: &Engine, target: &Path) -> Result<()> {
        let own = engine.directory();
        for place in target.ancestors().filter(|place| !place.as_os_str().is_empty()) {
            match self.registry.backend().open_directory(place, false) {
                // Its path is free of links.
                Ok(found) if found.identity() == own.identity() || found.path().starts_with(own.path()) => {
                    let what = format!("a backup cannot go into its own store, {}", own.path().display());
                    return Err(Error::InvalidArgument { what });
                }
                Ok(_) => return Ok(()),
                Err(Error::NotFound { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn run_long<T: Send + 'static>(
        self: &Arc<Self>,
        done: Done<T>,
        work: impl FnOnce(&Lease) -> Result<T> + Send + 'static,
    ) {
        self.enter_later(true, move |lease| match lease {
            Ok(lease) => run_apart(done, move || {
                let answer = work(&lease);
                drop(lease);
                answer
            }),
            Err(error) => done(Err(error)),
        });
    }
}

/// Reads and checks every live byte of a store that nobody has open, without opening it for writing.
pub fn verify_directory(
    registry: &Registry,
    path: &Path,
    abort: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport> {
    let verified = engine::verify_directory(&**registry.backend(), path, abort, progress);
    verified.map_err(|error| explained(error, registry, path))
}

/// Repairs a damaged store that nobody has open.
pub fn repair_directory(
    registry: &Registry,
    path: &Path,
    abort: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<RepairReport> {
    let repaired = engine::repair_directory(&**registry.backend(), path, abort, progress);
    repaired.map_err(|error| explained(error, registry, path))
}

/// Tells what [`repair_directory`] would do and find, and changes nothing.
pub fn plan_repair(
    registry: &Registry,
    path: &Path,
    abort: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<RepairReport> {
    let planned = engine::plan_repair(&**registry.backend(), path, abort, progress);
    planned.map_err(|error| explained(error, registry, path))
}

/// `error` of a call that needs a store closed, which says so where this process has it open.
fn explained(error: Error, registry: &Registry, path: &Path) -> Error {
    match no_store(error, path) {
        // Not by the process id, which two containers on one volume may share.
        Error::Locked { path: held, .. } if registry.holds(path) => Error::OpenHere { path: held },
        other => other,
    }
}

/// Runs `work` on a thread of its own; where none can be had, that is the answer.
pub fn run_apart<T: Send + 'static>(done: Done<T>, work: impl FnOnce() -> Result<T> + Send + 'static) {
    let spawned = thread::Builder::new().name("storage-long".to_owned());
    let shared = Arc::new(Mutex::new(Some(done)));
    let answer = Arc::clone(&shared);
    let started = spawned.spawn(move || {
        let result = work();
        if let Some(done) = answer.lock().take() {
            done(result);
        }
    });
    if let Err(error) = started
        && let Some(done) = shared.lock().take()
    {
        done(Err(Error::io("clone", Path::new(""), error)));
    }
}

fn compact(
    engine: &Arc<Engine>,
    abort: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<CompactionReport> {
    engine.wait_for_calls();
    engine.caught(|| engine.compact(abort, progress))
}

fn verify(
    engine: &Arc<Engine>,
    abort: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport> {
    engine.wait_for_calls();
    engine.caught(|| engine.verify(abort, progress))
}
