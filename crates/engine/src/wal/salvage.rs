//! Reading what is whole of a damaged log, for a repair and for a report of all damage.
//!
//! Constraints: beyond the durable-through mark the log ends where it ends for every other reader; before it, frames behind damage count again as soon as one of
//! them continues the chain of its neighbour. A frame says nothing without its predecessor's checksum, so of a stretch of damage the first frame whose
//! predecessor's header is still there is the first that counts, and a frame whose predecessor's header is gone is lost with it.

use std::sync::Arc;

use super::{
    file::LogFile,
    reader::{LogFrame, read_frame},
    window::Window,
};
use crate::{
    error::{Error, Result},
    format::{
        frame::{self, FRAME_HEADER_BYTES, FrameClaim, Link},
        mark::FRAMES_OFFSET,
    },
    ids::Position,
};

/// Reads the log of `files` behind `start`; shows each whole frame to `visit`, and each stretch of damage to `on_damage`. Answers the last position
/// that the log had, as far as frames and marks tell, and the checksum of the last whole frame.
pub fn salvage(
    files: &[Arc<LogFile>],
    start: Link,
    visit: &mut dyn FnMut(LogFrame<'_>) -> Result<()>,
    on_damage: &mut dyn FnMut(Error),
) -> Result<Link> {
    let marked = files.iter().map(|file| file.mark().through.position).max().unwrap_or_default();
    let mut salvage = Salvage { last: start, behind_damage: None, durable: marked.max(start.position) };
    for file in files {
        salvage.read_file(file, visit, on_damage)?;
    }
    if salvage.last.position < salvage.durable
        && let Some(file) = files.last()
    {
        on_damage(Error::corrupt(file.path(), FRAMES_OFFSET, "log frames up to the mark"));
    }
    Ok(Link { position: salvage.last.position.max(salvage.durable), ..salvage.last })
}

struct Salvage {
    /// The last frame that was whole.
    last: Link,
    /// Where the chain may go on in the next file, if the damaged frame before it was that file's last one.
    behind_damage: Option<Link>,
    durable: Position,
}

impl Salvage {
    fn read_file(
        &mut self,
        file: &Arc<LogFile>,
        visit: &mut dyn FnMut(LogFrame<'_>) -> Result<()>,
        on_damage: &mut dyn FnMut(Error),
    ) -> Result<()> {
        let mut window = Window::new(Arc::clone(file.file()))?;
        let mut offset = FRAMES_OFFSET;
        if let Some(link) = self.behind_damage.take()
            && read_frame(&mut window, offset, self.last)?.is_none()
            && read_frame(&mut window, offset, link)?.is_some()
        {
            self.last = link;
        }
        loop {
            if let Some((frame, bytes)) = read_frame(&mut window, offset, self.last)? {
                let frame_end = offset + bytes as u64;
                visit(LogFrame::new(frame, file, frame_end))?;
                self.last = frame.link;
                offset = frame_end;
                continue;
            }
            if self.last.position >= self.durable {
                return Ok(());
            }
            let Some((link, behind)) = self.find_chain(&mut window, offset)? else {
                return self.leave_file(file, &mut window, offset, on_damage);
            };
            on_damage(Error::corrupt(file.path(), offset, "log frame"));
            self.last = link;
            offset = behind;
        }
    }

    /// Where the chain goes on behind the damaged frame at `offset`: the link, and the offset of the first frame that continues it.
    ///
    /// That is the frame that continues what the damaged one's checksum says, or else one that continues any other header's.
    fn find_chain(&self, window: &mut Window, offset: u64) -> Result<Option<(Link, u64)>> {
        let end = window.written_until(offset)?;
        let damaged = match window.at(offset, FRAME_HEADER_BYTES)? {
            Some(header) => frame::claimed_checksum(header).ok(),
            None => None,
        };
        let damaged = damaged.zip(self.last.successor());
        let damaged = damaged.map(|(checksum, position)| Link { position, checksum });
        for at in offset..end {
            if let Some(link) = damaged
                && at > offset
                && read_frame(window, at, link)?.is_some()
            {
                return Ok(Some((link, at)));
            }
            let Some(claim) = self.claim(window, at)? else { continue };
            let behind = at + claim.bytes as u64;
            if read_frame(window, behind, claim.link)?.is_some() {
                return Ok(Some((claim.link, behind)));
            }
        }
        Ok(None)
    }

    /// What the bytes at `at` say, where they can be the header of a frame behind the last one.
    fn claim(&self, window: &mut Window, at: u64) -> Result<Option<FrameClaim>> {
        let Some(header) = window.at(at, FRAME_HEADER_BYTES)? else { return Ok(None) };
        let claim = frame::claim(header).ok();
        Ok(claim.filter(|claim| claim.link.position > self.last.position))
    }

    /// Nothing whole follows in this file. Where something was begun, that is damage.
    fn leave_file(
        &mut self,
        file: &Arc<LogFile>,
        window: &mut Window,
        offset: u64,
        on_damage: &mut dyn FnMut(Error),
    ) -> Result<()> {
        if window.written_until(offset)? > offset {
            on_damage(Error::corrupt(file.path(), offset, "log frame"));
            self.behind_damage = self.claim(window, offset)?.map(|claim| claim.link);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
