//! Recovery: writing what is kept of a log that was not closed in order into a new file.
//!
//! Constraints:
//! - it never changes a file that exists: until the new log is named by a durable manifest, a crash has changed nothing;
//! - it trusts nothing that it reads beyond the durable-through mark: those frames are durable only once they were written and synced anew (after a
//!   failed sync the page cache may show bytes that the disk does not have);
//! - what it drops never comes back: the old file is no part of the store any more, and its numbers are not given out again;
//! - it never decides what is damage: the scan that found the log's end has;
//! - where there is no room for the new file, nothing of it is left: others wait for that room.

use std::sync::Arc;

use super::contents::Contents;
use crate::{
    error::{Error, Result},
    format::names,
    ids::{FileNumber, Position, RecordNumber},
    io::Directory,
    manifest::Manifest,
    wal::{AppendError, Durability, LogFile, LogPoint, LogWriter, scan},
};

/// Record numbers that are skipped: some may have been given to records that were lost, and no number may stand for two.
pub(super) const SKIPPED_RECORDS: u64 = 1 << 16;

/// Writes the frames of `contents` into a new log, closed in order, which takes the place of all logs in `manifest`. Answers where it ends.
pub(super) fn recover(
    directory: &dyn Directory,
    manifest: &mut Manifest,
    contents: &Contents,
) -> Result<LogPoint> {
    let number = manifest.allocate_file();
    let last = contents.end.point.link.position;
    let written = write_log(directory, manifest, &contents.logs, last, number).and_then(|end| {
        manifest.logs = vec![number];
        let above_all_seen = contents.seen.record.0.max(manifest.next_record.0);
        manifest.next_record = RecordNumber(above_all_seen + SKIPPED_RECORDS);
        manifest.store(directory).map(|()| end)
    });
    if let Err(Error::Full { .. }) = written {
        // No manifest names it. If this fails too, the next opening removes it.
        drop(directory.remove(&names::log(number)));
    }
    written
}

/// Writes the frames of `logs` up to that of the position `last` into the new log `number` of `directory`, closed in order, and syncs it. `manifest` tells where
/// they begin.
pub(super) fn write_log(
    directory: &dyn Directory,
    manifest: &Manifest,
    logs: &[Arc<LogFile>],
    last: Position,
    number: FileNumber,
) -> Result<LogPoint> {
    let full = |error: Error| {
        let is_full = error.is_out_of_space();
        if is_full { Error::Full { path: directory.path().join(names::log(number)) } } else { error }
    };
    let file = LogFile::create(directory, number, manifest.store)?;
    let mut writer = LogWriter::start(Arc::clone(&file), manifest.log_start);
    let durability = Durability::new(LogPoint::start_of(file, manifest.log_start), false);
    scan(logs, manifest.log_start, &mut |frame| {
        if frame.link.position <= last {
            let placed = writer.append(frame.time_ms, frame.changes).map_err(|error| match error {
                AppendError::Refused(error) | AppendError::Failed(error) => full(error),
            })?;
            durability.accepted(&placed.end);
        }
        Ok(())
    })?;
    if writer.end().link.position != last {
        let path = logs.last().map_or_else(|| directory.path(), |log| log.path());
        return Err(Error::corrupt(path, 0, "log changed while it was read"));
    }
    durability.close().map_err(|error| match error {
        // There is no engine yet whose writing could have ended.
        Error::Poisoned { cause } => full(Error::clone(&cause)),
        other => full(other),
    })?;
    directory.sync().map_err(full)?;
    Ok(writer.end().clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        format::frame::Link,
        packs::testing::{MemoryDirectory, STORE},
    };

    /// Catches frames that are gone between the two times that a log is read, and with them from the store.
    #[test]
    fn a_log_that_has_become_shorter_is_refused() {
        let directory = MemoryDirectory::default();
        let start = Link { position: Position(0), checksum: STORE.first_link() };
        let manifest = Manifest::blank(STORE, start);
        let log = LogFile::create(&directory, FileNumber(1), STORE).unwrap();
        LogWriter::start(Arc::clone(&log), start).append(1, b"one").unwrap();
        let logs = [log];
        let write =
            |last, number| write_log(&directory, &manifest, &logs, Position(last), FileNumber(number));
        assert_eq!(write(1, 2).unwrap().link.position, Position(1));
        assert!(matches!(write(2, 3), Err(Error::Corrupt { what: "log changed while it was read", .. })));
    }
}
