//! An event of a task graph.

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
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
    /// A tool call began.
    ToolCallStarted,
    /// A tool call ended.
    ToolCallFinished,
    /// An artifact was made.
    ArtifactEmitted,
    /// A policy decided.
    PolicyDecision,
    /// The graph dropped old events.
    Compaction,
    /// A type of the caller's own; it changes no state.
    Other(String),
}

impl EventType {
    /// The name it has in an event.
    pub fn name(&self) -> &str {
        match self {
            Self::NodeCreated => "node_created",
            Self::NodeStarted => "node_started",
            Self::NodeBlocked => "node_blocked",
            Self::NodeCompleted => "node_completed",
            Self::NodeFailed => "node_failed",
            Self::NodeUpdated => "node_updated",
            Self::NodeEvicted => "node_evicted",
            Self::ToolCallStarted => "tool_call_started",
            Self::ToolCallFinished => "tool_call_finished",
            Self::ArtifactEmitted => "artifact_emitted",
            Self::PolicyDecision => "policy_decision",
            Self::Compaction => "compaction",
            Self::Other(name) => name,
        }
    }

    /// The type that a name stands for.
    pub fn from_name(name: &str) -> Self {
        const KNOWN: [EventType; 12] = [
            EventType::NodeCreated,
            EventType::NodeStarted,
            EventType::NodeBlocked,
            EventType::NodeCompleted,
            EventType::NodeFailed,
            EventType::NodeUpdated,
            EventType::NodeEvicted,
            EventType::ToolCallStarted,
            EventType::ToolCallFinished,
            EventType::ArtifactEmitted,
            EventType::PolicyDecision,
            EventType::Compaction,
        ];
        KNOWN.into_iter().find(|known| known.name() == name).unwrap_or_else(|| Self::Other(name.to_owned()))
    }
}

/// An event's fields, apart from its payload, which stays encoded until somebody needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskGraphEvent {
    /// A UUID.
    pub id: String,
    /// Its place in its run, from 1.
    pub sequence_id: u64,
    /// The version of the event's own form.
    pub event_version: u64,
    /// The node it is about; empty for a compaction.
    pub node_id: String,
    /// What happened.
    pub event_type: EventType,
    /// When, as an ISO 8601 text.
    pub timestamp: String,
    /// What it belongs to.
    pub correlation_id: Option<String>,
    /// Who recorded it.
    pub source: Option<String>,
    /// Tells a repetition.
    pub idempotency_key: Option<String>,
    /// The payload, as MessagePack.
    pub payload: Vec<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_their_types_and_unknown_ones_are_kept() {
        for name in ["node_created", "node_evicted", "compaction", "tool_call_started", "my_own"] {
            assert_eq!(EventType::from_name(name).name(), name);
        }
        assert_eq!(EventType::from_name("node_failed"), EventType::NodeFailed);
        assert_eq!(EventType::from_name("NODE_FAILED"), EventType::Other("NODE_FAILED".to_owned()));
    }
}
