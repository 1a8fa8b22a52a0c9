//! Walking several sources as one, where newer ones hide older ones.
//!
//! Constraints: each key comes once, with the newest source's entry; a removal comes too, since only the caller knows whether anything older is left for it to
//! hide; a source alone costs next to nothing more than without a merge.
//!
//! The source whose entry is the present one is held apart from the heap of the others: as long as its keys come first, a step is one comparison with
//! the heap's top.

use std::{
    cmp::Ordering,
    collections::{BinaryHeap, binary_heap::PeekMut},
};

use super::entries::Entry;
use crate::error::{Error, Result};

/// Entries in the order of their keys, ascending or descending, each key once. Starts before the first.
pub trait Source {
    /// Goes to the next entry; `false` at the end, and ever after.
    fn next(&mut self) -> Result<bool>;
    /// The present entry's key. Means nothing unless the last step answered `true`.
    fn key(&self) -> &[u8];
    /// The present entry. Means nothing unless the last step answered `true`.
    fn entry(&self) -> Entry<'_>;

    /// Goes to the next entry and gives it with its key; `None` at the end.
    fn next_entry(&mut self) -> Result<Option<(&[u8], Entry<'_>)>> {
        Ok(if self.next()? { Some((self.key(), self.entry())) } else { None })
    }
}

impl<S: Source + ?Sized> Source for Box<S> {
    fn next(&mut self) -> Result<bool> {
        (**self).next()
    }

    fn key(&self) -> &[u8] {
        (**self).key()
    }

    fn entry(&self) -> Entry<'_> {
        (**self).entry()
    }
}

/// Several sources as one.
pub struct Merge<S = Box<dyn Source + Send>> {
    /// The source of the present entry; before the first step, of the entry that will be the first.
    current: Option<Ranked<S>>,
    others: BinaryHeap<Ranked<S>>,
    started: bool,
    failure: Option<Error>,
}

impl<S: Source> Merge<S> {
    /// Merges `sources`, newest first, all of which go the same way: descending if `reverse`. Goes to the first entry of each.
    pub fn new(sources: Vec<S>, reverse: bool) -> Result<Self> {
        let mut others = BinaryHeap::with_capacity(sources.len());
        for (age, mut source) in sources.into_iter().enumerate() {
            if source.next()? {
                others.push(Ranked { source, age, reverse });
            }
        }
        let current = others.pop();
        Ok(Self { current, others, started: false, failure: None })
    }

    fn step(&mut self) -> Result<bool> {
        if self.started {
            self.leave_current()?;
        }
        self.started = true;
        let Some(current) = &self.current else { return Ok(false) };
        while let Some(mut hidden) = self.others.peek_mut() {
            if hidden.source.key() != current.source.key() {
                break;
            }
            if !hidden.source.next()? {
                PeekMut::pop(hidden);
            }
        }
        Ok(true)
    }

    /// Takes the present source on, and makes the one that is then first the present one.
    fn leave_current(&mut self) -> Result<()> {
        let Some(current) = &mut self.current else { return Ok(()) };
        if !current.source.next()? {
            self.current = self.others.pop();
        } else if let Some(mut first) = self.others.peek_mut()
            && *first > *current
        {
            std::mem::swap(&mut *first, current);
        }
        Ok(())
    }
}

impl<S: Source> Source for Merge<S> {
    fn next(&mut self) -> Result<bool> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.step().inspect_err(|failure| self.failure = Some(failure.clone()))
    }

    fn key(&self) -> &[u8] {
        self.current.as_ref().map_or(&[], |current| current.source.key())
    }

    fn entry(&self) -> Entry<'_> {
        self.current.as_ref().map_or(Entry::Removed, |current| current.source.entry())
    }
}

/// A source at an entry; the greatest is the one to come first.
struct Ranked<S> {
    source: S,
    /// 0 for the newest.
    age: usize,
    reverse: bool,
}

impl<S: Source> Ord for Ranked<S> {
    fn cmp(&self, other: &Self) -> Ordering {
        let keys = self.source.key().cmp(other.source.key());
        let order = if self.reverse { keys } else { keys.reverse() };
        order.then_with(|| other.age.cmp(&self.age))
    }
}

impl<S: Source> PartialOrd for Ranked<S> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<S: Source> PartialEq for Ranked<S> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<S: Source> Eq for Ranked<S> {}
