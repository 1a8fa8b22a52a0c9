//! Edges, in the order in which they were added.
//!
//! Constraints: removing all edges of a node takes time with their number, not with that of all edges; which those are is found out once a node is evicted, since most graphs keep theirs.

use hashbrown::HashMap;

use crate::{
    fields::{is_name, pick},
    slab::{Slab, Slot},
    values::Values,
};

/// Where the edges of each node are; removed ones may be among them.
type Places = HashMap<Box<[u8]>, Vec<usize>, foldhash::fast::RandomState>;

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edges {
    slab: Slab,
    /// `None`: removed.
    all: Vec<Option<Slot>>,
    removed: usize,
    of_node: Option<Places>,
}

impl Edges {
    /// Those of `slab`, none of them removed.
    pub(crate) fn of(slab: Slab, all: Vec<Option<Slot>>) -> Self {
        Self { slab, all, ..Self::default() }
    }

    /// Adds an edge, a map with its ends.
    pub(crate) fn add(&mut self, edge: &[u8]) {
        if let Some(of_node) = &mut self.of_node {
            note(of_node, edge, self.all.len());
        }
        self.all.push(Some(self.slab.add(edge)));
    }

    /// Removes all that touch a node.
    pub(crate) fn remove_all_of(&mut self, node: &[u8]) {
        if self.all.is_empty() {
            return;
        }
        let Self { slab, all, of_node, .. } = self;
        let of_node = of_node.get_or_insert_with(|| places_of(slab, all));
        for place in of_node.remove(node).unwrap_or_default() {
            if let Some(slot) = all.get_mut(place).and_then(Option::take) {
                slab.remove(slot);
                self.removed += 1;
            }
        }
        if self.removed > self.len() || self.slab.is_wasteful() {
            self.pack();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len() - self.removed
    }

    /// How many bytes they have.
    pub(crate) fn bytes(&self) -> usize {
        self.slab.used_bytes()
    }

    /// As they are encoded, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.all.iter().flatten().map(|slot| self.slab.get(*slot))
    }

    pub(crate) fn into_values(self) -> Values {
        Values::new(self.slab, self.all.into_iter().flatten().collect())
    }

    /// Forgets the places of removed ones, and gives their bytes back.
    fn pack(&mut self) {
        let mut packed = Self::default();
        self.iter().for_each(|edge| packed.add(edge));
        *self = packed;
    }
}

/// The names of the nodes that an edge is between, as they are encoded.
pub(crate) fn ends(edge: &[u8]) -> Option<[&[u8]; 2]> {
    let [from, to] = pick(edge, ["from", "to"])?;
    Some([from.filter(|from| is_name(from))?, to.filter(|to| is_name(to))?])
}

fn places_of(slab: &Slab, all: &[Option<Slot>]) -> Places {
    let mut of_node = Places::default();
    for (place, slot) in all.iter().enumerate() {
        if let Some(slot) = slot {
            note(&mut of_node, slab.get(*slot), place);
        }
    }
    of_node
}

fn note(of_node: &mut Places, edge: &[u8], place: usize) {
    let Some([from, to]) = ends(edge) else { return };
    of_node.entry(from.into()).or_default().push(place);
    if to != from {
        of_node.entry(to.into()).or_default().push(place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, bytes: usize) -> Vec<u8> {
        let fields = [&b"\x84\xa4from"[..], &name(from), b"\xa2to\xa1b\xa4type\xa6blocks\xa4mine\xc5"];
        let length = u16::try_from(bytes).expect("short").to_be_bytes();
        [&fields.concat(), &length[..], &vec![7; bytes]].concat()
    }

    fn name(text: &str) -> Vec<u8> {
        [&[0xa0 | u8::try_from(text.len()).expect("short")], text.as_bytes()].concat()
    }

    /// Catches bytes of removed edges that stay as long as there are many others.
    #[test]
    fn large_edges_that_went_leave_nothing() {
        let mut edges = Edges::default();
        (0..1000).for_each(|_| edges.add(&edge("a", 0)));
        for _ in 0..900 {
            edges.add(&edge("hub", 60_000));
            edges.remove_all_of(&name("hub"));
        }
        assert_eq!(edges.len(), 1000);
        assert!(edges.slab.held_bytes() < 500_000, "{} bytes", edges.slab.held_bytes());
        edges.remove_all_of(&name("b"));
        assert_eq!((edges.len(), edges.iter().count()), (0, 0));
    }
}
