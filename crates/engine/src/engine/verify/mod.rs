//! Reading and checking every live byte.
//!
//! Constraints: changes no byte; reports all damage, not the first; what cannot be read (an error of the operating system) ends it with that error.

mod report;

use std::sync::Arc;

pub use self::report::{Damage, VerifyReport};
use super::{
    Engine,
    abort::stopped,
    contents::{Contents, Replayed},
    create::{check_unused, load_manifest},
    rebuild,
    suspect::Suspicion,
};
use crate::{
    catalog::{
        keys,
        rows::{StreamRow, VersionRow, damaged},
    },
    checkpoints::load::Keep,
    error::{Error, Result},
    events::replay::{EventBatch, Replay},
    ids::Position,
    io::{Access, Directory},
    manifest::{Manifest, PackEntry, RunEntry},
    packs,
    runs::{Family, Run},
    tables::Snapshot,
    wal::{LogFile, LogFrame, salvage, scan},
};

/// Events are read in batches of this many.
const EVENTS_AT_ONCE: usize = 4096;

/// And of this many bytes.
const BYTES_AT_ONCE: usize = 4 << 20;

/// Verifies the store in a directory whose lock is held, without opening it for writing. Where the manifest is lost, the files that are there are read as well.
pub(super) fn verify_locked(
    directory: &dyn Directory,
    abort: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<VerifyReport> {
    let mut verifier = Verifier { report: VerifyReport::default(), abort, progress, done: 0, total: 0 };
    let manifest = match load_manifest(directory) {
        Ok(Some(manifest)) => manifest,
        Ok(None) => {
            check_unused(directory).or_else(|error| verifier.report.note(error))?;
            if verifier.report.is_ok() {
                let what = format!("a store in {}", directory.path().display());
                return Err(Error::NotFound { what });
            }
            return verifier.without_manifest(directory);
        }
        Err(error) => {
            verifier.report.note(error)?;
            return verifier.without_manifest(directory);
        }
    };
    if let Some(suspicion) = Suspicion::of(directory, &manifest)? {
        verifier.report.note(suspicion.damage(directory))?;
        if suspicion == Suspicion::Foreign {
            return verifier.without_manifest(directory);
        }
    }
    verifier.all(directory, &manifest)?;
    Ok(verifier.report)
}

/// Verifies the store that `manifest` describes, which need not be in place.
pub(super) fn verify_as(
    directory: &dyn Directory,
    manifest: &Manifest,
    abort: &dyn Fn() -> bool,
) -> Result<VerifyReport> {
    let progress = &mut |_, _| {};
    let mut verifier = Verifier { report: VerifyReport::default(), abort, progress, done: 0, total: 0 };
    verifier.all(directory, manifest)?;
    Ok(verifier.report)
}

impl Engine {
    /// Verifies the open store as it is now.
    pub fn verify(
        self: &Arc<Self>,
        abort: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<VerifyReport> {
        self.check_readable()?;
        let mut verifier = Verifier { report: VerifyReport::default(), abort, progress, done: 0, total: 0 };
        // No file may go while it is read by name.
        let _no_flush = self.flushing.lock();
        let _no_compaction = self.compaction.lock();
        let manifest = self.manifest.lock().clone();
        verifier.files(&*self.directory, &manifest)?;
        let (snapshot, streams) = {
            let core = self.core.lock();
            let streams: Vec<_> = core.streams.iter().map(|(_, row)| *row).collect();
            (core.snapshot(), streams)
        };
        verifier.versions(&snapshot)?;
        for row in streams {
            verifier.events(&snapshot, &row)?;
        }
        Ok(verifier.report)
    }
}

struct Verifier<'a> {
    report: VerifyReport,
    abort: &'a dyn Fn() -> bool,
    progress: &'a mut dyn FnMut(u64, u64),
    done: u64,
    total: u64,
}

impl Verifier<'_> {
    fn advance(&mut self, bytes: u64) -> Result<()> {
        self.report.bytes += bytes;
        self.done += bytes;
        (self.progress)(self.done.min(self.total), self.total);
        stopped(self.abort)
    }

    /// The files that seem to belong to a store whose manifest is lost.
    fn without_manifest(mut self, directory: &dyn Directory) -> Result<VerifyReport> {
        match rebuild::manifest(directory) {
            Ok(manifest) => self.files(directory, &manifest)?,
            Err(error) => self.report.note(error)?,
        }
        Ok(self.report)
    }

    /// Each file, and then what they hold together.
    fn all(&mut self, directory: &dyn Directory, manifest: &Manifest) -> Result<()> {
        self.files(directory, manifest)?;
        if self.report.is_ok() { self.contents(directory, manifest) } else { Ok(()) }
    }

    /// Each file by itself.
    fn files(&mut self, directory: &dyn Directory, manifest: &Manifest) -> Result<()> {
        let runs = manifest.runs.iter().map(|run| run.length);
        self.total = runs.chain(manifest.packs.iter().map(|pack| pack.length)).sum();
        self.report.files += 1;
        for entry in &manifest.runs {
            self.run(directory, manifest, entry)?;
        }
        for entry in &manifest.packs {
            self.pack(directory, manifest, entry)?;
        }
        self.logs(directory, manifest)
    }

    fn run(&mut self, directory: &dyn Directory, manifest: &Manifest, entry: &RunEntry) -> Result<()> {
        let family = Family::of(entry.kind);
        self.report.files += 1;
        match Run::open(directory, entry.number, manifest.store, family, entry.length) {
            Ok(run) => {
                let mut found = Vec::new();
                run.verify(&mut |error| found.push(error), &mut |_| {});
                for error in found {
                    self.report.note(error)?;
                }
            }
            Err(error) => self.report.note(error)?,
        }
        self.advance(entry.length)
    }

    fn pack(&mut self, directory: &dyn Directory, manifest: &Manifest, entry: &PackEntry) -> Result<()> {
        self.report.files += 1;
        if !entry.sealed {
            // Only the log knows which of its records must be there; they are read with the versions.
            return Ok(());
        }
        let mut found = Vec::new();
        let abort = self.abort;
        packs::verify_sealed(
            directory,
            entry.number,
            manifest.store,
            entry.length,
            &mut |error| found.push(error),
            &mut |_| stopped(abort),
        )?;
        for error in found {
            self.report.note(error)?;
        }
        self.advance(entry.length)
    }

    fn logs(&mut self, directory: &dyn Directory, manifest: &Manifest) -> Result<()> {
        if manifest.logs.is_empty() {
            // Only where the manifest is lost: every other one names a log.
            return self.report.note(Error::corrupt(directory.path(), 0, "missing log"));
        }
        let mut logs = Vec::new();
        let mut damage = Vec::new();
        for number in &manifest.logs {
            self.report.files += 1;
            let mut on_damage = |error| damage.push(error);
            logs.extend(LogFile::open_damaged(directory, *number, manifest.store, &mut on_damage)?);
        }
        let mut bytes = 0;
        let mut count = |frame: LogFrame<'_>| {
            bytes += frame.changes.len() as u64;
            Ok(())
        };
        let scanned =
            if damage.is_empty() { scan(&logs, manifest.log_start, &mut count).map(drop) } else { Ok(()) };
        if !damage.is_empty() || matches!(scanned, Err(Error::Corrupt { .. })) {
            // An opening stops at the first damage; this goes on behind it.
            let before = damage.len();
            salvage(&logs, manifest.log_start, &mut count, &mut |error| damage.push(error))?;
            let found_none = damage.len() == before;
            damage.extend(scanned.err().filter(|_| found_none));
        } else {
            scanned?;
        }
        damage.into_iter().try_for_each(|error| self.report.note(error))?;
        self.advance(bytes)
    }

    /// What the files hold together: that every version loads and no event is missing.
    fn contents(&mut self, directory: &dyn Directory, manifest: &Manifest) -> Result<()> {
        let read = Contents::read(directory, manifest, Access::Read)
            .and_then(|contents| contents.replay(manifest).map(|replayed| (contents, replayed)));
        let (contents, Replayed { streams, .. }) = match read {
            Ok(read) => read,
            Err(error) => return self.report.note(error),
        };
        let snapshot = Snapshot { tables: Arc::new(contents.tables), position: Position(u64::MAX) };
        self.versions(&snapshot)?;
        for (_, row) in streams.iter() {
            self.events(&snapshot, row)?;
        }
        Ok(())
    }

    fn versions(&mut self, snapshot: &Snapshot) -> Result<()> {
        let ids = keys::ids();
        let mut scan = snapshot.scan(&ids.from, ids.until.as_deref(), false)?;
        while let Some(_id) = scan.step().or_else(|error| self.report.note(error).map(|()| None))? {
            self.report.checkpoints += 1;
        }
        let versions = keys::versions();
        let mut scan = snapshot.scan(&versions.from, versions.until.as_deref(), false)?;
        while let Some((_, value)) = scan.step().or_else(|error| self.report.note(error).map(|()| None))? {
            stopped(self.abort)?;
            let row = match VersionRow::decode(value).map_err(damaged(snapshot.directory())) {
                Ok(Some(row)) => row,
                Ok(None) => continue,
                Err(error) => {
                    self.report.note(error)?;
                    continue;
                }
            };
            match snapshot.tables.load_record(row.record, Keep::Bases) {
                Ok(_) => self.report.versions += 1,
                Err(error) => self.report.note(error)?,
            }
        }
        Ok(())
    }

    /// Also those that are pruned and held, of which a state is still to be folded; only the others are counted.
    fn events(&mut self, snapshot: &Snapshot, row: &StreamRow) -> Result<()> {
        let mut replay = Replay::new(snapshot.clone(), row.number, row.oldest(), row.last.next());
        let mut batch = EventBatch::default();
        while !replay.is_done() {
            stopped(self.abort)?;
            if let Err(error) = replay.fill(&mut batch, EVENTS_AT_ONCE, BYTES_AT_ONCE) {
                return self.report.note(error);
            }
            let counted = batch.events.iter().filter(|event| event.sequence >= row.first);
            self.report.events += counted.count() as u64;
        }
        Ok(())
    }
}
