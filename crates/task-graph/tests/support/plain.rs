//! A task graph as it is written down in the table of `lib.rs`, with lists and no index.

use agent_task_graph::{FinishedGraph, Gap, Graph, Head};
use rmpv::Value;

/// The times that a change of a node sets; the last one, a look at it.
const BOTH: [&str; 2] = ["updatedAt", "lastAccessedAt"];
/// A value as MessagePack.
///
/// # Panics
/// Never: a vector takes all.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, value).expect("a vector takes all");
    bytes
}

/// The value that is all of `bytes`.
///
/// # Panics
/// Where they are something else.
pub fn decode(mut bytes: &[u8]) -> Value {
    let value = rmpv::decode::read_value(&mut bytes).expect("MessagePack");
    assert!(bytes.is_empty());
    value
}

/// A map of fields.
pub fn map(fields: &[(&str, Value)]) -> Value {
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

/// See the module.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct PlainGraph {
    nodes: Vec<Value>,
    edges: Vec<Value>,
    evicted: u64,
    compactions: u64,
    /// The largest `sequenceId`.
    pub last_id: u64,
    last: Option<(Value, Value)>,
    missing: Vec<u64>,
}

impl PlainGraph {
    fn node(&mut self, id: &Value) -> Option<&mut Value> {
        self.nodes.iter_mut().find(|node| name(node, "id") == Some(id))
    }

    /// Gives an event its effect.
    pub fn apply(&mut self, event: &Value) {
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

/// What a graph is.
///
/// # Panics
/// Where it contradicts itself.
pub fn found(graph: &Graph) -> PlainGraph {
    let nodes: Vec<_> = graph.nodes().map(decode).collect();
    assert_eq!(nodes.len(), graph.node_count());
    let edges: Vec<_> = graph.edges().map(decode).collect();
    assert_eq!(edges.len(), graph.edge_count());
    plain(graph.head(), nodes, edges)
}

/// What a graph is that was finished, gone through `most` values at a time.
///
/// # Panics
/// Where it contradicts itself.
pub fn gone_through(FinishedGraph { head, nodes, edges }: FinishedGraph, most: usize) -> PlainGraph {
    let [nodes, edges] = [nodes, edges].map(|mut values| {
        let (count, mut all) = (values.left(), Vec::new());
        while values.left() > 0 {
            let some = values.next(most, usize::MAX).expect("what was stored");
            assert!((1..=most).contains(&some.len()), "{} values", some.len());
            all.extend(some.into_iter().map(decode));
        }
        assert!(values.next(most, usize::MAX).expect("the end").is_empty());
        assert_eq!(all.len(), count);
        all
    });
    plain(&head, nodes, edges)
}

fn plain(Head { counters, progress }: &Head, nodes: Vec<Value>, edges: Vec<Value>) -> PlainGraph {
    let last = |bytes: &[u8]| if bytes.is_empty() || bytes == [0xa0] { Value::Nil } else { decode(bytes) };
    PlainGraph {
        nodes,
        edges,
        evicted: counters.evicted_nodes,
        compactions: counters.compactions,
        last_id: progress.last_id(),
        last: (progress.last_id() > 0).then(|| (last(progress.event_id()), last(progress.timestamp()))),
        missing: progress.gaps().iter().flat_map(|Gap { from, to }| *from..=*to).collect(),
    }
}
