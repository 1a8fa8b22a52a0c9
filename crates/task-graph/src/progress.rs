//! How far a run has come, and which of its events are missing.
//!
//! Constraint: events come in the order of their `sequenceId`s, from 1; whatever is jumped over is a gap, the beginning included.

use crate::{
    event::Event,
    fields::{is_name, is_text},
};

/// `sequenceId`s that no event had, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// The first of them.
    pub from: u64,
    /// The last of them.
    pub to: u64,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Progress {
    pub(crate) last_id: u64,
    pub(crate) gaps: Vec<Gap>,
    /// As the event had it, whatever it was.
    pub(crate) event_id: Box<[u8]>,
    /// The same.
    pub(crate) timestamp: Box<[u8]>,
}

impl Progress {
    /// The largest `sequenceId` there was; 0 before the first event.
    pub fn last_id(&self) -> u64 {
        self.last_id
    }

    /// What is missing up to there, in order.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The `id` of the last event, a text as it is encoded; empty where it had none.
    pub fn event_id(&self) -> &[u8] {
        Some(&*self.event_id).filter(|id| is_name(id)).unwrap_or_default()
    }

    /// The `timestamp` of the last event, a text as it is encoded; empty where it had none.
    pub fn timestamp(&self) -> &[u8] {
        Some(&*self.timestamp).filter(|time| is_text(time)).unwrap_or_default()
    }

    pub(crate) fn add(&mut self, event: &Event<'_>) {
        let Some(id) = event.sequence_id.filter(|id| *id > self.last_id) else { return };
        if id > self.last_id + 1 {
            self.gaps.push(Gap { from: self.last_id + 1, to: id - 1 });
        }
        self.last_id = id;
        put(&mut self.event_id, event.id);
        put(&mut self.timestamp, event.timestamp);
    }
}

/// Most ids and times are as long as the one before.
fn put(kept: &mut Box<[u8]>, bytes: &[u8]) {
    if kept.len() == bytes.len() {
        kept.copy_from_slice(bytes);
    } else {
        *kept = bytes.into();
    }
}
