//! An event, as far as the state depends on it.

use crate::fields::{content, event_fields, integer};

/// What happened, of what changes the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventType {
    /// A node was added.
    NodeCreated,
    /// A node runs.
    NodeStarted,
    /// A node waits for others.
    NodeBlocked,
    /// A node is done.
    NodeCompleted,
    /// A node failed.
    NodeFailed,
    /// A node's fields changed, or an edge was added.
    NodeUpdated,
    /// A node was removed with its edges.
    NodeEvicted,
    /// The graph dropped old events.
    Compaction,
    /// Anything else: it changes no state.
    Other,
}

impl EventType {
    /// The type that a name stands for.
    pub fn from_name(name: &[u8]) -> Self {
        match name {
            b"node_created" => Self::NodeCreated,
            b"node_started" => Self::NodeStarted,
            b"node_blocked" => Self::NodeBlocked,
            b"node_completed" => Self::NodeCompleted,
            b"node_failed" => Self::NodeFailed,
            b"node_updated" => Self::NodeUpdated,
            b"node_evicted" => Self::NodeEvicted,
            b"compaction" => Self::Compaction,
            _ => Self::Other,
        }
    }

    /// The status that an event of this type gives its node, as it is encoded.
    pub(crate) fn status(self) -> Option<&'static [u8]> {
        match self {
            Self::NodeStarted => Some(b"\xa7running"),
            Self::NodeBlocked => Some(b"\xa7blocked"),
            Self::NodeCompleted => Some(b"\xa9completed"),
            Self::NodeFailed => Some(b"\xa6failed"),
            _ => None,
        }
    }
}

/// An event's fields, as they are in its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event<'a> {
    /// What happened.
    pub event_type: EventType,
    /// What it is called, a value as it is encoded; empty where there is none.
    pub id: &'a [u8],
    /// Its place in its run, from 1.
    pub sequence_id: Option<u64>,
    /// The node it is about, a value as it is encoded; empty where there is none.
    pub node_id: &'a [u8],
    /// When, a value as it is encoded, an ISO 8601 text in an event of the runtime's; empty where there is none.
    pub timestamp: &'a [u8],
    /// More of it, one encoded value or what is none; empty where there is nothing.
    pub payload: &'a [u8],
}

impl<'a> Event<'a> {
    /// Reads the event that is all of `bytes`. Bytes that are none make one that changes nothing.
    pub fn read(bytes: &'a [u8]) -> Self {
        let mut event = Self {
            event_type: EventType::Other,
            id: &[],
            sequence_id: None,
            node_id: &[],
            timestamp: &[],
            payload: &[],
        };
        for (name, value) in event_fields(bytes) {
            match name {
                b"type" => event.event_type = content(value).map_or(EventType::Other, EventType::from_name),
                b"id" => event.id = value,
                b"sequenceId" => event.sequence_id = integer(value).filter(|id| *id >= 1),
                b"nodeId" => event.node_id = value,
                b"timestamp" => event.timestamp = value,
                b"payload" => event.payload = value,
                _ => {}
            }
        }
        event
    }
}
