//! Which frames a damaged log still has, and which damage is told.

use super::*;
use crate::wal::{
    LogPoint, LogWriter,
    testing::{MemoryDirectory, MemoryFile, NUMBER, START, STORE},
};

/// A log in one file.
struct Log {
    directory: MemoryDirectory,
    file: Arc<LogFile>,
    ends: Vec<LogPoint>,
}

/// The changes of the frames that are found, the damage by offset, and the last position.
type Found = (Vec<Vec<u8>>, Vec<(u64, &'static str)>, u64);

impl Log {
    /// A frame for each of `changes`; marked as durable through the first `marked` of them.
    fn new(changes: &[&[u8]], marked: usize) -> Self {
        let directory = MemoryDirectory::default();
        let file = LogFile::create(&directory, NUMBER, STORE).unwrap();
        let mut writer = LogWriter::start(Arc::clone(&file), START);
        let ends: Vec<_> = changes.iter().map(|changes| writer.append(1, changes).unwrap().end).collect();
        let end = &ends[marked - 1];
        file.write_mark(end.link, end.offset, false).unwrap();
        Self { directory, file, ends }
    }

    fn memory(&self) -> Arc<MemoryFile> {
        self.directory.file("0000000000000007.log")
    }

    /// Where the frame with this index begins.
    fn start_of(&self, index: usize) -> usize {
        let offset = index.checked_sub(1).map_or(FRAMES_OFFSET, |before| self.ends[before].offset);
        usize::try_from(offset).unwrap()
    }

    fn salvage(&self) -> Found {
        let (mut found, mut damage) = (Vec::new(), Vec::new());
        let mut visit = |frame: LogFrame<'_>| {
            found.push(frame.changes.to_vec());
            Ok(())
        };
        let mut on_damage = |error| match error {
            Error::Corrupt { offset, what, .. } => damage.push((offset, what)),
            other => panic!("{other}"),
        };
        let end = salvage(&[Arc::clone(&self.file)], START, &mut visit, &mut on_damage).unwrap();
        (found, damage, end.position.0 - START.position.0)
    }
}

/// Catches a torn end that counts: a frame behind one that was never synced was not synced either.
#[test]
fn behind_the_mark_the_log_ends_at_its_first_bad_frame() {
    let log = Log::new(&[b"one", b"two", b"three", b"four"], 2);
    let torn = log.start_of(3) - 1;
    log.memory().edit(|bytes| bytes[torn] ^= 1);
    assert_eq!(log.salvage(), (vec![b"one".to_vec(), b"two".to_vec()], vec![], 2));
}

/// Catches lost frames that nothing tells of: where they were is all zeros, like space that was never used.
#[test]
fn frames_that_are_missing_before_the_mark_are_told() {
    let log = Log::new(&[b"one", b"two", b"three"], 3);
    let from = log.start_of(2);
    log.memory().edit(|bytes| bytes[from..].fill(0));
    let damage = vec![(FRAMES_OFFSET, "log frames up to the mark")];
    assert_eq!(log.salvage(), (vec![b"one".to_vec(), b"two".to_vec()], damage, 3));
}

/// Catches the damage of a file's last frame that is told without its place, or not at all.
#[test]
fn a_damaged_last_frame_is_told_with_its_place() {
    let log = Log::new(&[b"one", b"two", b"three"], 3);
    let last = log.start_of(2);
    log.memory().edit(|bytes| bytes[last + FRAME_HEADER_BYTES] ^= 1);
    let (_, damage, _) = log.salvage();
    assert_eq!(damage[0], (u64::try_from(last).unwrap(), "log frame"));
}

/// Catches frames that come twice: what a damaged one holds can itself be a log, such as a copy of this one's beginning.
#[test]
fn what_lies_in_a_damaged_frame_is_no_part_of_the_log() {
    let mut log = Log::new(&[b"one", b"two"], 2);
    let (from, to) = (log.start_of(0), usize::try_from(log.ends[1].offset).unwrap());
    let mut copy = Vec::new();
    log.memory().edit(|bytes| copy = bytes[from..to].to_vec());
    let mut writer = LogWriter::continue_at(log.ends[1].clone());
    for changes in [copy.as_slice(), b"four"] {
        log.ends.push(writer.append(1, changes).unwrap().end);
    }
    let end = &log.ends[3];
    log.file.write_mark(end.link, end.offset, false).unwrap();
    let length = log.start_of(2);
    log.memory().edit(|bytes| bytes[length] ^= 1);
    let found = vec![b"one".to_vec(), b"two".to_vec(), b"four".to_vec()];
    assert_eq!(log.salvage(), (found, vec![(u64::try_from(length).unwrap(), "log frame")], 4));
}
