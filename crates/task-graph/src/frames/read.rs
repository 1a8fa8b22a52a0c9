//! Reading values from frames.

use std::{io::Cursor, vec};

use agent_storage_messagepack::Reader;
use zstd::zstd_safe::{DCtx, get_frame_content_size};

use super::{Frame, MOST_COMPRESSED_BYTES};
use crate::{
    fields::{next_integer, next_list},
    slab::{Lying, Slot},
};

/// The values of one frame, as they lie in what was read.
pub(crate) struct Laid {
    pub(crate) slots: Vec<Slot>,
    /// One for each, or none.
    pub(crate) marks: Vec<usize>,
    /// How many bytes lie before them that none of them has.
    pub(crate) unused: usize,
}

/// Frames of which none was read yet, and those behind them.
pub(crate) struct FrameReader {
    stored: Vec<u8>,
    /// Where the next one begins.
    at: usize,
    left: vec::IntoIter<Frame>,
    context: DCtx<'static>,
}

impl FrameReader {
    /// Reads `frames`, whose bytes are all of `stored` from `at` on; `None` where they are not.
    pub(crate) fn new(frames: Vec<Frame>, stored: Vec<u8>, at: usize) -> Option<Self> {
        let mut rest = stored.get(at..)?;
        for frame in &frames {
            let (bytes, behind) = rest.split_at_checked(frame.stored_bytes)?;
            rest = behind;
            let raw_bytes = frame.raw_bytes;
            let is_compressed = raw_bytes != bytes.len();
            if is_compressed
                && (raw_bytes > MOST_COMPRESSED_BYTES
                    || get_frame_content_size(bytes).ok().flatten() != Some(raw_bytes as u64))
            {
                return None;
            }
        }
        let context = DCtx::try_create()?;
        rest.is_empty().then(|| Self { at, left: frames.into_iter(), context, stored })
    }

    /// How many values are left.
    pub(crate) fn values(&self) -> usize {
        self.left.as_slice().iter().fold(0, |sum, frame| sum.saturating_add(frame.values))
    }

    /// How many bytes the frames hold that are left.
    pub(crate) fn raw_bytes(&self) -> usize {
        self.left.as_slice().iter().fold(0, |sum, frame| sum.saturating_add(frame.raw_bytes))
    }

    /// How many bytes are held for them.
    pub(crate) fn held_bytes(&self) -> usize {
        self.stored.capacity()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.left.as_slice().is_empty()
    }

    /// Appends what the next frame holds to `raw`; `None` where its bytes are not what it was stored as.
    pub(crate) fn next(&mut self, raw: &mut Vec<u8>) -> Option<Laid> {
        let Frame { values, raw_bytes, stored_bytes } = self.left.next()?;
        let stored = self.stored.get(self.at..self.at + stored_bytes)?;
        self.at += stored_bytes;
        let start = raw.len();
        raw.try_reserve(raw_bytes).ok()?;
        if raw_bytes == stored_bytes {
            raw.extend_from_slice(stored);
        } else {
            let mut end = Cursor::new(&mut *raw);
            end.set_position(start as u64);
            self.context.decompress(&mut end, stored).ok()?;
        }
        // Its values are all of it, so that what it holds has the right length too.
        lay(raw, start).filter(|laid| laid.slots.len() == values)
    }
}

/// The values of the frame that `raw` holds from `start` on.
fn lay(raw: &[u8], start: usize) -> Option<Laid> {
    let mut reader = Reader::new(raw.get(start..)?);
    let (lengths, marks) = (numbers(&mut reader)?, numbers(&mut reader)?);
    let unused = reader.at();
    let mut lying = Lying::new(start + unused..raw.len());
    let slots = lengths.into_iter().map(|length| lying.next(length)).collect::<Option<Vec<_>>>()?;
    let is_whole = lying.is_done() && (marks.is_empty() || marks.len() == slots.len());
    is_whole.then_some(Laid { slots, marks, unused })
}

/// The list of whole numbers that comes next.
fn numbers(reader: &mut Reader<'_>) -> Option<Vec<usize>> {
    let mut items = reader.clone();
    reader.skip_value()?;
    // Passing over the list has shown that there are so many.
    let count = next_list(&mut items)? as usize;
    let mut numbers = Vec::with_capacity(count);
    for _ in 0..count {
        numbers.push(usize::try_from(next_integer(&mut items)?).ok()?);
    }
    Some(numbers)
}
