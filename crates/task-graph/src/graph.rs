//! The state, and what events do to it.

use std::hash::BuildHasher;

use hashbrown::{HashTable, hash_table::Entry};

use crate::{
    edges::Edges,
    event::{Event, EventType},
    fields::{content, field, fields, is_map, is_number, name},
    node::{Node, Settable},
    progress::Progress,
};

/// What is counted beside what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Nodes that were evicted.
    pub evicted_nodes: u64,
    /// Compactions that were recorded.
    pub compactions: u64,
}

/// A task graph at some moment.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// In the order of their creation. `None`: evicted.
    nodes: Vec<Option<Node>>,
    evicted: usize,
    /// Where those that were not evicted are, by their ids.
    places: HashTable<usize>,
    hasher: foldhash::fast::RandomState,
    edges: Edges,
    counters: Counters,
    progress: Progress,
}

impl Graph {
    /// Gives the event that is all of `bytes` its effect.
    pub fn apply(&mut self, bytes: &[u8]) {
        let event = Event::read(bytes);
        self.progress.add(&event);
        match event.event_type {
            EventType::NodeCreated => self.create(event.payload),
            EventType::NodeUpdated => self.update(&event),
            EventType::NodeEvicted => self.evict(event.payload),
            EventType::Compaction => {
                let is_one = field(event.payload, "removedCount").is_some_and(is_number);
                self.counters.compactions = self.counters.compactions.saturating_add(is_one.into());
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
        self.nodes.len() - self.evicted
    }

    /// How many edges there are.
    pub fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// What was counted.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// How far the run had come.
    pub fn progress(&self) -> &Progress {
        &self.progress
    }

    /// Gives each node, a MessagePack map, to `visit`, in the order of their creation.
    pub fn nodes(&self, mut visit: impl FnMut(&[u8])) {
        self.nodes.iter().flatten().for_each(|node| visit(node.bytes()));
    }

    /// The same, and gives each up at once: for whoever makes something else of the state, and has no use for it twice.
    pub fn take_nodes(&mut self, mut visit: impl FnMut(&[u8])) {
        self.places = HashTable::new();
        self.evicted = 0;
        for node in std::mem::take(&mut self.nodes).into_iter().flatten() {
            visit(node.bytes());
        }
    }

    /// The edges, each a MessagePack map, in the order in which they were added.
    pub fn edges(&self) -> impl Iterator<Item = &[u8]> {
        self.edges.iter()
    }

    /// A state without nodes and edges.
    pub(crate) fn without_nodes(counters: Counters, progress: Progress) -> Self {
        Self { counters, progress, ..Self::default() }
    }

    /// Makes room for so many nodes more.
    pub(crate) fn reserve(&mut self, nodes: usize) {
        self.nodes.reserve_exact(nodes);
    }

    /// Adds a node, or puts it in place of the one with its id.
    pub(crate) fn add_node(&mut self, node: Node) {
        let Self { nodes, places, hasher, .. } = self;
        let hash = hasher.hash_one(node.id());
        let entry = places.entry(
            hash,
            |place| has_id(nodes, *place, node.id()),
            |place| hash_of(hasher, nodes, *place),
        );
        match entry {
            Entry::Occupied(known) => {
                if let Some(known) = nodes.get_mut(*known.get()) {
                    *known = Some(node);
                }
            }
            Entry::Vacant(place) => {
                place.insert(nodes.len());
                nodes.push(Some(node));
            }
        }
    }

    /// Adds an edge, a map with its ends and a known type; `None` where it is none, else its ends.
    pub(crate) fn add_edge<'a>(&mut self, edge: &'a [u8]) -> Option<(&'a [u8], &'a [u8])> {
        let (from, to) = (name(edge, "from")?, name(edge, "to")?);
        if !matches!(field(edge, "type").and_then(content)?, b"depends_on" | b"blocks") {
            return None;
        }
        self.edges.add(from, to, edge);
        Some((from, to))
    }

    fn create(&mut self, payload: &[u8]) {
        if let Some(node) = field(payload, "node").and_then(Node::new) {
            self.add_node(node);
        }
    }

    fn set_status(&mut self, event: &Event<'_>, status: &[u8]) {
        if field(event.payload, "status").and_then(content) != content(status) {
            return;
        }
        let Some(node) = self.node(event.node_id) else { return };
        node.set(Settable::Status, status);
        touch(node, event.timestamp);
    }

    fn update(&mut self, event: &Event<'_>) {
        let is_edge = field(event.payload, "updateType").and_then(content) == Some(b"edge_added");
        match (field(event.payload, "edge"), field(event.payload, "update")) {
            (Some(edge), _) if is_edge => {
                let Some((from, to)) = self.add_edge(edge) else { return };
                for end in [from, to] {
                    if let Some(node) = self.node(end) {
                        access(node, event.timestamp);
                    }
                }
            }
            (_, Some(update)) if is_map(update) => {
                let Some(node) = self.node(event.node_id) else { return };
                for (name, value) in fields(update) {
                    let field = content(name).and_then(Settable::from_name);
                    if let Some(field) = field.filter(|field| field.is_updatable()) {
                        node.set(field, value);
                    }
                }
                touch(node, event.timestamp);
            }
            _ => {}
        }
    }

    fn evict(&mut self, payload: &[u8]) {
        let Some(id) = field(payload, "node").and_then(|node| name(node, "id")) else {
            return;
        };
        self.counters.evicted_nodes = self.counters.evicted_nodes.saturating_add(1);
        self.edges.remove_all_of(id);
        let hash = self.hasher.hash_one(id);
        if let Ok(place) = self.places.find_entry(hash, |place| has_id(&self.nodes, *place, id))
            && let Some(node) = self.nodes.get_mut(place.remove().0)
        {
            *node = None;
            self.evicted += 1;
        }
        if self.evicted > self.node_count() {
            self.pack();
        }
    }

    fn node(&mut self, id: &[u8]) -> Option<&mut Node> {
        let hash = self.hasher.hash_one(id);
        let place = *self.places.find(hash, |place| has_id(&self.nodes, *place, id))?;
        self.nodes.get_mut(place)?.as_mut()
    }

    /// Forgets the places of evicted nodes.
    fn pack(&mut self) {
        self.nodes.retain(Option::is_some);
        self.evicted = 0;
        let Self { nodes, places, hasher, .. } = self;
        places.clear();
        for (place, node) in nodes.iter().enumerate() {
            let hash = node.as_ref().map_or(0, |node| hasher.hash_one(node.id()));
            places.insert_unique(hash, place, |place| hash_of(hasher, nodes, *place));
        }
    }
}

fn has_id(nodes: &[Option<Node>], place: usize, id: &[u8]) -> bool {
    nodes.get(place).and_then(Option::as_ref).is_some_and(|node| node.has_id(id))
}

fn hash_of(hasher: &foldhash::fast::RandomState, nodes: &[Option<Node>], place: usize) -> u64 {
    nodes.get(place).and_then(Option::as_ref).map_or(0, |node| hasher.hash_one(node.id()))
}

fn touch(node: &mut Node, timestamp: &[u8]) {
    if !timestamp.is_empty() {
        node.set(Settable::UpdatedAt, timestamp);
    }
    access(node, timestamp);
}

fn access(node: &mut Node, timestamp: &[u8]) {
    if !timestamp.is_empty() {
        node.set(Settable::LastAccessedAt, timestamp);
    }
}
