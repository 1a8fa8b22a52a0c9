//! The state of a task graph: nodes in the order of their creation, edges in the order of their insertion, counters.

/// A node's kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NodeType {
    /// A plan.
    Plan,
    /// A part of a plan.
    Subtask,
    /// A call of a tool.
    ToolCall,
    /// Something that was made.
    Artifact,
    /// A review.
    Review,
    /// A summary.
    Summary,
    /// A kind of the caller's own.
    Other(String),
}

/// How far a node is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum NodeStatus {
    /// Not begun.
    Pending,
    /// Under way.
    Running,
    /// Waiting for others.
    Blocked,
    /// Done.
    Completed,
    /// Failed.
    Failed,
    /// A status of the caller's own.
    Other(String),
}

/// A node. Times are ISO 8601 texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub node_type: NodeType,
    /// Its title.
    pub title: String,
    /// How far it is.
    pub status: NodeStatus,
    /// The ids of the nodes it needs.
    pub depends_on: Vec<String>,
    /// The tool call it stands for.
    pub tool_call_id: Option<String>,
    /// The artifact it stands for.
    pub artifact_id: Option<String>,
    /// When it was created.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
    /// When it was last touched.
    pub last_accessed_at: String,
}

/// What an edge says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EdgeType {
    /// `from` needs `to`.
    DependsOn,
    /// `from` keeps `to` from going on.
    Blocks,
}

/// An edge between two nodes, by their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// Where it starts.
    pub from: String,
    /// Where it ends.
    pub to: String,
    /// What it says.
    pub edge_type: EdgeType,
}

/// A graph's counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Nodes there are.
    pub node_count: u64,
    /// Edges there are.
    pub edge_count: u64,
    /// Events kept.
    pub event_count: u64,
    /// Nodes that were evicted.
    pub evicted_node_count: u64,
    /// Compactions recorded.
    pub compaction_count: u64,
}

/// The state at some moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// The graph's id.
    pub graph_id: String,
    /// In the order of their creation.
    pub nodes: Vec<Node>,
    /// In the order of their insertion.
    pub edges: Vec<Edge>,
    /// The counters.
    pub stats: Stats,
}
