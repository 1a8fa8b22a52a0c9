//! A state that no event changes any more, for whoever goes through it.

use crate::{graph::Graph, head::Head, values::Values};

/// See the module.
#[derive(Debug)]
pub struct FinishedGraph {
    /// What it tells beside its nodes and edges.
    pub head: Head,
    /// The nodes, each a MessagePack map, in the order of their creation.
    pub nodes: Values,
    /// The edges, each a MessagePack map, in the order in which they were added.
    pub edges: Values,
}

impl From<Graph> for FinishedGraph {
    fn from(Graph { nodes, edges, head }: Graph) -> Self {
        Self { head, nodes: nodes.into_values(), edges: edges.into_values() }
    }
}
