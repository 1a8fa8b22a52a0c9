//! Encoded values, given away a batch at a time.

use std::fmt;

use crate::slab::{Slab, Slot};

/// See the module.
pub struct Values {
    slab: Slab,
    slots: Box<dyn Iterator<Item = Slot> + Send>,
    left: usize,
    list_bytes: usize,
}

impl Values {
    /// Of `slab` the values in `slots`, which are `count`, in a list of so many bytes.
    pub(crate) fn new(
        slab: Slab,
        slots: impl Iterator<Item = Slot> + Send + 'static,
        count: usize,
        list_bytes: usize,
    ) -> Self {
        Self { slab, slots: Box::new(slots), left: count, list_bytes }
    }

    /// How many are left.
    pub fn left(&self) -> usize {
        self.left
    }

    /// The next ones: at most `most`, and no further one once they have `most_bytes`. None at the end.
    pub fn next(&mut self, most: usize, most_bytes: usize) -> Vec<&[u8]> {
        let (mut values, mut bytes) = (Vec::new(), 0);
        while values.len() < most
            && bytes < most_bytes
            && let Some(slot) = self.slots.next()
        {
            values.push(self.slab.get(slot));
            bytes += slot.length();
        }
        self.left -= values.len();
        values
    }

    /// How many bytes are held for them.
    pub fn held_bytes(&self) -> usize {
        self.slab.held_bytes() + self.list_bytes
    }
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").field("left", &self.left).finish_non_exhaustive()
    }
}
