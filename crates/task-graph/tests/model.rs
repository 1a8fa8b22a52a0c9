//! The fold against one that is written down from the table of `lib.rs`, with lists and no index.
//!
//! Would catch: an effect that the runtime's graph does not have, or misses one that it has; a node or an edge in another place; a field lost, doubled or in another order;
//! an eviction that leaves an edge; a state that is another once it was stored and read.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

use agent_task_graph::{Gap, Graph, Malformed};
use proptest::prelude::*;
use rmpv::Value;

fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, value).expect("a vector takes all");
    bytes
}

fn decode(mut bytes: &[u8]) -> Value {
    let value = rmpv::decode::read_value(&mut bytes).expect("MessagePack");
    assert!(bytes.is_empty());
    value
}

fn map(fields: &[(&str, Value)]) -> Value {
    Value::Map(fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
}

fn get<'v>(value: &'v Value, name: &str) -> Option<&'v Value> {
    value.as_map()?.iter().find(|(known, _)| known.as_str() == Some(name)).map(|(_, value)| value)
}

/// A name: a text, or what stands for one that is not well-formed Unicode.
fn name<'v>(value: &'v Value, field: &str) -> Option<&'v Value> {
    get(value, field).filter(|name| name.is_str() || matches!(name, Value::Ext(1, _)))
}

fn text<'v>(value: &'v Value, name: &str) -> Option<&'v str> {
    get(value, name)?.as_str()
}

fn set(value: &mut Value, name: &str, to: &Value) {
    let Value::Map(fields) = value else { return };
    match fields.iter_mut().find(|(known, _)| known.as_str() == Some(name)) {
        Some((_, old)) => *old = to.clone(),
        None => fields.push((name.into(), to.clone())),
    }
}

#[derive(Debug, Default, Clone, PartialEq)]
struct Model {
    nodes: Vec<Value>,
    edges: Vec<Value>,
    evicted: u64,
    compactions: u64,
    last_id: u64,
    last: Option<(Value, Value)>,
    missing: Vec<u64>,
}

impl Model {
    fn node(&mut self, id: &Value) -> Option<&mut Value> {
        self.nodes.iter_mut().find(|node| name(node, "id") == Some(id))
    }

    fn apply(&mut self, event: &Value) {
        let none = Value::Nil;
        let payload = get(event, "payload").unwrap_or(&none);
        let time = get(event, "timestamp").filter(|time| time.is_str()).cloned();
        let id = name(event, "nodeId").unwrap_or(&none);
        if let Some(place) = get(event, "sequenceId").and_then(Value::as_u64) {
            self.missing.extend(self.last_id + 1..place);
            self.last_id = place;
            // The empty text tells as little as none.
            let said = |value: &&Value| value.as_str() != Some("");
            let field = |value: Option<&Value>| value.filter(said).cloned().unwrap_or(Value::Nil);
            self.last = Some((field(name(event, "id")), field(time.as_ref())));
        }
        let touch = |node: &mut Value, names: &[&str]| {
            for (name, time) in names.iter().zip(time.iter().cycle()) {
                set(node, name, time);
            }
        };
        let status = match text(event, "type").unwrap_or_default() {
            "node_created" => return self.create(payload),
            "node_evicted" => return self.evict(payload),
            "compaction" => {
                self.compactions += u64::from(get(payload, "removedCount").is_some_and(Value::is_number));
                return;
            }
            "node_updated" => {
                let edge = get(payload, "edge").filter(|_| text(payload, "updateType") == Some("edge_added"));
                if let Some(edge) = edge {
                    let is_type = matches!(text(edge, "type"), Some("depends_on" | "blocks"));
                    let (Some(from), Some(to), true) = (name(edge, "from"), name(edge, "to"), is_type) else {
                        return;
                    };
                    self.edges.push(edge.clone());
                    for end in [from, to] {
                        if let Some(node) = self.node(end) {
                            touch(node, &BOTH[1..]);
                        }
                    }
                } else if let Some(Value::Map(update)) = get(payload, "update")
                    && let Some(node) = self.node(id)
                {
                    for (name, value) in update {
                        if let Some(name @ ("title" | "dependsOn" | "toolCallId" | "artifactId")) =
                            name.as_str()
                        {
                            set(node, name, value);
                        }
                    }
                    touch(node, &BOTH);
                }
                return;
            }
            "node_started" => "running",
            "node_blocked" => "blocked",
            "node_completed" => "completed",
            "node_failed" => "failed",
            _ => return,
        };
        if text(payload, "status") == Some(status)
            && let Some(node) = self.node(id)
        {
            set(node, "status", &status.into());
            touch(node, &BOTH);
        }
    }

    fn create(&mut self, payload: &Value) {
        let Some((node, id)) = get(payload, "node").and_then(|node| Some((node, name(node, "id")?))) else {
            return;
        };
        match self.node(id) {
            Some(known) => *known = node.clone(),
            None => self.nodes.push(node.clone()),
        }
    }

    fn evict(&mut self, payload: &Value) {
        let Some(id) = get(payload, "node").and_then(|node| name(node, "id")) else { return };
        self.evicted += 1;
        self.nodes.retain(|node| name(node, "id") != Some(id));
        self.edges.retain(|edge| name(edge, "from") != Some(id) && name(edge, "to") != Some(id));
    }
}

