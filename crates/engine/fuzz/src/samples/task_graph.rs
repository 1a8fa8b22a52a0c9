//! Two events of a task graph, the first one's length before them; and states.

use agent_task_graph::Graph;
use rmpv::Value;

use crate::columns::encode;

fn map(fields: Vec<(&str, Value)>) -> Value {
    Value::Map(fields.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

fn event(name: &str, payload: Vec<(&str, Value)>) -> Vec<u8> {
    let event = vec![
        ("type", name.into()),
        ("nodeId", "a".into()),
        ("timestamp", "t".into()),
        ("payload", map(payload)),
    ];
    encode(&map(event))
}

pub(crate) fn task_graphs() -> Vec<Vec<u8>> {
    let node = map(vec![("id", "a".into()), ("title", "n".into()), ("own", 1.into())]);
    let edge = map(vec![("from", "a".into()), ("to", "b".into()), ("type", "blocks".into())]);
    let created = event("node_created", vec![("node", node.clone())]);
    let added = event("node_updated", vec![("updateType", "edge_added".into()), ("edge", edge)]);
    let updated = event("node_updated", vec![("update", map(vec![("title", "m".into())]))]);
    let started = event("node_started", vec![("status", "running".into())]);
    let evicted = event("node_evicted", vec![("node", node)]);
    let compacted = event("compaction", vec![("removedCount", 3.into())]);
    let mut graph = Graph::default();
    let mut states = Vec::new();
    for event in [&created, &added, &updated, &compacted] {
        graph.apply(event);
        states.push([&[0], graph.encode().as_slice()].concat());
    }
    // As many as are worth compressing.
    for number in 0..40 {
        let id = format!("node-{number}").into();
        graph.apply(&event(
            "node_created",
            vec![("node", map(vec![("id", id), ("title", "one of many".into())]))],
        ));
        graph.apply(&added);
    }
    states.push([&[0], graph.encode().as_slice()].concat());
    let pairs = [(&created, &started), (&created, &updated), (&added, &evicted), (&compacted, &started)];
    let pairs = pairs.map(|(one, other)| {
        let length = u8::try_from(one.len()).expect("a small event");
        [&[length], one.as_slice(), other].concat()
    });
    states.into_iter().chain(pairs).collect()
}
