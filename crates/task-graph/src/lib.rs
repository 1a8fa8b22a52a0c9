//! The state of an event-sourced task graph, folded from its events.
//!
//! Constraints:
//! - knows nothing of storage: an event comes as its MessagePack, a state goes as bytes;
//! - an event has the effect that the runtime's own graph gives it, and one of an unknown type or with a payload of another form has none;
//! - fields that nobody here knows, of nodes and of edges, come back as they were;
//! - memory is that of the state: an event leaves nothing behind but its effect.
//!
//! | type | payload | effect |
//! | --- | --- | --- |
//! | `node_created` | `{ node }` | adds the node; one of the same id is replaced where it is |
//! | `node_started`, `node_blocked`, `node_completed`, `node_failed` | `{ status }`, the one of the type | sets the node's `status`, `updatedAt` and `lastAccessedAt` |
//! | `node_updated` | `{ update }` | sets those of `title`, `dependsOn`, `toolCallId` and `artifactId` that are in it, and the same times |
//! | `node_updated` | `{ updateType: "edge_added", edge: { from, to, type } }` | adds the edge, and sets `lastAccessedAt` of both ends |
//! | `node_evicted` | `{ node }` | removes the node and every edge that touches it, and counts |
//! | `compaction` | `{ removedCount }` | counts |
//!
//! It is the event sourcing of Fowler's description (2005), with the state kept in the form in which it is given out.

mod edges;
mod event;
mod fields;
mod finished;
mod frames;
mod graph;
mod head;
mod index;
mod malformed;
mod node;
mod node_fields;
mod nodes;
mod numbers;
mod progress;
mod slab;
mod stored;
mod timeline;
mod values;

pub use event::{Event, EventType};
pub use finished::FinishedGraph;
pub use graph::Graph;
pub use head::{Counters, Head};
pub use malformed::Malformed;
pub use progress::{Gap, Progress};
pub use timeline::{REPEAT_EVENTS, Timeline, TimelineFilter};
pub use values::Values;