fn found(graph: &Graph) -> Model {
    let nodes: Vec<_> = graph.nodes().map(decode).collect();
    assert_eq!(nodes.len(), graph.node_count());
    let edges: Vec<_> = graph.edges().map(decode).collect();
    assert_eq!(edges.len(), graph.edge_count());
    let counters = graph.counters();
    let progress = graph.progress();
    let last = |bytes: &[u8]| if bytes.is_empty() || bytes == [0xa0] { Value::Nil } else { decode(bytes) };
    Model {
        nodes,
        edges,
        evicted: counters.evicted_nodes,
        compactions: counters.compactions,
        last_id: progress.last_id(),
        last: (progress.last_id() > 0).then(|| (last(progress.event_id()), last(progress.timestamp()))),
        missing: progress.gaps().iter().flat_map(|Gap { from, to }| *from..=*to).collect(),
    }
}

/// The times that a change of a node sets; the last one, a look at it.
const BOTH: [&str; 2] = ["updatedAt", "lastAccessedAt"];
const IDS: [&str; 5] = ["a", "b", "c", "", "ü"];
const STATUSES: [&str; 5] = ["running", "blocked", "completed", "failed", "pending"];

fn id() -> impl Strategy<Value = Value> {
    prop_oneof![
        9 => prop::sample::select(&IDS[..]).prop_map(Value::from),
        1 => Just(lone()),
    ]
}

/// A lone surrogate, as it is stored.
fn lone() -> Value {
    Value::Ext(1, vec![0x00, 0xd8])
}

/// What a caller of its own may have put there.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z]{0,3}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(Value::Binary),
        Just(Value::Ext(-1, vec![0; 4])),
        Just(Value::Array(vec![1.into(), "x".into()])),
        Just(map(&[("id", "a".into()), ("from", "b".into())])),
        Just(Value::Map(vec![(7.into(), 8.into())])),
    ]
}

fn node() -> impl Strategy<Value = Value> {
    let fields =
        ["title", "status", "dependsOn", "toolCallId", "updatedAt", "lastAccessedAt", "mine", "type"];
    let fields = prop::sample::subsequence(fields.to_vec(), 0..=8);
    (id(), fields, odd(), any::<bool>()).prop_map(|(id, fields, value, id_is_last)| {
        let mut node: Vec<_> = fields.into_iter().map(|name| (name, value.clone())).collect();
        node.insert(if id_is_last { node.len() } else { 0 }, ("id", id));
        let Value::Map(mut fields) = map(&node) else { unreachable!("a map is made of fields") };
        if fields.len() % 3 == 0 {
            fields.push((lone(), "of a key that is no text".into()));
        }
        Value::Map(fields)
    })
}

fn edge() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![4 => Just(Value::from("depends_on")), 4 => Just("blocks".into()), 1 => odd()];
    (id(), id(), kind, odd())
        .prop_map(|(from, to, kind, odd)| map(&[("from", from), ("mine", odd), ("to", to), ("type", kind)]))
}

fn update() -> impl Strategy<Value = Value> {
    let fields = ["title", "dependsOn", "toolCallId", "artifactId", "status", "id", "mine"];
    (prop::sample::subsequence(fields.to_vec(), 0..=4), odd()).prop_map(|(fields, value)| {
        map(&fields.into_iter().map(|name| (name, value.clone())).collect::<Vec<_>>())
    })
}

fn payload() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => node().prop_map(|node| map(&[("node", node)])),
        6 => prop::sample::select(&STATUSES[..]).prop_map(|status| map(&[("status", status.into())])),
        4 => update().prop_map(|update| map(&[("update", update)])),
        6 => edge().prop_map(|edge| map(&[("updateType", "edge_added".into()), ("edge", edge)])),
        1 => (edge(), update()).prop_map(|(edge, update)| map(&[("edge", edge), ("update", update)])),
        1 => odd().prop_map(|count| map(&[("removedCount", count)])),
        1 => odd(),
    ]
}

type Fields = Vec<(&'static str, Value)>;

/// Events as they lie in a log: most follow the one before, some come behind a gap, and a few have no place of their own.
fn events() -> impl Strategy<Value = Vec<Value>> {
    let step = prop_oneof![8 => Just(Some(1)), 1 => (2u64..5).prop_map(Some), 1 => Just(None)];
    prop::collection::vec((step, event()), 0..60).prop_map(|events| {
        let mut last = 0;
        let placed = events.into_iter().map(|(step, mut fields)| {
            if let Some(step) = step {
                last += step;
                fields.insert(1, ("sequenceId", last.into()));
            }
            map(&fields)
        });
        placed.collect()
    })
}

fn event() -> impl Strategy<Value = Fields> {
    let types = [
        ("node_created", 6),
        ("node_started", 3),
        ("node_blocked", 1),
        ("node_completed", 2),
        ("node_failed", 1),
        ("node_updated", 8),
        ("node_evicted", 2),
        ("compaction", 1),
        ("tool_call_started", 1),
        ("my_own", 1),
    ];
    let types: Vec<_> = types.iter().flat_map(|(name, times)| vec![*name; *times]).collect();
    let time = prop_oneof![9 => "[0-9]{3}".prop_map(Value::from), 1 => odd()];
    (prop::sample::select(types), id(), time, payload(), any::<bool>()).prop_map(
        |(name, id, time, payload, more)| {
            let mut event =
                vec![("id", "e".into()), ("type", name.into()), ("nodeId", id), ("timestamp", time)];
            event.push(("payload", payload));
            if more {
                event.insert(0, ("source", "test".into()));
            }
            event
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn every_sequence_of_events_has_the_effect_of_the_table(
        events in events(),
        stored_at in prop::collection::vec(0usize..60, 0..3),
    ) {
        let (mut graph, mut model) = (Graph::default(), Model::default());
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
    assert_eq!(found(&graph), Model::default());
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
