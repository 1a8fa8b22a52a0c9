//! Encoded values, given away a batch at a time.

use std::{fmt, vec};

use crate::{
    frames::FrameReader,
    malformed::Malformed,
    slab::{Slab, Slot},
};

/// See the module.
pub struct Values {
    slab: Slab,
    /// Those in it that are left.
    slots: vec::IntoIter<Slot>,
    list_bytes: usize,
    /// Where those come from that are behind them.
    frames: Option<FrameReader>,
    left: usize,
}

impl Values {
    /// Of `slab` the values in `slots`.
    pub(crate) fn new(slab: Slab, slots: Vec<Slot>) -> Self {
        let (left, list_bytes) = (slots.len(), slots.capacity() * size_of::<Slot>());
        Self { slab, slots: slots.into_iter(), list_bytes, frames: None, left }
    }

    /// Those in `frames`, each of which is decompressed once it is its turn.
    pub(crate) fn of_frames(frames: FrameReader) -> Self {
        let left = frames.values();
        Self { frames: Some(frames), left, ..Self::new(Slab::default(), Vec::new()) }
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.left
    }

    /// The next ones: at most `most`, and no further one once they have `most_bytes`. None at the end.
    pub fn next(&mut self, most: usize, most_bytes: usize) -> Result<Vec<&[u8]>, Malformed> {
        let mut slots = self.take(most, most_bytes);
        while slots.is_empty() && self.open_frame()? {
            slots = self.take(most, most_bytes);
        }
        self.left = self.left.saturating_sub(slots.len());
        Ok(slots.into_iter().map(|slot| self.slab.get(slot)).collect())
    }

    /// How many bytes are held for them.
    pub fn held_bytes(&self) -> usize {
        let frames = self.frames.as_ref().map_or(0, FrameReader::held_bytes);
        self.slab.held_bytes() + self.list_bytes + frames
    }

    fn take(&mut self, most: usize, most_bytes: usize) -> Vec<Slot> {
        let (mut slots, mut bytes) = (Vec::new(), 0);
        while slots.len() < most
            && bytes < most_bytes
            && let Some(slot) = self.slots.next()
        {
            slots.push(slot);
            bytes += slot.length();
        }
        slots
    }

    /// Puts the values of the next frame in place of those before them; whether there is one.
    fn open_frame(&mut self) -> Result<bool, Malformed> {
        let Some(frames) = self.frames.as_mut().filter(|frames| !frames.is_done()) else { return Ok(false) };
        let mut raw = std::mem::take(&mut self.slab).into_bytes();
        raw.clear();
        let laid = frames.next(&mut raw).ok_or(Malformed)?;
        self.slab = Slab::of(raw, laid.unused);
        self.slots = laid.slots.into_iter();
        Ok(true)
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("left", &self.left).finish_non_exhaustive()
    }
}
