//! The state, and what events do to it.

use crate::{
    edges::{Edges, ends},
    event::{Event, EventType},
    fields::{content, field, fields, is_map, is_number, is_text, name, pick},
    head::Head,
    node::NewNode,
    node_fields::NodeField,
    nodes::Nodes,
};

/// As long as no node becomes 4 GiB of it, however often each of its fields is set.
const MAX_EVENT_BYTES: usize = 256 << 20;

/// A task graph at some moment.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    pub(crate) nodes: Nodes,
    pub(crate) edges: Edges,
    pub(crate) head: Head,
}

impl Graph {
    /// Gives the event that is all of `bytes` its effect, unless that is longer than any log holds one.
    pub fn apply(&mut self, bytes: &[u8]) {
        if bytes.len() > MAX_EVENT_BYTES {
            return;
        }
        let event = Event::read(bytes);
        self.head.progress.add(&event);
        match event.event_type {
            EventType::NodeCreated => self.create(event.payload),
            EventType::NodeUpdated => self.update(&event),
            EventType::NodeEvicted => self.evict(event.payload),
            EventType::Compaction => {
                let is_one = field(event.payload, "removedCount").is_some_and(is_number);
                let compactions = &mut self.head.counters.compactions;
                *compactions = compactions.saturating_add(is_one.into());
            }
            other => {
                if let Some(status) = other.status() {
                    self.set_status(&event, status);
                }
            }
        }
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// How many edges there are.
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// How many bytes the nodes and edges have: storing a state takes time with them, and memory.
    pub fn size_bytes(&self) -> usize {
        self.nodes.bytes() + self.edges.bytes()
    }

    /// What there is beside nodes and edges.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The nodes, each a MessagePack map, in the order of their creation.
    pub fn nodes(&self) -> impl Iterator<Item = &[u8]> {
        self.nodes.iter().map(|(node, _)| node)
    }

    /// The edges, each a MessagePack map, in the order in which they were added.
    pub fn edges(&self) -> impl Iterator<Item = &[u8]> {
        self.edges.iter()
    }

    fn create(&mut self, payload: &[u8]) {
        let mut all = fields(payload);
        let mut node = None;
        while let Some(name) = all.next_name() {
            if content(name) == Some(b"node") {
                node = all.value_as(NewNode::read);
            } else {
                all.value();
            }
        }
        if let Some(node) = node.filter(|_| all.end().is_some_and(|end| end.is_done())) {
            self.nodes.put(&node);
        }
    }

    fn set_status(&mut self, event: &Event<'_>, status: &[u8]) {
        if field(event.payload, "status").and_then(content) == content(status) {
            let status = [(NodeField::Status, status)];
            self.nodes.set(event.node_id, status.into_iter().chain(touched(event)));
        }
    }

    fn update(&mut self, event: &Event<'_>) {
        let Some([update_type, edge, update]) = pick(event.payload, ["updateType", "edge", "update"]) else {
            return;
        };
        if let Some(edge) = edge.filter(|_| update_type.and_then(content) == Some(b"edge_added")) {
            self.add_edge(edge, event);
        } else if let Some(update) = update.filter(|update| is_map(update)) {
            let updated = fields(update).filter_map(|(name, value)| {
                let field = content(name).and_then(NodeField::from_name)?;
                field.is_updatable().then_some((field, value))
            });
            self.nodes.set(event.node_id, updated.chain(touched(event)));
        }
    }

    fn add_edge(&mut self, edge: &[u8], event: &Event<'_>) {
        let is_known = matches!(field(edge, "type").and_then(content), Some(b"depends_on" | b"blocks"));
        let Some(ends) = ends(edge).filter(|_| is_known) else { return };
        self.edges.add(edge);
        for end in ends {
            self.nodes.set(end, accessed(event));
        }
    }

    fn evict(&mut self, payload: &[u8]) {
        let Some(id) = field(payload, "node").and_then(|node| name(node, "id")) else { return };
        let evicted_nodes = &mut self.head.counters.evicted_nodes;
        *evicted_nodes = evicted_nodes.saturating_add(1);
        self.edges.remove_all_of(id);
        self.nodes.remove(id);
    }
}

/// What every change of a node sets.
fn touched<'a>(event: &Event<'a>) -> impl Iterator<Item = (NodeField, &'a [u8])> + use<'a> {
    let accessed = accessed(event);
    accessed.map(|(_, time)| (NodeField::UpdatedAt, time)).into_iter().chain(accessed)
}

/// What a look at a node sets.
fn accessed<'a>(event: &Event<'a>) -> Option<(NodeField, &'a [u8])> {
    is_text(event.timestamp).then_some((NodeField::LastAccessedAt, event.timestamp))
}
