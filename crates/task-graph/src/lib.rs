//! The types of an event-sourced task graph: what its events say and what its state consists of.
//!
//! Constraints: knows nothing of storage; a name that is not known here is kept as it is, never an error, since a caller may record events and fields of its own.

mod event;
mod state;

pub use event::{EventType, TaskGraphEvent};
pub use state::{Edge, EdgeType, Node, NodeStatus, NodeType, Snapshot, Stats};
