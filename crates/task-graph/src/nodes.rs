//! The nodes of a graph, in the order of their creation and by their ids.
//!
//! Constraints: what changes or goes leaves nothing behind for long; ids are looked at once an event is about a node, since most states that were stored are handed on as they are.

use crate::{
    index::Index,
    node::{NewNode, Node},
    node_fields::NodeField,
    slab::Slab,
    values::Values,
};

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Nodes {
    list: List,
    evicted: usize,
    /// Of those that were not evicted; `None` until one is looked for.
    index: Option<Index>,
}

/// In the order of their creation. `None`: evicted.
#[derive(Debug, Clone, Default)]
struct List {
    slab: Slab,
    all: Vec<Option<Node>>,
}

impl Nodes {
    /// Those of `slab`, none of them evicted.
    pub(crate) fn of(slab: Slab, all: Vec<Option<Node>>) -> Self {
        Self { list: List { slab, all }, ..Self::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.all.len() - self.evicted
    }

    /// How many bytes they have.
    pub(crate) fn bytes(&self) -> usize {
        self.list.slab.used_bytes()
    }

    /// Their maps, each with the place of its `id`.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], usize)> {
        let List { slab, all } = &self.list;
        all.iter().flatten().map(|node| (slab.get(node.slot), node.id_at()))
    }

    pub(crate) fn into_values(self) -> Values {
        let List { slab, all } = self.list;
        Values::new(slab, all.into_iter().flatten().map(|node| node.slot).collect())
    }

    /// Adds a node, or puts it in place of the one with its id.
    pub(crate) fn put(&mut self, new: &NewNode<'_>) {
        let (list, index) = self.indexed();
        if let Some(place) = index.find(new.id(), |place| list.has_id(place, new.id())) {
            list.remove(place);
            let node = Node::add(&mut list.slab, new);
            list.all.get_mut(place).map(|replaced| replaced.insert(node));
        } else {
            index.insert(new.id(), list.all.len());
            let node = Node::add(&mut list.slab, new);
            list.all.push(Some(node));
        }
        list.tidy();
    }

    /// Sets fields of a node, if it is there, to encoded values.
    pub(crate) fn set<'v>(&mut self, id: &[u8], values: impl IntoIterator<Item = (NodeField, &'v [u8])>) {
        let (list, index) = self.indexed();
        let Some(place) = index.find(id, |place| list.has_id(place, id)) else { return };
        let List { slab, all } = list;
        if let Some(Some(node)) = all.get_mut(place) {
            values.into_iter().for_each(|(field, value)| node.set(slab, field, value));
        }
        list.tidy();
    }

    /// Removes a node, if it is there.
    pub(crate) fn remove(&mut self, id: &[u8]) {
        let (list, index) = self.indexed();
        let Some(place) = index.remove(id, |place| list.has_id(place, id)) else { return };
        list.remove(place);
        self.evicted += 1;
        if self.evicted > self.len() {
            self.list.all.retain(Option::is_some);
            self.list.all.shrink_to_fit();
            self.evicted = 0;
            self.index = None;
        }
        self.list.tidy();
    }

    fn indexed(&mut self) -> (&mut List, &mut Index) {
        let Self { list, index, .. } = self;
        let index = index.get_or_insert_with(|| list.index());
        (list, index)
    }
}

impl List {
    fn index(&self) -> Index {
        let mut index = Index::with_capacity(self.all.len());
        for (place, node) in self.all.iter().enumerate() {
            if let Some(node) = node {
                index.insert(node.id(&self.slab), place);
            }
        }
        index
    }

    fn has_id(&self, place: usize, id: &[u8]) -> bool {
        self.all.get(place).and_then(Option::as_ref).is_some_and(|node| node.has_id(&self.slab, id))
    }

    fn remove(&mut self, place: usize) {
        if let Some(node) = self.all.get_mut(place).and_then(Option::take) {
            self.slab.remove(node.slot);
        }
    }

    /// Takes back the bytes that nothing has any more.
    fn tidy(&mut self) {
        if self.slab.is_wasteful() {
            self.slab.pack(self.all.iter_mut().flatten().map(|node| &mut node.slot));
        }
    }
}

#[cfg(test)]
mod tests {
    use agent_storage_messagepack::{Reader, write_map, write_text};

    use super::*;

    fn node(id: usize, title_bytes: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_map(&mut bytes, 2);
        for text in ["id", &id.to_string(), "title", &"x".repeat(title_bytes)] {
            write_text(&mut bytes, text);
        }
        bytes
    }

    fn put(nodes: &mut Nodes, id: usize, title_bytes: usize) {
        nodes.put(&NewNode::read(&mut Reader::new(&node(id, title_bytes))).expect("a node"));
    }

    fn id(id: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_text(&mut bytes, &id.to_string());
        bytes
    }

    /// Catches memory that evicted, replaced and longer nodes leave behind, and a node that is found by another one's id after the others moved.
    #[test]
    fn nodes_that_went_leave_nothing() {
        let mut nodes = Nodes::default();
        for number in 0..20_000 {
            put(&mut nodes, number, 1000);
            put(&mut nodes, number, 900);
            let mut title = Vec::new();
            write_text(&mut title, &number.to_string().repeat(300));
            nodes.set(&id(number), [(NodeField::Title, &*title)]);
            if number >= 10 {
                nodes.remove(&id(number - 10));
            }
        }
        let expected = (19_990..20_000).map(|number| node(number, 0).len() - 1);
        assert_eq!(nodes.len(), 10);
        assert!(nodes.iter().zip(expected).all(|((node, _), least)| node.len() > least + 1000));
        assert!(nodes.list.all.capacity() < 1000, "{} places", nodes.list.all.capacity());
        let held = nodes.into_values().held_bytes();
        assert!(held < 100_000, "{held} bytes");
    }
}
