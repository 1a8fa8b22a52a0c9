//! Walking the entries of a run within bounds, forward or backward.
//!
//! Constraints: it owns what it needs, so that it can wait between two steps while tables change; one block is held at a time; a step within a block allocates nothing;
//! after an error it answers every step with that error, until [`Cursor::seek`].

use std::sync::Arc;

use super::{
    access::{BlockBytes, Caching},
    bounds::Bounds,
    entries::{Entries, Entry},
    merge::Source,
    reversed::Reversed,
    run::Run,
};
use crate::error::{Error, Result};

/// A walk over a run, see [`Run::cursor`] and [`Run::scan`]. Its steps are those of [`Source`].
#[derive(Debug)]
pub struct Cursor {
    run: Arc<Run>,
    bounds: Bounds,
    caching: Caching,
    place: Place,
    /// The block that `bytes` and `walk` belong to.
    block: Option<usize>,
    /// Whether a forward walk ends in it: what comes behind lies behind the upper bound, as the index tells it. A key that contradicts the index is given, and told at
    /// the block's end.
    has_end: bool,
    bytes: BlockBytes,
    walk: Walk,
}

#[derive(Debug)]
enum Place {
    /// Before the first entry in its direction, of all within bounds or at or behind a key.
    Before(Option<Vec<u8>>),
    At,
    Ended,
    Failed(Error),
}

#[derive(Debug)]
enum Walk {
    Forward(Entries),
    Backward(Reversed),
}

impl Run {
    /// Walks the keys of `bounds`, descending if `reverse`, through the process's cache: for short walks. Reads nothing yet.
    pub fn cursor(self: &Arc<Self>, bounds: Bounds, reverse: bool) -> Cursor {
        Cursor::new(Arc::clone(self), bounds, reverse, Caching::Cached)
    }

    /// Walks the keys of `bounds`, ascending, past the process's cache: for walks over many blocks. Reads nothing yet.
    pub fn scan(self: &Arc<Self>, bounds: Bounds) -> Cursor {
        Cursor::new(Arc::clone(self), bounds, false, Caching::Bypassed)
    }
}

impl Cursor {
    pub(super) fn new(run: Arc<Run>, bounds: Bounds, reverse: bool, caching: Caching) -> Self {
        let walk =
            if reverse { Walk::Backward(Reversed::default()) } else { Walk::Forward(Entries::default()) };
        let bytes = BlockBytes::default();
        Self { run, bounds, caching, place: Place::Before(None), block: None, has_end: true, bytes, walk }
    }

    /// Makes the next step go to the first entry, in the cursor's direction, whose key is `key` or lies behind it: ascending the smallest one that is
    /// not below, descending the largest one that is not above, in either case within the bounds.
    pub fn seek(&mut self, key: &[u8]) {
        self.place = Place::Before(Some(key.to_vec()));
    }

    fn step(&mut self) -> Result<bool> {
        let start = match &mut self.place {
            Place::Before(key) => Some(key.take()),
            Place::At => None,
            Place::Ended => return Ok(false),
            Place::Failed(error) => return Err(error.clone()),
        };
        if self.bounds.is_empty() {
            return Ok(false);
        }
        match (&self.walk, start) {
            (Walk::Forward(_), None) => self.step_forward(),
            (Walk::Forward(_), Some(key)) => self.start_forward(key),
            (Walk::Backward(_), None) => self.step_backward(),
            (Walk::Backward(_), Some(key)) => self.start_backward(key),
        }
    }

    fn start_forward(&mut self, key: Option<Vec<u8>>) -> Result<bool> {
        let from = key.map_or_else(|| self.bounds.from.clone(), |key| key.max(self.bounds.from.clone()));
        let index = &self.run.layout.index;
        if index.len() == 0 {
            return Ok(false);
        }
        self.enter(index.block_of(&from).unwrap_or(0))?;
        while self.step_forward()? {
            if self.key() >= from.as_slice() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn step_forward(&mut self) -> Result<bool> {
        loop {
            let (Walk::Forward(entries), Some(block)) = (&mut self.walk, self.block) else {
                return Ok(false);
            };
            if self.run.step(block, entries, self.run.raw(&self.bytes))? {
                return Ok(!self.has_end || self.bounds.is_before_end(entries.key()));
            }
            if self.has_end {
                return Ok(false);
            }
            self.enter(block + 1)?;
        }
    }

    fn start_backward(&mut self, key: Option<Vec<u8>>) -> Result<bool> {
        let index = &self.run.layout.index;
        let key = key.filter(|key| self.bounds.is_before_end(key));
        let block = match (&key, &self.bounds.until) {
            (Some(key), _) => index.block_of(key),
            (None, Some(until)) => index.block_before(until),
            (None, None) => index.len().checked_sub(1),
        };
        let Some(block) = block else { return Ok(false) };
        self.enter(block)?;
        while self.step_backward()? {
            let reached = match &key {
                Some(key) => self.key() <= key.as_slice(),
                None => self.bounds.is_before_end(self.key()),
            };
            if reached {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn step_backward(&mut self) -> Result<bool> {
        loop {
            let (Walk::Backward(reversed), Some(block)) = (&mut self.walk, self.block) else {
                return Ok(false);
            };
            if reversed.retreat() {
                if reversed.left() == 1 && !self.run.is_first(block, reversed.key()) {
                    return Err(self.run.damaged(block));
                }
                return Ok(reversed.key() >= self.bounds.from.as_slice());
            }
            let from = self.bounds.from.as_slice();
            if self.run.layout.index.key(block).is_none_or(|first| first <= from) {
                return Ok(false);
            }
            let Some(before) = block.checked_sub(1) else { return Ok(false) };
            self.enter(before)?;
        }
    }

    /// Goes before the first entry of a block in the cursor's direction.
    fn enter(&mut self, block: usize) -> Result<()> {
        if self.block.take() != Some(block) {
            let buffer = std::mem::take(&mut self.bytes).into_buffer();
            self.bytes = self.run.load(block, self.caching, buffer)?;
        }
        match &mut self.walk {
            Walk::Forward(entries) => {
                entries.restart();
                let next = self.run.layout.index.key(block + 1);
                self.has_end = !next.is_some_and(|next| self.bounds.is_before_end(next));
            }
            Walk::Backward(reversed) => {
                reversed.load(self.run.raw(&self.bytes)).map_err(|_| self.run.damaged(block))?;
                if !self.run.is_whole(block, reversed.left(), reversed.key()) {
                    return Err(self.run.damaged(block));
                }
            }
        }
        self.block = Some(block);
        Ok(())
    }
}

impl Source for Cursor {
    fn next(&mut self) -> Result<bool> {
        let stepped = self.step();
        self.place = match &stepped {
            Ok(true) => Place::At,
            Ok(false) => Place::Ended,
            Err(error) => Place::Failed(error.clone()),
        };
        stepped
    }

    fn key(&self) -> &[u8] {
        match &self.walk {
            Walk::Forward(entries) => entries.key(),
            Walk::Backward(reversed) => reversed.key(),
        }
    }

    fn entry(&self) -> Entry<'_> {
        let raw = self.run.raw(&self.bytes);
        match &self.walk {
            Walk::Forward(entries) => entries.entry(raw),
            Walk::Backward(reversed) => reversed.entry(raw),
        }
    }
}
