//! The new files of a store that is repaired.
//!
//! Constraints: the run of rows is the last one written before the log, as in a flush, so that a repair that was cut off where the manifest is lost is told from one
//! that was not; files of a repair that fails are removed.

use std::sync::Arc;

use super::{Repair, catalog::Rows, events::Events, packs::Packs};
use crate::{
    catalog::{
        keys::{self, Key},
        rows::VersionRow,
    },
    engine::{
        flush::{run_config, run_entry},
        recover::SKIPPED_RECORDS,
    },
    error::{Error, Result},
    format::{frame::Link, names},
    ids::{FileNumber, IdNumber, RecordNumber, StoreId, StreamNumber},
    io::Directory,
    manifest::Manifest,
    packs::PackWriter,
    random,
    runs::{Entry, Family, Run, RunWriter},
    wal::LogFile,
};

/// Files that no manifest names yet.
pub(super) struct NewFiles<'a> {
    directory: &'a dyn Directory,
    store: StoreId,
    made: Vec<String>,
}

impl<'a> NewFiles<'a> {
    pub(super) fn new(directory: &'a dyn Directory, store: StoreId) -> Self {
        Self { directory, store, made: Vec::new() }
    }

    pub(super) fn pack(&mut self, number: FileNumber) -> Result<Arc<PackWriter>> {
        self.made.push(names::pack(number));
        PackWriter::create(self.directory, number, self.store).map(Arc::new)
    }

    pub(super) fn run(&mut self, number: FileNumber, family: Family) -> Result<RunWriter> {
        self.made.push(names::run(number));
        RunWriter::create(self.directory, number, self.store, family, run_config(family))
    }

    pub(super) fn finish_run(&self, writer: RunWriter) -> Result<Arc<Run>> {
        let meta = writer.finish()?;
        Run::open(self.directory, meta.number, self.store, meta.family, meta.length)
    }

    pub(super) fn drop_pack(&self, number: FileNumber) -> Result<()> {
        self.drop_made(&names::pack(number))
    }

    /// Removes a run, if it is one of these.
    pub(super) fn drop_run(&self, number: FileNumber) -> Result<()> {
        self.drop_made(&names::run(number))
    }

    fn drop_made(&self, name: &str) -> Result<()> {
        if self.made.iter().any(|made| made == name) { self.directory.remove(name) } else { Ok(()) }
    }

    /// Writes the rows and a new log, and makes `after` the manifest of it all.
    pub(super) fn finish(
        &mut self,
        repair: &Repair<'_>,
        after: &mut Manifest,
        content: Content<'_>,
    ) -> Result<()> {
        let checksum = u32::from_le_bytes(random::bytes());
        after.log_start = Link { position: content.log_end.position, checksum };
        let counts = content.counts(repair)?;
        after.next_record = RecordNumber(counts.record.0.max(after.next_record.0) + SKIPPED_RECORDS);
        after.next_id = IdNumber(after.next_id.0.max(counts.id.0 + 1));
        after.next_stream = StreamNumber(after.next_stream.0.max(counts.stream.0 + 1));
        (after.checkpoints, after.versions) = (counts.checkpoints, counts.versions);
        // Whatever became dead by the repair is searched for.
        after.dropped_versions = after.dropped_versions.max(counts.versions + 1);

        let mut rows = content.rows;
        for (name, row) in content.events.streams.known.values() {
            rows.insert(keys::stream(name), row.encode());
        }
        self.directory.sync()?;
        let mut writer = self.run(after.allocate_file(), Family::Catalog)?;
        writer.set_through(after.log_start);
        for (key, value) in &rows {
            writer.add(key, Entry::Put(value))?;
        }
        let meta = writer.finish()?;
        after.runs.retain(|run| run.kind == Family::Events.kind());
        after.runs.push(run_entry(&meta));

        let log = after.allocate_file();
        self.made.push(names::log(log));
        LogFile::create(self.directory, log, self.store)?;
        after.logs = vec![log];
        self.directory.sync()
    }

    /// Makes `after`, which names them, the store's manifest.
    pub(super) fn install(mut self, after: &mut Manifest) -> Result<()> {
        let stored = after.store(self.directory);
        if !matches!(stored, Err(Error::Full { .. })) {
            // Any other failure leaves it open which manifest is in place, so they stay.
            self.made.clear();
        }
        stored
    }
}

impl Drop for NewFiles<'_> {
    fn drop(&mut self) {
        for name in &self.made {
            // Of a repair that failed. What is left, the next opening removes.
            drop(self.directory.remove(name));
        }
    }
}

/// What the store will hold.
pub(super) struct Content<'a> {
    /// Streams apart.
    pub(super) rows: Rows,
    pub(super) events: &'a Events,
    pub(super) packs: &'a Packs,
    /// The last change that there was.
    pub(super) log_end: Link,
}

/// How many there are, and the highest numbers.
#[derive(Default)]
struct Counts {
    checkpoints: u64,
    versions: u64,
    id: IdNumber,
    stream: StreamNumber,
    record: RecordNumber,
}

impl Content<'_> {
    fn counts(&self, repair: &Repair<'_>) -> Result<Counts> {
        let streams = &self.events.streams;
        let streams = streams.known.keys().chain(&streams.deleted).chain([&self.events.highest_stream]);
        let mut counts = Counts {
            record: self.packs.highest()?.max(RecordNumber(repair.before.next_record.0)),
            stream: streams.copied().max().unwrap_or_default(),
            ..Counts::default()
        };
        for (key, value) in &self.rows {
            match Key::parse(key) {
                Key::Id(_) => counts.checkpoints += 1,
                Key::Version(number, _) => {
                    counts.versions += u64::from(value != VersionRow::LOST);
                    counts.id = counts.id.max(number);
                }
                _ => {}
            }
        }
        Ok(counts)
    }
}

/// The files that `before` names and `after` does not, and the manifest, which is replaced.
pub(super) fn gone(before: &Manifest, after: &Manifest) -> Vec<String> {
    let logs = before.logs.iter().filter(|log| !after.logs.contains(log)).map(|log| names::log(*log));
    let stays = |number| after.names(names::FileName::Run(number));
    let runs = before.runs.iter().map(|run| run.number).filter(|run| !stays(*run)).map(names::run);
    let stays = |number| after.names(names::FileName::Pack(number));
    let packs = before.packs.iter().map(|pack| pack.number).filter(|pack| !stays(*pack)).map(names::pack);
    [names::MANIFEST.to_owned()].into_iter().chain(logs).chain(runs).chain(packs).collect()
}
