//! What the engine and the task graph know of each other.
//!
//! Constraint: nothing of Node, so that the engine's tests fold the same.

use agent_storage_engine::folds::Fold;
use agent_task_graph::{FinishedGraph, Graph};

/// A task graph as a fold of the engine.
#[derive(Default)]
pub(crate) struct GraphFold(Graph);

impl Fold for GraphFold {
    const NAME: &'static str = "task-graph";

    type Finished = FinishedGraph;

    fn apply(&mut self, event: &[u8]) {
        self.0.apply(event);
    }

    fn size_bytes(&self) -> usize {
        self.0.size_bytes()
    }

    fn encode(&self) -> Vec<u8> {
        self.0.encode()
    }

    fn decode(bytes: Vec<u8>) -> Option<Self> {
        Graph::decode(bytes).ok().map(Self)
    }

    fn finish(self) -> FinishedGraph {
        self.0.into()
    }

    fn decode_finished(bytes: Vec<u8>) -> Option<FinishedGraph> {
        FinishedGraph::decode(bytes).ok()
    }
}
