//! The fold against one that is written down from the table of `lib.rs`.
//!
//! Would catch: an effect that the runtime's graph does not have, or misses one that it has; a node or an edge in another place; a field lost, doubled or in another order;
//! an eviction that leaves an edge; a state that is another once it was stored and read.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

pub mod support;

use agent_task_graph::{FinishedGraph, Graph, Malformed};
use proptest::prelude::*;
use rmpv::Value;

use support::{
    events::events,
    plain::{PlainGraph, encode, found, gone_through, map},
};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn every_sequence_of_events_has_the_effect_of_the_table(
        events in events(),
        stored_at in prop::collection::vec(0usize..60, 0..3),
        most in 1usize..8,
    ) {
        let (mut graph, mut model) = (Graph::default(), PlainGraph::default());
        for (index, event) in events.iter().enumerate() {
            if stored_at.contains(&index) {
                let bytes = graph.encode();
                graph = Graph::decode(bytes.clone()).expect("a state");
                prop_assert_eq!(graph.encode(), bytes.clone());
                let stored = FinishedGraph::decode(bytes).expect("a state");
                prop_assert_eq!(gone_through(stored, most), model.clone());
                prop_assert_eq!(gone_through(graph.clone().into(), most), model.clone());
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

// The bug: bytes that no decoder takes for a text, handed on in every node that was changed then.
#[test]
fn a_time_that_is_no_text_is_set_in_no_node() {
    let node = map(&[("id", "a".into())]);
    let mut graph = Graph::default();
    graph.apply(&encode(&map(&[("type", "node_created".into()), ("payload", map(&[("node", node)]))])));
    let status = map(&[("status", "running".into())]);
    let [kind, id] = [("type", "node_started".into()), ("nodeId", "a".into())];
    let mut started = encode(&map(&[kind, id, ("payload", status), ("timestamp", "??".into())]));
    let length = started.len();
    started[length - 2..].copy_from_slice(b"\xff\xfe");
    graph.apply(&started);
    let expected = map(&[("id", "a".into()), ("status", "running".into())]);
    assert_eq!(graph.nodes().collect::<Vec<_>>(), [encode(&expected)]);
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
    let refused =
        |bytes: &[u8]| [Graph::decode(bytes.to_vec()).err(), FinishedGraph::decode(bytes.to_vec()).err()];
    for end in 0..bytes.len() {
        assert_eq!(refused(&bytes[..end]), [Some(Malformed); 2], "{end} bytes");
    }
    assert_eq!(refused(&[&bytes[..], &[0]].concat()), [Some(Malformed); 2]);
    let mut newer = bytes;
    newer[0] += 1;
    assert_eq!(refused(&newer), [Some(Malformed); 2]);
}

// The bug: nodes that are found where those of another frame are, or not at all, once a large state was stored.
#[test]
fn a_state_of_many_frames_goes_on_as_if_it_had_not_been_stored() {
    const NODES: usize = 10_000;
    let id = |number: usize| Value::from(format!("node-{}", number % NODES));
    let mut graph = Graph::default();
    for number in 0..NODES {
        let node = map(&[("id", id(number)), ("title", format!("the {number}th").into())]);
        graph.apply(&encode(&map(&[("type", "node_created".into()), ("payload", map(&[("node", node)]))])));
        let edge = map(&[("from", id(number)), ("to", id(number + 1)), ("type", "blocks".into())]);
        let added = map(&[("updateType", "edge_added".into()), ("edge", edge)]);
        graph.apply(&encode(&map(&[("type", "node_updated".into()), ("payload", added)])));
    }
    let mut stored = Graph::decode(graph.encode()).expect("a state");
    for number in (0..NODES).step_by(3) {
        let started = map(&[("status", "running".into())]);
        let evicted = map(&[("node", map(&[("id", id(number + 1))]))]);
        let started = [("type", "node_started".into()), ("nodeId", id(number)), ("payload", started)];
        for event in [map(&started), map(&[("type", "node_evicted".into()), ("payload", evicted)])] {
            for graph in [&mut graph, &mut stored] {
                graph.apply(&encode(&event));
            }
        }
    }
    assert_eq!((graph.node_count(), graph.edge_count()), (NODES - NODES.div_ceil(3), 3333));
    assert!(found(&stored) == found(&graph));
    let again = Graph::decode(stored.encode()).expect("a state");
    let bytes: usize = again.nodes().chain(again.edges()).map(<[u8]>::len).sum();
    assert_eq!(again.size_bytes(), bytes, "what nobody has any more counts");
    assert!(gone_through(FinishedGraph::decode(stored.encode()).expect("a state"), 1000) == found(&graph));
}
