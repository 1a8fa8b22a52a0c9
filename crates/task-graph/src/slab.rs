//! Encoded values that change, one behind the other in one allocation.
//!
//! Constraints: a value has room to grow a little where it is, and moves to the end once that is used up; what it leaves behind is taken back when everything is packed, which whoever
//! holds the slots does once [`Slab::is_wasteful`].

use std::{ops::Range, vec};

/// A value that is added gets this share of its length more.
const ROOM_SHARE: usize = 16;

/// Below so many bytes there is nothing to gain.
const LEAST_WASTE_BYTES: usize = 16 << 10;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slab {
    bytes: Vec<u8>,
    /// How many of them no value has.
    unused: usize,
}

/// Where a value is.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Slot {
    at: usize,
    length: usize,
    /// How long it can become there.
    room: usize,
}

impl Slab {
    /// The values that lie one behind the other from `start` of `bytes` to its end, each of the next one of `lengths`; `None` where they do not.
    pub(crate) fn of(
        bytes: Vec<u8>,
        start: usize,
        lengths: impl Iterator<Item = usize>,
    ) -> Option<(Self, Vec<Slot>)> {
        let mut end = start;
        let mut slots = Vec::new();
        for length in lengths {
            slots.push(Slot { at: end, length, room: length });
            end = end.checked_add(length)?;
        }
        (end == bytes.len()).then_some((Self { bytes, unused: start }, slots))
    }

    pub(crate) fn get(&self, slot: Slot) -> &[u8] {
        self.bytes.get(slot.at..slot.at + slot.length).unwrap_or_default()
    }

    /// Adds a value that is not going to change.
    pub(crate) fn add(&mut self, value: &[u8]) -> Slot {
        let at = self.bytes.len();
        self.bytes.extend_from_slice(value);
        Slot { at, length: value.len(), room: value.len() }
    }

    /// Adds a value with room to grow.
    pub(crate) fn add_roomy(&mut self, value: &[u8]) -> Slot {
        let slot = self.add(value);
        self.make_room(slot)
    }

    /// Gives up a value.
    pub(crate) fn remove(&mut self, slot: Slot) {
        self.unused += slot.room;
    }

    /// Puts other bytes in place of those in the range `old` of a value.
    pub(crate) fn splice(&mut self, slot: &mut Slot, old: Range<usize>, new: &[u8]) {
        let length = slot.length - old.len() + new.len();
        if length > slot.room {
            self.remove(*slot);
            let moved = self.bytes.len();
            self.bytes.extend_from_within(slot.at..slot.at + slot.length);
            self.bytes.resize(moved + length, 0);
            *slot = self.make_room(Slot { at: moved, length: slot.length, room: length });
        }
        let Some(value) = self.bytes.get_mut(slot.at..slot.at + slot.room) else { return };
        if old.len() != new.len() {
            value.copy_within(old.end..slot.length, old.start + new.len());
        }
        if let Some(place) = value.get_mut(old.start..old.start + new.len()) {
            place.copy_from_slice(new);
        }
        slot.length = length;
    }

    /// Whether packing is worth it: it takes time with what is used.
    pub(crate) fn is_wasteful(&self) -> bool {
        self.unused > LEAST_WASTE_BYTES.max(self.bytes.len() / 2)
    }

    /// Leaves nothing but the values of `slots`.
    pub(crate) fn pack<'s>(&mut self, slots: impl Iterator<Item = &'s mut Slot>) {
        let mut packed = Self::default();
        packed.bytes.reserve_exact(self.bytes.len().saturating_sub(self.unused));
        for slot in slots {
            *slot = packed.add_roomy(self.get(*slot));
        }
        *self = packed;
    }

    /// Makes the last slot roomier.
    fn make_room(&mut self, slot: Slot) -> Slot {
        let room = slot.room + slot.room / ROOM_SHARE;
        self.bytes.resize(slot.at + room, 0);
        Slot { room, ..slot }
    }
}

/// Encoded values, in order.
#[derive(Debug)]
pub struct Values {
    slab: Slab,
    slots: vec::IntoIter<Slot>,
}

impl Values {
    pub(crate) fn new(slab: Slab, slots: Vec<Slot>) -> Self {
        Self { slab, slots: slots.into_iter() }
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.slots.len()
    }

    /// The next ones: at most `most`, and no further one once they have `most_bytes`. None at the end.
    pub fn next(&mut self, most: usize, most_bytes: usize) -> Vec<&[u8]> {
        let (mut values, mut bytes) = (Vec::new(), 0);
        while values.len() < most
            && bytes < most_bytes
            && let Some(slot) = self.slots.next()
        {
            values.push(self.slab.get(slot));
            bytes += slot.length;
        }
        values
    }

    /// How many bytes are held for them.
    pub fn held_bytes(&self) -> usize {
        self.slab.bytes.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Catches bytes of one value in another one: where it grows within its room and beyond it, shrinks, and where everything is packed.
    #[test]
    fn a_value_that_changes_leaves_the_others_as_they_are() {
        let mut slab = Slab::default();
        let mut slots = [slab.add_roomy(&[b'a'; 32]), slab.add_roomy(b""), slab.add(&[b'c'; 5])];
        let mut values = [vec![b'a'; 32], vec![], vec![b'c'; 5]];
        for (index, old, new) in [
            (0, 1..2, &b"xy"[..]),
            (0, 0..33, b"123"),
            (1, 0..0, b"grows"),
            (2, 5..5, b"too long for where it is"),
            (0, 3..3, &[b'!'; 40]),
            (2, 0..2, b""),
        ] {
            slab.splice(&mut slots[index], old.clone(), new);
            values[index].splice(old, new.iter().copied());
            assert_eq!(slots.map(|slot| slab.get(slot)), values.each_ref().map(Vec::as_slice), "{index}");
        }
        let unused = slab.unused;
        slab.pack(slots.iter_mut());
        assert_eq!(slots.map(|slot| slab.get(slot)), values.each_ref().map(Vec::as_slice));
        assert!(unused > 0 && slab.unused == 0);
    }
}
