//! Appends frames: the only thing that moves the log's end.
//!
//! Constraints: an append is one `pwrite` and no other I/O, and allocates nothing once its buffer has grown. It has one owner, who keeps it under the lock that
//! orders changes. A write that placed nothing for want of room is refused and may be tried again; any other failed write leaves an end that nobody
//! knows, so the writer appends nothing ever after.

use std::sync::Arc;

use super::file::{LogFile, LogPoint};
use crate::{
    error::{Error, Result},
    format::{
        frame::{self, FRAME_HEADER_BYTES, Link, OPENING_BYTES},
        mark::FRAMES_OFFSET,
    },
    random,
};

/// The buffer kept between appends: most frames fit, and thousands of idle stores together keep little.
const KEPT_BUFFER_BYTES: usize = 64 << 10;

/// Preallocation goes by the size the log has, between these.
const ALLOCATION_STEP_BYTES: std::ops::RangeInclusive<u64> = 16 << 10..=1 << 20;

/// A frame that was written.
#[derive(Debug, Clone)]
pub struct Placed {
    /// The log's end behind it.
    pub end: LogPoint,
    /// Where its changes start in the file `end` is in.
    pub changes_offset: u64,
}

/// Why a frame was not written.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// No byte was placed: [`Error::Full`], or changes that make no frame. The writer goes on.
    #[error(transparent)]
    Refused(Error),
    /// The log's end is unknown, now or since an earlier call. Whoever owns the writer ends writing.
    #[error(transparent)]
    Failed(Error),
}

/// The log's end.
#[derive(Debug)]
pub struct LogWriter {
    end: LogPoint,
    /// The random bytes that this opening's first frame is still to carry.
    opening: Option<[u8; OPENING_BYTES]>,
    buffer: Vec<u8>,
    requested_bytes: u64,
    failure: Option<Arc<Error>>,
}

impl LogWriter {
    /// Starts in a log without a frame, whose first one will chain to `start`.
    pub fn start(file: Arc<LogFile>, start: Link) -> Self {
        Self::continue_at(LogPoint::start_of(file, start))
    }

    /// Goes on where a log ends that was closed in order ([`super::LogEnd::closed`]).
    pub fn continue_at(end: LogPoint) -> Self {
        let opening = Some(random::bytes());
        Self { end, opening, buffer: Vec::new(), requested_bytes: 0, failure: None }
    }

    /// Writes `changes`, accepted at `time_ms`, as the next frame.
    pub fn append(&mut self, time_ms: u64, changes: &[u8]) -> Result<Placed, AppendError> {
        if let Some(cause) = &self.failure {
            return Err(AppendError::Failed(Error::Poisoned { cause: Arc::clone(cause) }));
        }
        let link = frame::encode(&mut self.buffer, self.end.link, time_ms, self.opening, changes)
            .map_err(AppendError::Refused)?;
        let written = self.end.file.place(&self.buffer, self.end.offset);
        let frame_bytes = self.buffer.len() as u64;
        self.buffer.clear();
        self.buffer.shrink_to(KEPT_BUFFER_BYTES);
        match written.map_err(Error::from) {
            Ok(()) => {}
            Err(full @ Error::Full { .. }) => return Err(AppendError::Refused(full)),
            Err(error) => {
                self.failure = Some(Arc::new(error.clone()));
                return Err(AppendError::Failed(error));
            }
        }
        let before_changes = FRAME_HEADER_BYTES + self.opening.take().map_or(0, |random| random.len());
        let changes_offset = self.end.offset + before_changes as u64;
        self.end.link = link;
        self.end.offset += frame_bytes;
        Ok(Placed { end: self.end.clone(), changes_offset })
    }

    /// Writes the next frame to `next`, which is synced, named by the manifest and without a frame. [`super::Durability::switched`] has to be told too.
    pub fn switch_to(&mut self, next: Arc<LogFile>) {
        self.end = LogPoint::start_of(next, self.end.link);
        self.requested_bytes = 0;
    }

    /// Where the log ends.
    pub fn end(&self) -> &LogPoint {
        &self.end
    }

    /// How many bytes of frames the current file has.
    pub fn bytes_in_file(&self) -> u64 {
        self.end.offset - FRAMES_OFFSET
    }

