//! What the engine and the task graph know of each other.
//!
//! Constraint: nothing of Node, so that the engine's tests fold the same.

use agent_storage_engine::folds::Fold;
use agent_task_graph::Graph;

/// A task graph as a fold of the engine.
#[derive(Default)]
pub(crate) struct GraphFold(pub(crate) Graph);

impl Fold for GraphFold {
    const NAME: &'static str = "task-graph";

    fn apply(&mut self, event: &[u8]) {
        self.0.apply(event);
    }

    fn encode(&self) -> Vec<u8> {
        self.0.encode()
    }

    fn decode(bytes: Vec<u8>) -> Option<Self> {
        Graph::decode(bytes).ok().map(Self)
    }
}
