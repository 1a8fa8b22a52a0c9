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
        if self.removed > self.len() {
            self.pack();
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len() - self.removed
    }

    /// As they are encoded, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.all.iter().flatten().map(|slot| self.slab.get(*slot))
    }

    pub(crate) fn into_values(self) -> Values {
        let count = self.len();
        Values::new(self.slab, self.all.into_iter().flatten(), count)
    }

    /// Forgets the places of removed ones.
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
