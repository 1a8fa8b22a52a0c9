//! The rows and the log of a store that is repaired.
//!
//! Constraint: the run of rows is the last one written before the log, as in a flush, so that a repair that was cut off where the manifest is lost is told from one
//! that was not.

use super::{Repair, catalog::Rows, events::Events, new_files::NewFiles, packs::Packs};
use crate::{
    catalog::{
        keys::{self, Key},
        rows::VersionRow,
    },
    engine::{recover::SKIPPED_RECORDS, sealed::run_entry, strays::Strays},
    error::Result,
    format::{
        frame::Link,
        names::{self, FileName},
    },
    ids::{IdNumber, RecordNumber, StreamNumber},
    io::Directory,
    manifest::Manifest,
    random,
    runs::{Entry, Family},
};

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
    /// Writes the rows and a new log, and makes `after` the manifest of it all.
    pub(super) fn write(
        self,
        repair: &Repair<'_>,
        after: &mut Manifest,
        new_files: &mut NewFiles<'_>,
    ) -> Result<()> {
        let checksum = u32::from_le_bytes(random::bytes());
        after.log_start = Link { position: self.log_end.position, checksum };
        let counts = self.counts(repair)?;
        after.next_record = RecordNumber(counts.record.0.max(after.next_record.0) + SKIPPED_RECORDS);
        after.next_id = IdNumber(after.next_id.0.max(counts.id.0 + 1));
        after.next_stream = StreamNumber(after.next_stream.0.max(counts.stream.0 + 1));
        (after.checkpoints, after.versions) = (counts.checkpoints, counts.versions);
        // Whatever became dead by the repair is searched for.
        after.dropped_versions = after.dropped_versions.max(counts.versions + 1);

        let mut rows = self.rows;
        for (name, row) in self.events.streams.known.values() {
            rows.insert(keys::stream(name), row.encode());
        }
        new_files.sync()?;
        let mut writer = new_files.run(after.allocate_file(), Family::Catalog)?;
        writer.set_through(after.log_start);
        for (key, value) in &rows {
            writer.add(key, Entry::Put(value))?;
        }
        let meta = writer.finish()?;
        after.runs.retain(|run| run.kind == Family::Events.kind());
        after.runs.push(run_entry(&meta));

        let log = after.allocate_file();
        new_files.log(log)?;
        after.logs = vec![log];
        new_files.sync()
    }

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

/// The manifest, which is replaced, and every other file of the store that `after` does not name.
pub(super) fn gone(directory: &dyn Directory, before: &Manifest, after: &Manifest) -> Result<Vec<String>> {
    let mut gone = vec![names::MANIFEST.to_owned()];
    for name in directory.list()? {
        let file = FileName::parse(&name);
        if file.is_some_and(|file| before.names(file) && !after.names(file)) {
            gone.push(name);
        }
    }
    let strays = Strays::beside(directory, after)?.names;
    gone.extend(strays.into_iter().filter(|name| !gone.contains(name)).collect::<Vec<_>>());
    Ok(gone)
}
