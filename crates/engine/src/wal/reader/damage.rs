//! Tells where a log that ends too early is damaged, and whether its marks are those of its frames.

use std::sync::Arc;

use super::{Scan, Window};
use crate::{
    error::{Error, Result},
    format::{
        frame::{FRAME_HEADER_BYTES, Link},
        mark::FRAMES_OFFSET,
    },
};

impl Scan<'_> {
    /// Checks that the marks which name the position of the frame `link`, that ends at `frame_end` of the file at `index`, were made for this frame.
    ///
    /// A frame up to a mark was synced and never written again, so that another one in its place is damage (a file put back from a copy, say).
    pub(super) fn check_marks(&self, index: usize, link: Link, frame_end: u64) -> Result<()> {
        for ((marked, mark), file) in self.marks.iter().enumerate().zip(self.files) {
            if mark.through.position != link.position {
                continue;
            }
            let offset = if marked == index { frame_end } else { FRAMES_OFFSET };
            if marked < index || mark.through.checksum != link.checksum || mark.offset != offset {
                return Err(Error::corrupt(file.path(), mark.slot_offset(), "log mark"));
            }
        }
        Ok(())
    }

    /// The damage of a log that ends before its mark. The missing frame is behind the end, or at the start of the next file if this one holds nothing more.
    pub(super) fn damage(&self) -> Result<Error> {
        let here = Error::corrupt(self.end.file.path(), self.end.offset, "log frame");
        let more_here =
            self.marks.get(self.index).is_some_and(|mark| mark.through.position > self.end.link.position);
        let Some(next) = self.files.get(self.index + 1) else { return Ok(here) };
        if more_here || !self.blank_at_end()? {
            return Ok(here);
        }
        Ok(Error::corrupt(next.path(), FRAMES_OFFSET, "log frame"))
    }

    /// Whether no frame was ever begun behind the end, as far as the bytes there tell.
    fn blank_at_end(&self) -> Result<bool> {
        let mut window = Window::new(Arc::clone(self.end.file.file()))?;
        let header = window.at(self.end.offset, FRAME_HEADER_BYTES)?;
        Ok(header.is_none_or(|header| header.iter().all(|byte| *byte == 0)))
    }
}
