//! Walking the entries of a block backward.
//!
//! Constraints: a key is only known from the keys before it, so the block is gone through forward once; what each entry took from the key before is kept to put it
//! back, which is at most the raw length in all, however long the keys are.

use super::entries::{Entry, Fields, entry_at};
use crate::format::codec::Malformed;

/// The entries of a block, last one first. The raw bytes are the caller's and must be the same at each call.
#[derive(Debug, Default)]
pub(super) struct Reversed {
    /// The entries not yet passed, the present one included, which is the last.
    steps: Vec<Step>,
    /// What the entries of `steps` took away from the end of the key before them, one after the other.
    taken: Vec<u8>,
    key: Vec<u8>,
    started: bool,
}

/// Offsets of 32 bits, which a block's length fits: there is one step for each entry.
#[derive(Debug)]
struct Step {
    shared: u32,
    taken_start: u32,
    value_end: u32,
    /// `None` for a removal.
    value_length: Option<u32>,
}

impl Reversed {
    /// Goes behind the last entry of the block `raw`.
    pub(super) fn load(&mut self, raw: &[u8]) -> Result<(), Malformed> {
        *self = Self { steps: std::mem::take(&mut self.steps), ..Self::default() };
        self.steps.clear();
        let mut next = 0;
        while let Some(fields) = Fields::read(raw, next)? {
            fields.follows((!self.steps.is_empty()).then_some(&self.key))?;
            self.steps.push(Step {
                shared: narrow(fields.shared)?,
                taken_start: narrow(self.taken.len())?,
                value_end: narrow(fields.end)?,
                value_length: fields.value.map(|value| narrow(value.len())).transpose()?,
            });
            self.taken.extend(self.key.drain(fields.shared..));
            self.key.extend_from_slice(fields.unshared);
            next = fields.end;
        }
        Ok(())
    }

    /// How many entries are left, the present one included.
    pub(super) fn left(&self) -> usize {
        self.steps.len()
    }

    /// Goes to the entry before; `false` at the beginning, where the first key stays.
    pub(super) fn retreat(&mut self) -> bool {
        if !self.started {
            self.started = true;
            return !self.steps.is_empty();
        }
        if self.steps.len() < 2 {
            return false;
        }
        if let Some(step) = self.steps.pop() {
            self.key.truncate(step.shared as usize);
            self.key.extend(self.taken.drain(step.taken_start as usize..));
        }
        true
    }

    /// How much memory it holds.
    #[cfg(test)]
    pub(super) fn held_bytes(&self) -> usize {
        self.steps.capacity() * size_of::<Step>() + self.taken.capacity() + self.key.capacity()
    }

    /// The present entry's key; right after loading, the last key.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The present entry.
    pub(super) fn entry<'a>(&self, raw: &'a [u8]) -> Entry<'a> {
        let value = self.steps.last().and_then(|step| {
            let end = step.value_end as usize;
            step.value_length.map(|length| end.saturating_sub(length as usize)..end)
        });
        entry_at(raw, value.as_ref())
    }
}

fn narrow(length: usize) -> Result<u32, Malformed> {
    u32::try_from(length).map_err(|_| Malformed)
}
