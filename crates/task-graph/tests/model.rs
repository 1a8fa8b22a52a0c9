//! The fold against one that is written down from the table of `lib.rs`.
//!
//! Would catch: an effect that the runtime's graph does not have, or misses one that it has; a node or an edge in another place; a field lost, doubled or in another order;
//! an eviction that leaves an edge; a state that is another once it was stored and read.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

pub mod support;

use agent_task_graph::{Graph, Malformed};
use proptest::prelude::*;
use rmpv::Value;

use support::{
    events::events,
    plain::{PlainGraph, encode, found, map},
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn every_sequence_of_events_has_the_effect_of_the_table(
        events in events(),
        stored_at in prop::collection::vec(0usize..60, 0..3),
    ) {
        let (mut graph, mut model) = (Graph::default(), PlainGraph::default());
        for (index, event) in events.iter().enumerate() {
            if stored_at.contains(&index) {
                let bytes = graph.encode();
                graph = Graph::decode(bytes.clone()).expect("a state");
                prop_assert_eq!(graph.encode(), bytes);
            }
            graph.apply(&encode(event));
            model.apply(event);
            prop_assert_eq!(found(&graph), model.clone(), "after {:?}", event);
        }
    }
}

#[test]
fn bytes_that_are_no_event_change_nothing() {
    let event = encode(&map(&[
        ("type", "node_created".into()),
        ("payload", map(&[("node", map(&[("id", "a".into()), ("title", "t".into())]))])),
    ]));
    let mut graph = Graph::default();
    for end in 0..event.len() {
        graph.apply(&event[..end]);
        assert_eq!(graph.node_count(), 0, "{end} bytes");
    }
    graph.apply(&event);
    assert_eq!(graph.node_count(), 1);
}

// The bug: a node that comes back as bytes which no decoder reads.
#[test]
fn a_map_with_a_key_that_is_no_text_is_no_node() {
    let node = Value::Map(vec![("id".into(), "a".into()), (7.into(), 8.into())]);
    let event = map(&[("type", "node_created".into()), ("payload", map(&[("node", node)]))]);
    let mut graph = Graph::default();
    graph.apply(&encode(&event));
    assert_eq!(found(&graph), PlainGraph::default());
}

#[test]
fn bytes_that_are_no_state_are_refused() {
    let mut graph = Graph::default();
    for (name, payload) in [
        ("node_created", map(&[("node", map(&[("id", "a".into())]))])),
        (
            "node_updated",
            map(&[
                ("updateType", "edge_added".into()),
                ("edge", map(&[("from", "a".into()), ("to", "b".into()), ("type", "blocks".into())])),
            ]),
        ),
    ] {
        graph.apply(&encode(&map(&[("type", name.into()), ("payload", payload)])));
    }
    let bytes = graph.encode();
    assert_eq!(found(&Graph::decode(bytes.clone()).unwrap()), found(&graph));
    for end in 0..bytes.len() {
        assert_eq!(Graph::decode(bytes[..end].to_vec()).err(), Some(Malformed), "{end} bytes");
    }
    let more = [&bytes[..], &[0]].concat();
    assert_eq!(Graph::decode(more).err(), Some(Malformed));
    let mut newer = bytes;
    newer[0] += 1;
    assert_eq!(Graph::decode(newer).err(), Some(Malformed));
}
