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
    /// Those that are left of what is read.
    slots: vec::IntoIter<Slot>,
    /// Whether they lie in `frames` and not in `slab`.
    is_in_place: bool,
    list_bytes: usize,
    /// Where those come from that are behind them.
    frames: Option<FrameReader>,
    left: usize,
}

impl Values {
    /// Of `slab` the values in `slots`.
    pub(crate) fn new(slab: Slab, slots: Vec<Slot>) -> Self {
        let (left, list_bytes) = (slots.len(), slots.capacity() * size_of::<Slot>());
        Self { slab, slots: slots.into_iter(), is_in_place: false, list_bytes, frames: None, left }
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

    /// The next ones: at most `most`, and no further one once they have `most_bytes`. None at the end, and after an error.
    pub fn next(&mut self, most: usize, most_bytes: usize) -> Result<Vec<&[u8]>, Malformed> {
        if self.slots.as_slice().is_empty() && self.left > 0 && self.open_frame().is_none() {
            *self = Self::new(Slab::default(), Vec::new());
            return Err(Malformed);
        }
        let slots = self.take(most, most_bytes);
        self.left = self.left.saturating_sub(slots.len());
        Ok(slots.into_iter().map(|slot| self.get(slot)).collect())
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

    fn get(&self, slot: Slot) -> &[u8] {
        match &self.frames {
            Some(frames) if self.is_in_place => frames.get(slot),
            _ => self.slab.get(slot),
        }
    }

    /// Puts the values of the next frame in place of those before them.
    fn open_frame(&mut self) -> Option<()> {
        let frames = self.frames.as_mut()?;
        self.is_in_place = frames.is_next_in_place();
        let laid = if self.is_in_place {
            frames.next_in_place()?
        } else {
            let mut raw = std::mem::take(&mut self.slab).into_bytes();
            raw.clear();
            let laid = frames.next(&mut raw)?;
            self.slab = Slab::of(raw, laid.unused);
            laid
        };
        self.slots = laid.slots.into_iter();
        Some(())
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("left", &self.left).finish_non_exhaustive()
    }
}
