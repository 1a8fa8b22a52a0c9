//! Edges, in the order in which they were added.
//!
//! Constraint: removing all edges of a node takes time with their number, not with that of all edges.

use hashbrown::HashMap;

type Ends = (Box<[u8]>, Box<[u8]>);

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edges {
    /// `None`: removed.
    all: Vec<Option<(Ends, Box<[u8]>)>>,
    removed: usize,
    /// Where the edges of a node are; removed ones may be among them.
    of_node: HashMap<Box<[u8]>, Vec<usize>, foldhash::fast::RandomState>,
}

impl Edges {
    /// Adds an edge between two nodes, by their ids; all of it as it is encoded.
    pub(crate) fn add(&mut self, from: &[u8], to: &[u8], edge: &[u8]) {
        let place = self.all.len();
        self.all.push(Some(((from.into(), to.into()), edge.into())));
        self.of_node.entry(from.into()).or_default().push(place);
        if to != from {
            self.of_node.entry(to.into()).or_default().push(place);
        }
    }

    /// Removes all that touch a node.
    pub(crate) fn remove_all_of(&mut self, node: &[u8]) {
        for place in self.of_node.remove(node).unwrap_or_default() {
            if self.all.get_mut(place).is_some_and(|edge| edge.take().is_some()) {
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
        self.all.iter().flatten().map(|(_, edge)| &**edge)
    }

    /// Forgets the places of removed ones.
    fn pack(&mut self) {
        let mut packed = Self::default();
        for ((from, to), edge) in std::mem::take(&mut self.all).into_iter().flatten() {
            packed.add(&from, &to, &edge);
        }
        *self = packed;
    }
}
