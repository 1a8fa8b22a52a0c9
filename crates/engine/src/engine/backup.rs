//! A copy of the store while it is written.
//!
//! Constraints: the copy is the store as it was at one moment after the call; it becomes a store only with its manifest, which is written last; a backup that fails
//! leaves nothing of itself.

use std::{sync::Arc, time::Duration};

use super::{
    Engine, abort::stopped, contents::open_logs, copy::copy_file, create::check_unused, recover::write_log,
};
use crate::{
    error::{Error, Result},
    format::names::{self, FileName},
    ids::Position,
    io::{Access, Directory, owner::DirectoryLock},
    manifest::Manifest,
};

impl Engine {
    /// Copies the store into `target`, which must hold nothing. `abort` is asked now and then; `progress` gets bytes done and in all.
    pub fn backup(
        self: &Arc<Self>,
        target: &Arc<dyn Directory>,
        abort: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        // Before the lock too: who holds a store that is in the way does not matter.
        check_empty(&**target)?;
        let _lock = DirectoryLock::acquire(Arc::clone(target), Duration::ZERO)?;
        check_empty(&**target)?;
        // So that the copy's log is short.
        self.flush_tables()?;
        // Nothing is removed while these are held.
        let _no_flush = self.flushing.lock();
        let _no_compaction = self.compaction.lock();
        let last = self.snapshot().position;
        // Only now: it names every pack that a change up to there refers to.
        let mut manifest = self.manifest.lock().clone();
        let mut copied = Vec::new();
        let made = self.copy_files(&**target, &mut manifest, last, &mut copied, abort, progress);
        if made.is_err() {
            for name in copied {
                drop(target.remove(&name));
            }
        }
        made
    }

    fn copy_files(
        &self,
        target: &dyn Directory,
        manifest: &mut Manifest,
        last: Position,
        copied: &mut Vec<String>,
        abort: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        let runs = manifest.runs.iter().map(|run| (names::run(run.number), run.length));
        let mut files: Vec<(String, u64)> = runs.collect();
        for pack in &manifest.packs {
            let name = names::pack(pack.number);
            let length =
                if pack.sealed { pack.length } else { self.directory.open(&name, Access::Read)?.length()? };
            files.push((name, length));
        }
        let total = files.iter().map(|(_, length)| length).sum();
        let mut done = 0;
        for (name, length) in files {
            copied.push(name.clone());
            copy_file(&*self.directory, target, &name, length, abort, &mut |bytes| {
                done += bytes;
                progress(done, total);
            })?;
        }
        self.copy_log(target, manifest, last, copied)?;
        stopped(abort)?;
        manifest.store(target)
    }

    /// Copies the log up to the position `last`. What lies in runs and packs is of before, but what became dead since may be missing there: these frames tell of it.
    fn copy_log(
        &self,
        target: &dyn Directory,
        manifest: &mut Manifest,
        last: Position,
        copied: &mut Vec<String>,
    ) -> Result<()> {
        let logs = open_logs(&*self.directory, manifest, Access::Read)?;
        let number = manifest.allocate_file();
        copied.push(names::log(number));
        write_log(target, manifest, &logs, last, number)?;
        manifest.logs = vec![number];
        self.put_numbers(manifest);
        Ok(())
    }
}

/// Checks that `target` holds nothing that could be somebody's.
fn check_empty(target: &dyn Directory) -> Result<()> {
    let not_empty = |what: String| Error::NotEmpty { path: target.path().to_owned(), what };
    if Manifest::load(target)?.is_some() {
        return Err(not_empty("a store".to_owned()));
    }
    if let Some(foreign) = target.list()?.iter().find(|name| FileName::parse(name).is_none()) {
        return Err(not_empty(format!("{foreign:?}")));
    }
    check_unused(target).map_err(|error| match error {
        Error::Corrupt { .. } => not_empty("files of a backup that did not come to its end".to_owned()),
        other => other,
    })
}
