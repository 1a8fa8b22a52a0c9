//! Reads the log from its start to its end: the one replay loop of opening, verifying, dumping and repairing.
//!
//! Constraints: the log ends at the first frame that does not fit, whatever follows: unsynced pages reach a disk in any order, so there may be frames
//! beyond a hole, and none of them ever counts. Up to the durable-through mark there is no such end: there it is damage. A file that
//! cannot be read is neither.
//!
//! The chain runs through all files. Where a file's next frame does not fit, the next file's first one is tried, and it fits only if it continues
//! the chain. A visitor sees frames before the loop knows whether the log is whole: it must not act on them outside its memory until [`scan`] returns.

mod damage;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use super::{
    file::{LogFile, LogPoint},
    window::Window,
};
use crate::{
    error::{Error, Result},
    format::{
        frame::{self, FRAME_HEADER_BYTES, Frame, Link},
        mark::{FRAMES_OFFSET, Mark},
    },
    ids::Position,
};

/// A frame as it was read.
#[derive(Debug, Clone, Copy)]
pub struct LogFrame<'a> {
    /// Its place in the chain.
    pub link: Link,
    /// When its changes were accepted, in milliseconds since the epoch.
    pub time_ms: u64,
    /// Whether it is the first of an opening.
    pub opening: bool,
    /// Its changes.
    pub changes: &'a [u8],
    /// The file it lies in.
    pub file: &'a Arc<LogFile>,
    /// Where its changes start in that file.
    pub changes_offset: u64,
}

impl<'a> LogFrame<'a> {
    /// `frame` of `file`, where it ends at `frame_end`.
    pub(super) fn new(frame: Frame<'a>, file: &'a Arc<LogFile>, frame_end: u64) -> Self {
        let Frame { link, time_ms, opening, changes } = frame;
        let changes_offset = frame_end - changes.len() as u64;
        Self { link, time_ms, opening, changes, file, changes_offset }
    }
}

/// Where a log ends, and what is known about that.
#[derive(Debug, Clone)]
pub struct LogEnd {
    /// The end: behind the last frame, or at the start of a later file where the store was closed after a switch.
    pub point: LogPoint,
    /// The index of the file that the end is in.
    pub file_index: usize,
    /// The durable-through mark of the whole store. Frames beyond it were read, but it is not known whether they are on the disk.
    pub durable: Position,
    /// Whether the store was closed in order exactly here and nothing lies behind. Only then the log may be continued in place.
    pub closed: bool,
    /// Bytes behind the end that are something else than preallocated space: frames that were never whole, or lie beyond a hole.
    pub dropped_bytes: u64,
}

/// Reads the log that consists of `files`, in order, and whose first frame chains to `start`; shows each frame to `visit`.
///
/// A frame that does not fit, up to the mark, is [`Error::Corrupt`] with the place where it should be, as is a mark that contradicts the frames. What
/// `visit` answers with an error ends the reading with that error. There must be at least one file.
pub fn scan(
    files: &[Arc<LogFile>],
    start: Link,
    visit: &mut dyn FnMut(LogFrame<'_>) -> Result<()>,
) -> Result<LogEnd> {
    let first = files
        .first()
        .ok_or_else(|| Error::InvalidArgument { what: "a log has at least one file".to_owned() })?;
    let marks: Vec<Mark> = files.iter().map(|file| file.mark()).collect();
    let marked = marks.iter().map(|mark| mark.through.position).max().unwrap_or_default();
    let durable = marked.max(start.position);
    let mut scan = Scan { files, marks, index: 0, end: LogPoint::start_of(Arc::clone(first), start) };
    for (index, file) in files.iter().enumerate() {
        scan.read_file(index, file, visit)?;
    }
    if scan.end.link.position < durable {
        return Err(scan.damage()?);
    }
    let closed = scan.find_closing_mark();
    let dropped_bytes = scan.dropped_bytes()?;
    Ok(LogEnd {
        point: scan.end,
        file_index: scan.index,
        durable,
        closed: closed && dropped_bytes == 0,
        dropped_bytes,
    })
}

struct Scan<'a> {
    files: &'a [Arc<LogFile>],
    marks: Vec<Mark>,
    /// The file that `end` is in.
    index: usize,
    end: LogPoint,
}

impl Scan<'_> {
    /// Reads frames of one file for as long as they continue the chain.
    fn read_file(
        &mut self,
        index: usize,
        file: &Arc<LogFile>,
        visit: &mut dyn FnMut(LogFrame<'_>) -> Result<()>,
    ) -> Result<()> {
        let mut window = Window::new(Arc::clone(file.file()))?;
        let mut offset = FRAMES_OFFSET;
        while let Some((frame, frame_bytes)) = read_frame(&mut window, offset, self.end.link)? {
            let frame_end = offset + frame_bytes as u64;
            self.check_marks(index, frame.link, frame_end)?;
            visit(LogFrame::new(frame, file, frame_end))?;
            offset = frame_end;
            self.index = index;
            self.end.link = frame.link;
            self.end.offset = offset;
        }
        if self.index == index {
            self.end.file = Arc::clone(file);
        }
        Ok(())
    }

    /// Whether a mark at the end says that the store was closed. Where that was after a switch and before the next frame, the mark stands at the start of a
    /// later file, and the end is there.
    fn find_closing_mark(&mut self) -> bool {
        let ends_here = |(index, mark): &(usize, &Mark)| {
            let offset = if *index == self.index { self.end.offset } else { FRAMES_OFFSET };
            *index >= self.index && mark.through == self.end.link && mark.offset == offset
        };
        let Some((index, mark)) = self.marks.iter().enumerate().rfind(ends_here) else {
            return false;
        };
        let (closed, offset) = (mark.closed, mark.offset);
        if let Some(file) = self.files.get(index) {
            self.end = LogPoint { link: self.end.link, file: Arc::clone(file), offset };
            self.index = index;
        }
        closed
    }

    fn dropped_bytes(&self) -> Result<u64> {
        let mut dropped = 0;
        for (index, file) in self.files.iter().enumerate().skip(self.index) {
            let from = if index == self.index { self.end.offset } else { FRAMES_OFFSET };
            dropped += Window::new(Arc::clone(file.file()))?.written_until(from)? - from;
        }
        Ok(dropped)
    }
}

/// The frame at `offset` with its length, if it is the one after `previous`.
pub(super) fn read_frame(
    window: &mut Window,
    offset: u64,
    previous: Link,
) -> Result<Option<(Frame<'_>, usize)>> {
    let Some(header) = window.at(offset, FRAME_HEADER_BYTES)? else { return Ok(None) };
    let Ok(frame_bytes) = frame::claimed_bytes(header) else { return Ok(None) };
    let Some(bytes) = window.at(offset, frame_bytes)? else { return Ok(None) };
    Ok(frame::decode(bytes, previous).ok().map(|frame| (frame, frame_bytes)))
}
