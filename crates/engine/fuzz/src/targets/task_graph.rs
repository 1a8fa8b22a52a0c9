//! A task graph's events and its stored state.

use agent_task_graph::{FinishedGraph, Graph, Malformed, Values};

use crate::memory;

/// What goes through a state may take beyond what the input bounds: a frame, decompressed, and the lists of what is in it.
const FRAME_BYTES: usize = 4 << 20;

/// The input as a state, and as two events that come to it: whatever it is, the state that is left can be stored and read, one that is given out as it is stored is the same as one to go on from, and memory
/// is bounded by the input and by what a state really holds.
pub(super) fn task_graph(input: &[u8]) {
    let Some((cut, rest)) = input.split_first() else { return };
    let (one, other) = rest.split_at(usize::from(*cut).min(rest.len()));
    let states = [rest, one].into_iter();
    let mut graph = states.map(state).find_map(Result::ok).unwrap_or_default();
    memory::bounded(64 * (input.len() + graph.size_bytes()) + FRAME_BYTES, || {
        for event in [one, other, one] {
            graph.apply(event);
        }
        let stored = graph.encode();
        let read = Graph::decode(stored.clone()).expect("what was stored can be read");
        assert_eq!(read.encode(), stored);
    });
}

/// The state that `bytes` are, to go on from.
fn state(bytes: &[u8]) -> Result<Graph, Malformed> {
    // Of values that are right, also before some that are not.
    let mut held = 0;
    let given = memory::bounded(64 * bytes.len() + FRAME_BYTES, || {
        let FinishedGraph { nodes, edges, .. } = FinishedGraph::decode(bytes.to_vec())?;
        [nodes, edges].into_iter().try_for_each(|values| gone_through(values, |value| held += value.len()))
    });
    let graph = memory::bounded(64 * (bytes.len() + held) + FRAME_BYTES, || Graph::decode(bytes.to_vec()));
    // Where the first alone can be read, a node lacks the mark that a reader goes on with.
    if let Ok(graph) = &graph {
        assert_eq!((given, held), (Ok(()), graph.size_bytes()));
        let FinishedGraph { nodes, edges, .. } =
            FinishedGraph::decode(bytes.to_vec()).expect("it was gone through");
        let mut values = graph.nodes().chain(graph.edges());
        for given in [nodes, edges] {
            gone_through(given, |value| assert_eq!(Some(value), values.next())).expect("it was gone through");
        }
        assert_eq!(values.next(), None);
    }
    graph
}

fn gone_through(mut values: Values, mut look: impl FnMut(&[u8])) -> Result<(), Malformed> {
    while values.left() > 0 {
        let some = values.next(100, usize::MAX)?;
        assert!(!some.is_empty(), "the end comes before all values");
        some.into_iter().for_each(&mut look);
    }
    Ok(())
}
