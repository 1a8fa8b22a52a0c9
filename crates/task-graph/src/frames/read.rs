//! Reading values from frames.

use std::{io::Cursor, ops::Range, vec};

use agent_storage_messagepack::Reader;
use zstd::zstd_safe::{DCtx, get_frame_content_size};

use super::{Frame, MOST_COMPRESSED_BYTES};
use crate::{
    numbers::next_numbers,
    slab::{Lying, Slab, Slot},
};

/// So many times as many bytes as frames are stored as are reserved for all of them at once. Most states are below that, and what else there is is reserved frame by frame.
const LIKELY_RATIO: usize = 64;

/// The values of one frame, as they lie in what was read.
pub(crate) struct Laid {
    pub(crate) slots: Vec<Slot>,
    /// One for each, or none.
    pub(crate) marks: Vec<usize>,
    /// How many bytes lie before them that none of them has.
    pub(crate) unused: usize,
}

/// Frames that are read one after the other.
pub(crate) struct FrameReader {
    stored: Slab,
    /// Where the next one begins.
    at: usize,
    left: vec::IntoIter<Frame>,
    context: Option<DCtx<'static>>,
}

impl FrameReader {
    /// Reads `frames`, whose bytes are all of `stored` from `at` on; `None` where they are not.
    pub(crate) fn new(frames: Vec<Frame>, stored: Vec<u8>, at: usize) -> Option<Self> {
        let mut rest = stored.get(at..)?;
        for frame in &frames {
            let (bytes, behind) = rest.split_at_checked(frame.stored_bytes)?;
            rest = behind;
            if frame.values == 0 || frame.is_compressed() && !can_hold(bytes, frame.raw_bytes) {
                return None;
            }
        }
        let is_all = rest.is_empty();
        is_all.then(|| Self { stored: Slab::of(stored, at), at, left: frames.into_iter(), context: None })
    }

    /// How many values are left.
    pub(crate) fn values(&self) -> usize {
        self.left.as_slice().iter().fold(0, |sum, frame| sum.saturating_add(frame.values))
    }

    /// How many bytes the frames hold that are left, as far as that is likely.
    pub(crate) fn likely_bytes(&self) -> usize {
        let told = self.left.as_slice().iter().fold(0, |sum, frame| frame.raw_bytes.saturating_add(sum));
        told.min(self.stored.bytes().len().saturating_mul(LIKELY_RATIO))
    }

    /// How many bytes are held for them.
    pub(crate) fn held_bytes(&self) -> usize {
        self.stored.held_bytes()
    }

    pub(crate) fn is_done(&self) -> bool {
        self.left.as_slice().is_empty()
    }

    /// Appends what the next frame holds to `raw`; `None` where its bytes are not what it was stored as.
    pub(crate) fn next(&mut self, raw: &mut Vec<u8>) -> Option<Laid> {
        let (frame, place) = self.pass()?;
        let stored = self.stored.bytes().get(place)?;
        let start = raw.len();
        raw.try_reserve(frame.raw_bytes).ok()?;
        if frame.is_compressed() {
            let mut end = Cursor::new(&mut *raw);
            end.set_position(start as u64);
            self.context.get_or_insert_with(DCtx::create).decompress(&mut end, stored).ok()?;
        } else {
            raw.extend_from_slice(stored);
        }
        // Behind a zstd frame there may be another one, which has been decompressed too if there was room.
        (raw.len() - start == frame.raw_bytes).then(|| lay(raw, start, frame))?
    }

    /// Whether the next frame can be read where it lies.
    pub(crate) fn is_next_in_place(&self) -> bool {
        self.left.as_slice().first().is_some_and(|frame| !frame.is_compressed())
    }

    /// The values of the next frame where they lie, which is stored as it is.
    pub(crate) fn next_in_place(&mut self) -> Option<Laid> {
        let (frame, place) = self.pass()?;
        lay(self.stored.bytes().get(..place.end)?, place.start, frame)
    }

    /// A value that was read where it lies.
    pub(crate) fn get(&self, slot: Slot) -> &[u8] {
        self.stored.get(slot)
    }

    /// Goes to the frame behind the next one, which is in the place that comes with it.
    fn pass(&mut self) -> Option<(Frame, Range<usize>)> {
        let frame = self.left.next()?;
        let start = self.at;
        self.at += frame.stored_bytes;
        Some((frame, start..self.at))
    }
}

/// Whether `stored`, a compressed frame, tells that it holds so many bytes, and no more than are allowed.
fn can_hold(stored: &[u8], raw_bytes: usize) -> bool {
    raw_bytes <= MOST_COMPRESSED_BYTES
        && get_frame_content_size(stored).ok().flatten() == Some(raw_bytes as u64)
}

/// The values of `frame`, which is all of `bytes` from `start` on.
fn lay(bytes: &[u8], start: usize, frame: Frame) -> Option<Laid> {
    let mut reader = Reader::new(bytes.get(start..)?);
    let (lengths, marks) = (next_numbers(&mut reader)?, next_numbers(&mut reader)?);
    let unused = reader.at();
    let mut lying = Lying::new(start + unused..bytes.len());
    let slots = lengths.into_iter().map(|length| lying.next(length)).collect::<Option<Vec<_>>>()?;
    let is_right = slots.len() == frame.values && (marks.is_empty() || marks.len() == slots.len());
    (is_right && lying.is_done()).then_some(Laid { slots, marks, unused })
}