    /// The length to which [`LogFile::grow`] should bring the current file, on another thread, before appends reach the end of what it has. Says
    /// each length once.
    pub fn wants_allocation(&mut self) -> Option<u64> {
        let end = self.end.offset;
        let step = end
            .checked_next_power_of_two()
            .unwrap_or(u64::MAX)
            .clamp(*ALLOCATION_STEP_BYTES.start(), *ALLOCATION_STEP_BYTES.end());
        let soon_needed = end + step / 8;
        let length = soon_needed.next_multiple_of(step);
        if soon_needed <= self.end.file.allocated() || length <= self.requested_bytes {
            return None;
        }
        self.requested_bytes = length;
        Some(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;

    use super::*;
    use crate::{
        ids::{FileNumber, Position},
        wal::testing::{MemoryDirectory, MemoryFile, NUMBER, START, STORE},
    };

    fn fresh() -> (MemoryDirectory, Arc<MemoryFile>, LogWriter) {
        let directory = MemoryDirectory::default();
        let log = LogFile::create(&directory, NUMBER, STORE).unwrap();
        let file = directory.file("0000000000000007.log");
        (directory, file, LogWriter::start(log, START))
    }

    #[test]
    fn an_append_is_one_write_and_tells_where_its_changes_lie() {
        let (_directory, file, mut writer) = fresh();
        let before = file.calls();
        for (index, changes) in [&b"first"[..], b"second", b"third"].into_iter().enumerate() {
            let placed = writer.append(5, changes).unwrap();
            assert_eq!(placed.end.link.position, Position(START.position.0 + 1 + index as u64));
            let mut read = vec![0; changes.len()];
            placed.end.file.file().read_exact_at(&mut read, placed.changes_offset).unwrap();
            assert_eq!(read, changes);
            assert_eq!(placed.end.offset, placed.changes_offset + changes.len() as u64);
            assert_eq!(writer.end().offset, placed.end.offset);
        }
        let after = file.calls();
        assert_eq!(
            (after.writes - before.writes, after.syncs, after.allocations),
            (3, before.syncs, before.allocations)
        );
        assert_eq!(writer.bytes_in_file(), 8 + 3 * 28 + 5 + 6 + 5);
    }

    /// Catches a refused frame that moves the end, or that uses up the opening.
    #[test]
    fn without_room_the_frame_is_refused_whole_and_the_next_call_works() {
        let (_directory, file, mut writer) = fresh();
        for round in 0..3 {
            let before = writer.end().clone();
            file.fail_next_write(0, ErrorKind::StorageFull);
            let refused = writer.append(5, b"changes").unwrap_err();
            assert!(matches!(refused, AppendError::Refused(Error::Full { .. })), "{refused}");
            assert_eq!((writer.end().link, writer.end().offset), (before.link, before.offset));
            let placed = writer.append(5, b"changes").unwrap();
            assert_eq!(placed.end.link.position, Position(before.link.position.0 + 1));
            let random = if round == 0 { 8 } else { 0 };
            assert_eq!(placed.changes_offset, before.offset + 28 + random);
        }
        assert!(matches!(writer.append(5, b"").unwrap_err(), AppendError::Refused(_)));
        let too_large = vec![0; frame::MAX_CHANGES_BYTES + 1];
        assert!(matches!(writer.append(5, &too_large).unwrap_err(), AppendError::Refused(_)));
        writer.append(5, b"goes on").unwrap();
    }

    /// Catches a writer that goes on behind a frame of which only a part was placed.
    #[test]
    fn any_other_failure_ends_appending() {
        for (placed, kind) in [(1, ErrorKind::StorageFull), (0, ErrorKind::Other), (9, ErrorKind::Other)] {
            let (_directory, file, mut writer) = fresh();
            writer.append(5, b"one").unwrap();
            file.fail_next_write(placed, kind);
            let failed = writer.append(5, b"two").unwrap_err();
            assert!(matches!(failed, AppendError::Failed(Error::Io { .. })), "{failed}");
            let calls = file.calls().writes;
            let later = writer.append(5, b"three").unwrap_err();
            assert!(matches!(later, AppendError::Failed(Error::Poisoned { .. })), "{later}");
            assert_eq!(file.calls().writes, calls);
        }
    }

    #[test]
    fn two_openings_of_one_log_write_different_frames() {
        let (_directory, _file, mut first) = fresh();
        let (_other_directory, _other_file, mut second) = fresh();
        let (first, second) = (first.append(5, b"same").unwrap(), second.append(5, b"same").unwrap());
        assert_ne!(first.end.link.checksum, second.end.link.checksum);
    }

    #[test]
    fn a_switch_goes_on_with_the_chain_at_the_start_of_the_next_file() {
        let (directory, _file, mut writer) = fresh();
        let before = writer.append(5, b"one").unwrap();
        let next = LogFile::create(&directory, FileNumber(8), STORE).unwrap();
        writer.switch_to(Arc::clone(&next));
        assert_eq!(writer.bytes_in_file(), 0);
        assert_eq!(writer.end().link, before.end.link);
        let placed = writer.append(5, b"two").unwrap();
        assert!(Arc::ptr_eq(&placed.end.file, &next));
        assert_eq!(placed.changes_offset, FRAMES_OFFSET + 28);
    }

    #[test]
    fn allocation_is_wanted_once_before_the_end_is_reached() {
        let (_directory, file, mut writer) = fresh();
        assert_eq!(writer.wants_allocation(), None);
        let mut asked = Vec::new();
        for _ in 0..2500 {
            writer.append(5, &[1; 1000]).unwrap();
            if let Some(length) = writer.wants_allocation() {
                assert!(writer.end().offset < length);
                assert!(length - writer.end().offset <= (2 << 20));
                assert_eq!(writer.wants_allocation(), None, "asked twice");
                asked.push(length);
                writer.end().file.grow(length).unwrap();
            }
            assert!(writer.end().offset <= file.length_now(), "appends outran the allocation");
        }
        assert_eq!(asked, [32 << 10, 64 << 10, 128 << 10, 256 << 10, 512 << 10, 1 << 20, 2 << 20, 3 << 20]);
    }

    /// Catches a store that asks again at each append once the disk is full.
    #[test]
    fn a_failed_allocation_is_not_asked_for_at_every_append() {
        let (_directory, _file, mut writer) = fresh();
        let asked = (0..200).filter(|_| {
            writer.append(5, &[1; 1000]).unwrap();
            writer.wants_allocation().is_some()
        });
        assert!(asked.count() <= 5);
    }

    #[test]
    fn a_large_frame_does_not_pin_a_large_buffer() {
        let (_directory, _file, mut writer) = fresh();
        writer.append(5, &vec![1; frame::MAX_CHANGES_BYTES]).unwrap();
        assert!(writer.buffer.capacity() <= KEPT_BUFFER_BYTES);
        writer.append(5, &[1; 1000]).unwrap();
        let capacity = writer.buffer.capacity();
        writer.append(5, &[1; 1000]).unwrap();
        assert_eq!(writer.buffer.capacity(), capacity);
    }
}
