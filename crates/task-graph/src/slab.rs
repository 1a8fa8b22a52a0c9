//! Encoded values that change, one behind the other in one allocation.
//!
//! Constraints: a value has room to grow a little where it is, and moves to the end once that is used up; what it leaves behind is taken back when everything is packed, which whoever
//! holds the slots does once [`Slab::is_wasteful`]. No value is as long as 4 GiB.

use std::{num::NonZeroU32, ops::Range};

/// A value that is going to change gets this share of its length more.
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
    length: u32,
    /// How long it can become there. An empty value takes a byte too, which makes room in the slot for telling that there is none.
    room: NonZeroU32,
}

impl Slot {
    fn new(at: usize, length: usize, room: usize) -> Self {
        Self { at, length: short(length), room: NonZeroU32::new(short(room)).unwrap_or(NonZeroU32::MIN) }
    }

    fn range(self) -> Range<usize> {
        self.at..self.at + self.length()
    }

    pub(crate) fn length(self) -> usize {
        self.length as usize
    }

    fn room(self) -> usize {
        self.room.get() as usize
    }
}

/// The slots of values that lie one behind the other already.
pub(crate) struct Lying {
    at: usize,
    end: usize,
}

impl Lying {
    /// Those that fill a range of the bytes.
    pub(crate) fn new(range: Range<usize>) -> Self {
        Self { at: range.start, end: range.end }
    }

    /// The slot of the next one, which has the length `length`; `None` where that is more than there is, or nothing.
    pub(crate) fn next(&mut self, length: usize) -> Option<Slot> {
        let at = self.at;
        self.at = at.checked_add(length).filter(|end| (at + 1..=self.end).contains(end))?;
        Some(Slot::new(at, length, length))
    }

    /// Whether every value was given a slot.
    pub(crate) fn is_done(&self) -> bool {
        self.at == self.end
    }
}

impl Slab {
    /// Of values that lie in `bytes`, of which no value has `unused`.
    pub(crate) fn of(bytes: Vec<u8>, unused: usize) -> Self {
        Self { bytes, unused }
    }

    /// What the values lie in.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The same, to be used for others.
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    pub(crate) fn get(&self, slot: Slot) -> &[u8] {
        self.bytes.get(slot.range()).unwrap_or_default()
    }

    /// Adds a value that is not going to change.
    pub(crate) fn add(&mut self, value: &[u8]) -> Slot {
        self.add_with_room(value, value.len())
    }

    /// Adds a value that is going to change.
    pub(crate) fn add_roomy(&mut self, value: &[u8]) -> Slot {
        self.add_with_room(value, roomy(value.len()))
    }

    /// Gives up a value.
    pub(crate) fn remove(&mut self, slot: Slot) {
        self.unused += slot.room();
    }

    /// Puts other bytes in place of those in the range `old` of a value.
    pub(crate) fn splice(&mut self, slot: &mut Slot, old: Range<usize>, new: &[u8]) {
        let length = slot.length() - old.len() + new.len();
        if length > slot.room() {
            self.remove(*slot);
            let moved = Slot::new(self.bytes.len(), slot.length(), roomy(length));
            self.bytes.extend_from_within(slot.range());
            self.bytes.resize(moved.at + moved.room(), 0);
            *slot = moved;
        }
        let place = slot.at..slot.at + slot.room();
        let Some(value) = self.bytes.get_mut(place) else { return };
        if old.len() != new.len() {
            value.copy_within(old.end..slot.length(), old.start + new.len());
        }
        if let Some(place) = value.get_mut(old.start..old.start + new.len()) {
            place.copy_from_slice(new);
        }
        slot.length = short(length);
    }

    /// Whether packing is worth it: it takes time with what is used.
    pub(crate) fn is_wasteful(&self) -> bool {
        self.unused > LEAST_WASTE_BYTES.max(self.bytes.len() / 2)
    }

    /// Leaves nothing but the values of `slots`.
    pub(crate) fn pack<'s>(&mut self, slots: impl Iterator<Item = &'s mut Slot>) {
        let mut packed = Self::default();
        packed.bytes.reserve_exact(self.used_bytes());
        for slot in slots {
            *slot = packed.add_roomy(self.get(*slot));
        }
        *self = packed;
    }

    /// How many bytes the values have.
    pub(crate) fn used_bytes(&self) -> usize {
        self.bytes.len().saturating_sub(self.unused)
    }

    /// How many bytes are held.
    pub(crate) fn held_bytes(&self) -> usize {
        self.bytes.capacity()
    }

    fn add_with_room(&mut self, value: &[u8], room: usize) -> Slot {
        let slot = Slot::new(self.bytes.len(), value.len(), room);
        self.bytes.extend_from_slice(value);
        self.bytes.resize(slot.at + slot.room(), 0);
        slot
    }
}

fn short(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn roomy(length: usize) -> usize {
    length + length / ROOM_SHARE
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

    /// Catches a slot beyond the bytes, and one with nothing in it.
    #[test]
    fn values_that_lie_there_fill_the_bytes() {
        let slab = Slab::of(b"head-one-three".to_vec(), 5);
        for length in [0, 10, usize::MAX] {
            assert!(Lying::new(5..14).next(length).is_none(), "{length}");
        }
        let mut lying = Lying::new(5..14);
        assert_eq!(lying.next(4).map(|slot| slab.get(slot).to_vec()).as_deref(), Some(&b"one-"[..]));
        assert!(!lying.is_done());
        assert_eq!(lying.next(5).map(|slot| slab.get(slot).to_vec()).as_deref(), Some(&b"three"[..]));
        assert!(lying.is_done());
    }
}
