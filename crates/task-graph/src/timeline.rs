//! What happened when, without what it was about: a list to look through.
//!
//! Constraint: a payload is passed over and never read; of the events before the ones that are asked for only the idempotency keys are.

use agent_storage_messagepack::write_map;
use hashbrown::HashMap;

use crate::{
    fields::{content, event_fields, is_text},
    slab::{Slab, Slot},
    values::Values,
};

/// An event is a repeat where its idempotency key came within so many events before it.
pub const REPEAT_EVENTS: u64 = 10_000;

/// Which events are wanted: those for which all of it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TimelineFilter {
    /// Their type is one of these; any, where there is none.
    pub types: Vec<String>,
    /// The node they are about.
    pub node_id: Option<String>,
    /// Their time is not before this one. Times compare as texts, which times of one form in UTC do.
    pub since: Option<String>,
    /// Their time is before this one.
    pub until: Option<String>,
}

/// Looks through the events of a run, in order.
#[derive(Debug, Default)]
pub struct Timeline {
    filter: TimelineFilter,
    /// How many events were seen.
    seen: u64,
    /// The number of the last event of each idempotency key.
    keys: HashMap<Box<[u8]>, u64, foldhash::fast::RandomState>,
    forget_at: u64,
    entries: Slab,
    slots: Vec<Slot>,
    /// The entry under way.
    entry: Vec<u8>,
}

/// What an entry tells, as it is encoded; empty where the event has it not.
#[derive(Default)]
struct Told<'a> {
    sequence_id: &'a [u8],
    event_type: &'a [u8],
    node_id: &'a [u8],
    timestamp: &'a [u8],
    idempotency_key: &'a [u8],
}

impl Timeline {
    /// A list of what `filter` wants.
    pub fn new(filter: TimelineFilter) -> Self {
        Self { filter, forget_at: 2 * REPEAT_EVENTS, ..Self::default() }
    }

    /// Sees an event that is before those that are wanted.
    pub fn pass(&mut self, event: &[u8]) {
        let told = Told::read(event);
        self.note(told.idempotency_key);
    }

    /// Sees an event, and adds its entry if it is wanted: a map of `sequenceId`, `type`, `nodeId` and `timestamp`, as far as the event has them, and of `isRepeat` where it is one.
    /// Answers whether it is.
    pub fn look(&mut self, event: &[u8]) -> bool {
        let told = Told::read(event);
        let is_repeat = self.note(told.idempotency_key);
        if !self.filter.wants(&told) {
            return false;
        }
        let all = [
            (&b"\xaasequenceId"[..], told.sequence_id),
            (b"\xa4type", told.event_type),
            (b"\xa6nodeId", told.node_id),
            (b"\xa9timestamp", told.timestamp),
            (b"\xa8isRepeat", if is_repeat { &[0xc3] } else { &[] }),
        ];
        let present = all.iter().filter(|(_, value)| !value.is_empty());
        self.entry.clear();
        write_map(&mut self.entry, present.clone().count());
        for (name, value) in present {
            self.entry.extend_from_slice(name);
            self.entry.extend_from_slice(value);
        }
        self.slots.push(self.entries.add(&self.entry));
        true
    }

    /// The entries, in order.
    pub fn into_entries(self) -> Values {
        Values::new(self.entries, self.slots)
    }

    /// Takes note of the next event's key; whether it came lately.
    fn note(&mut self, key: &[u8]) -> bool {
        self.seen += 1;
        if key.is_empty() {
            return false;
        }
        if self.seen >= self.forget_at {
            let seen = self.seen;
            self.keys.retain(|_, last| *last + REPEAT_EVENTS >= seen);
            self.forget_at = seen + REPEAT_EVENTS;
        }
        let before = self.keys.insert(key.into(), self.seen);
        before.is_some_and(|last| last + REPEAT_EVENTS >= self.seen)
    }
}

impl<'a> Told<'a> {
    fn read(event: &'a [u8]) -> Self {
        let mut told = Self::default();
        for (name, value) in event_fields(event) {
            match name {
                b"sequenceId" => told.sequence_id = value,
                b"type" => told.event_type = value,
                b"nodeId" => told.node_id = value,
                b"timestamp" => told.timestamp = value,
                b"idempotencyKey" if is_text(value) => told.idempotency_key = value,
                _ => {}
            }
        }
        told
    }
}

impl TimelineFilter {
    fn wants(&self, told: &Told<'_>) -> bool {
        let is = |value, wanted: &String| content(value) == Some(wanted.as_bytes());
        let time = content(told.timestamp).unwrap_or_default();
        (self.types.is_empty() || self.types.iter().any(|wanted| is(told.event_type, wanted)))
            && self.node_id.as_ref().is_none_or(|wanted| is(told.node_id, wanted))
            && self.since.as_ref().is_none_or(|since| time >= since.as_bytes())
            && self.until.as_ref().is_none_or(|until| time < until.as_bytes())
    }
}
