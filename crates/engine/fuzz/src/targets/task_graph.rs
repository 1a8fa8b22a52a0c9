//! A task graph's events and its stored state.

use agent_task_graph::Graph;

use crate::memory;

/// The input as a state, and as two events that come to it: whatever it is, the state that is left can be stored and read, and memory is bounded by the
/// input.
pub(super) fn task_graph(input: &[u8]) {
    let Some((cut, rest)) = input.split_first() else { return };
    let (one, other) = rest.split_at(usize::from(*cut).min(rest.len()));
    memory::bounded(64 * input.len() + (16 << 10), || {
        let mut graph =
            [rest, one].into_iter().find_map(|state| Graph::decode(state.to_vec()).ok()).unwrap_or_default();
        for event in [one, other, one] {
            graph.apply(event);
        }
        let stored = graph.encode();
        let read = Graph::decode(stored.clone()).expect("what was stored can be read");
        assert_eq!(read.encode(), stored);
    });
}
