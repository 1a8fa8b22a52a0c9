//! A task graph's events and its stored state.

use agent_task_graph::{FinishedGraph, Graph, Malformed};

use crate::memory;

/// What a frame may take, decompressed, beyond what the input bounds.
const FRAME_BYTES: usize = 4 << 20;

/// The input as a state, and as two events that come to it: whatever it is, the state that is left can be stored and read, one that is given out as it is stored is the same as one to go on from, and memory
/// is bounded by the input.
pub(super) fn task_graph(input: &[u8]) {
    let Some((cut, rest)) = input.split_first() else { return };
    let (one, other) = rest.split_at(usize::from(*cut).min(rest.len()));
    memory::bounded(64 * input.len() + FRAME_BYTES, || {
        let states = [rest, one].into_iter();
        let mut graph = states.map(state).find_map(Result::ok).unwrap_or_default();
        for event in [one, other, one] {
            graph.apply(event);
        }
        let stored = graph.encode();
        let read = state(&stored).expect("what was stored can be read");
        assert_eq!(read.encode(), stored);
    });
}

fn state(bytes: &[u8]) -> Result<Graph, Malformed> {
    let graph = Graph::decode(bytes.to_vec());
    let finished = FinishedGraph::decode(bytes.to_vec()).and_then(gone_through);
    // A node has the mark that a reader goes on with, which nobody looks at in a state that is given out.
    if let Ok(graph) = &graph {
        let values: Vec<_> = graph.nodes().chain(graph.edges()).map(<[u8]>::to_vec).collect();
        assert_eq!(finished, Ok(values));
    }
    graph
}

fn gone_through(graph: FinishedGraph) -> Result<Vec<Vec<u8>>, Malformed> {
    let mut all = Vec::new();
    for mut values in [graph.nodes, graph.edges] {
        while values.left() > 0 {
            let some = values.next(100, usize::MAX)?;
            assert!(!some.is_empty(), "the end comes before all values");
            all.extend(some.into_iter().map(<[u8]>::to_vec));
        }
    }
    Ok(all)
}
