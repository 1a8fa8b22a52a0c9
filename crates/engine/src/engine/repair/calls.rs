//! The calls that read a store as a repair does: repairing it, telling what that would do, and verifying it.
//!
//! Constraints: each holds the store's lock for as long as it takes; only the first changes anything, and only where something is damaged.

use std::{path::Path, sync::Arc, time::Duration};

use super::{Repair, RepairReport, by_header::ByHeader, new_files::NewFiles, saved::Saved};
use crate::{
    engine::{
        rebuild,
        strays::first_free,
        suspect::Suspicion,
        verify::{VerifyReport, verify_locked},
    },
    error::{Error, Result},
    format::names::FileName,
    io::{Backend, Directory, owner::DirectoryLock, scratch::ScratchDirectory},
    manifest::Manifest,
};

/// Repairs the store at `path`, which nobody may have open.
pub fn repair_directory(
    backend: &dyn Backend,
    path: &Path,
    abort: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<RepairReport> {
    let (directory, lock, found) = look_through(backend, path, abort, progress)?;
    if found.is_ok() {
        return Ok(nothing_to_do(&found));
    }
    lock.announce();
    let by_header = ByHeader::of(&*directory)?;
    let (manifest, is_rebuilt) = manifest_of(&by_header)?;
    let repair = Repair { directory: &by_header, before: &manifest, is_rebuilt, abort };
    repair.run(&Saved::new(backend, &*directory), found.damage)
}

/// What [`repair_directory`] would do and find, without a change to any byte.
pub fn plan_repair(
    backend: &dyn Backend,
    path: &Path,
    abort: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<RepairReport> {
    let (directory, _lock, found) = look_through(backend, path, abort, progress)?;
    if found.is_ok() {
        return Ok(nothing_to_do(&found));
    }
    let (report, _) = plan_locked(&*directory, abort)?;
    Ok(RepairReport { damage: found.damage, ..report })
}

/// Verifies a store that nobody has open, without opening it for writing. Of a damaged one it counts what a repair would keep under its own name.
pub fn verify_directory(
    backend: &dyn Backend,
    path: &Path,
    abort: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport> {
    let (directory, _lock, mut found) = look_through(backend, path, abort, progress)?;
    if !found.is_ok() {
        match plan_locked(&*directory, abort) {
            Ok((RepairReport { kept_events, kept_versions, found: nameless, .. }, ids)) => {
                found.events = kept_events;
                (found.checkpoints, found.versions) = (ids - nameless, kept_versions - nameless);
            }
            // A repair would refuse it: nothing of it can be read.
            Err(Error::Corrupt { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(found)
}

/// Locks the directory at `path` and reads all of the store in it.
fn look_through(
    backend: &dyn Backend,
    path: &Path,
    abort: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(Arc<dyn Directory>, DirectoryLock, VerifyReport)> {
    let directory = backend.open_directory(path, false)?;
    let lock = DirectoryLock::acquire(Arc::clone(&directory), Duration::ZERO)?;
    let found = verify_locked(&*directory, abort, progress)?;
    Ok((directory, lock, found))
}

fn nothing_to_do(found: &VerifyReport) -> RepairReport {
    let (kept_events, kept_versions) = (found.events, found.versions);
    RepairReport { kept_events, kept_versions, ..RepairReport::default() }
}

/// What a repair of a directory whose lock is held would find, and how many ids there would be.
fn plan_locked(directory: &dyn Directory, abort: &dyn Fn() -> bool) -> Result<(RepairReport, u64)> {
    let by_header = ByHeader::of(directory)?;
    let (manifest, is_rebuilt) = manifest_of(&by_header)?;
    let repair = Repair { directory: &by_header, before: &manifest, is_rebuilt, abort };
    let scratch = ScratchDirectory::at(directory.path());
    let salvaged =
        repair.salvage(&mut NewFiles::not_kept(&scratch, manifest.store), &mut manifest.clone())?;
    Ok((salvaged.report, salvaged.ids))
}

/// What the store consists of, and whether that had to be made up from its files.
fn manifest_of(directory: &ByHeader<'_>) -> Result<(Manifest, bool)> {
    let (mut manifest, is_rebuilt) = match Manifest::load(directory) {
        Ok(Some(manifest)) => match Suspicion::of(directory, &manifest)? {
            None => (manifest, false),
            Some(Suspicion::Outdated { explains }) => {
                (rebuild::manifest_after(directory, &manifest, explains)?, false)
            }
            Some(Suspicion::Foreign) => (rebuild::manifest(directory)?, true),
        },
        Ok(None) | Err(Error::Corrupt { .. }) => (rebuild::manifest(directory)?, true),
        Err(other) => return Err(other),
    };
    // A repair or a flush that was cut off may have left files.
    let mut names = directory.as_it_is().list()?;
    names.extend(directory.list()?);
    let taken = names.iter().filter_map(|name| FileName::parse(name)?.number());
    manifest.next_file = first_free(taken, manifest.next_file);
    Ok((manifest, is_rebuilt))
}
