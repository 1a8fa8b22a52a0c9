//! Edges, in the order in which they were added.
//!
//! Constraint: removing all edges of a node takes time with their number, not with that of all edges.

use hashbrown::HashMap;

type Ends = (Box<str>, Box<str>);

/// See the module.
#[derive(Debug, Clone, Default)]
pub(crate) struct Edges {
    /// `None`: removed.
    all: Vec<Option<(Ends, Box<[u8]>)>>,
    removed: usize,
    /// Where the edges of a node are; removed ones may be among them.
    of_node: HashMap<String, Vec<usize>, foldhash::fast::RandomState>,
}

impl Edges {
    /// Adds an edge between two nodes, by their ids; `edge` is how it is encoded.
    pub(crate) fn add(&mut self, from: &str, to: &str, edge: &[u8]) {
        let place = self.all.len();
        self.all.push(Some(((from.into(), to.into()), edge.into())));
        self.of_node.entry_ref(from).or_default().push(place);
        if to != from {
            self.of_node.entry_ref(to).or_default().push(place);
        }
    }

    /// Removes all that touch a node.
    pub(crate) fn remove_all_of(&mut self, node: &str) {
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
