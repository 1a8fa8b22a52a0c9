//! A copy of the store while it is written.
//!
//! Constraints: the copy is the store as it was at one moment after the call; it becomes a store only with its manifest, which is written last; a backup that fails
//! leaves nothing of itself.

use std::{sync::Arc, time::Duration};

use super::{Engine, copy::copy_file, create::check_unused};
use crate::{
    error::{Error, Result},
    format::names,
    io::{Access, Directory, owner::DirectoryLock},
    manifest::Manifest,
    tables::PackFile,
    wal::LogFile,
};

impl Engine {
    /// Copies the store into `target`, which must hold nothing. `abort` is asked now and then; `progress` gets bytes done and in all.
    pub fn backup(
        self: &Arc<Self>,
        target: &Arc<dyn Directory>,
        abort: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<()> {
        let _lock = DirectoryLock::acquire(Arc::clone(target), Duration::ZERO)?;
        if Manifest::load(&**target)?.is_some() {
            let what = "it holds a store already; a backup needs an empty directory".to_owned();
            return Err(Error::NotAStore { path: target.path().to_owned(), what });
        }
        check_unused(&**target)?;
        self.flush_tables()?;
        // Nothing is removed while these are held.
        let _no_flush = self.flushing.lock();
        let _no_compaction = self.compaction.lock();
        let mut manifest = self.manifest.lock().clone();
        // What is appended to belongs to changes after the flush.
        let open: Vec<_> = self
            .snapshot()
            .tables
            .packs
            .iter()
            .filter(|pack| matches!(pack, PackFile::Open(_)))
            .map(PackFile::number)
            .collect();
        manifest.packs.retain(|pack| !open.contains(&pack.number));
        let mut copied = Vec::new();
        let made = self.copy_files(&**target, &mut manifest, &mut copied, abort, progress);
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
        let number = manifest.allocate_file();
        copied.push(names::log(number));
        LogFile::create(target, number, self.store)?;
        target.sync()?;
        manifest.logs = vec![number];
        manifest.store(target)
    }
}
