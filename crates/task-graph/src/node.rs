//! A node: the map that it was created as, in which fields are set.
//!
//! Constraints: its fields keep the order in which they came to be; what is set anew stays where it was. Most values are as long as those before them, so that setting them moves nothing.

use agent_storage_messagepack::{Reader, write_map, write_text};

use crate::{
    fields::{fields, is_name},
    node_fields::{NodeField, Places},
    slab::{Slab, Slot},
};

/// A node as an event tells it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct NewNode<'a> {
    bytes: &'a [u8],
    places: Places,
}

impl<'a> NewNode<'a> {
    /// The node that comes next; `None` unless that is a map whose keys are texts, with a text as `id`.
    pub(crate) fn read(reader: &mut Reader<'a>) -> Option<Self> {
        let start = reader.at();
        let places = Places::read(reader)?;
        let new = Self { bytes: reader.since(start), places };
        is_name(new.id()).then_some(new)
    }

    /// Its `id`, a text as it is encoded.
    pub(crate) fn id(&self) -> &'a [u8] {
        value_at(self.bytes, self.places.id_at())
    }
}

/// See the module. Its bytes are in a slab.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Node {
    pub(crate) slot: Slot,
    places: Places,
}

impl Node {
    pub(crate) fn add(slab: &mut Slab, new: &NewNode<'_>) -> Self {
        Self { slot: slab.add_roomy(new.bytes), places: new.places }
    }

    /// The node that is in `slot`, its `id` at `id_at`.
    pub(crate) fn of(slot: Slot, id_at: usize) -> Self {
        let mut places = Places::default();
        places.set(NodeField::Id, id_at);
        Self { slot, places }
    }

    /// Where its `id` is.
    pub(crate) fn id_at(&self) -> usize {
        self.places.id_at()
    }

    /// Its `id`, a text as it is encoded.
    pub(crate) fn id<'s>(&self, slab: &'s Slab) -> &'s [u8] {
        value_at(slab.get(self.slot), self.id_at())
    }

    /// Whether that is its `id`.
    #[inline]
    pub(crate) fn has_id(&self, slab: &Slab, id: &[u8]) -> bool {
        // No text that is encoded begins with another one.
        slab.get(self.slot).get(self.id_at()..).is_some_and(|rest| rest.starts_with(id))
    }

    /// Sets a field to an encoded value.
    pub(crate) fn set(&mut self, slab: &mut Slab, field: NodeField, value: &[u8]) {
        if self.places.get(field).is_none() {
            self.places = Places::read(&mut Reader::new(slab.get(self.slot))).unwrap_or(self.places);
        }
        let Some(at) = self.places.get(field) else { return self.append(slab, field, value) };
        let old = at..at + value_at(slab.get(self.slot), at).len();
        if old.len() != value.len() {
            self.places.shift(&old, value.len());
        }
        slab.splice(&mut self.slot, old, value);
    }

    /// Sets a field that is not there.
    fn append(&mut self, slab: &mut Slab, field: NodeField, value: &[u8]) {
        let bytes = slab.get(self.slot);
        let known = fields(bytes);
        let (mut head, mut added) = (Vec::new(), Vec::new());
        write_map(&mut head, known.left() + 1);
        write_text(&mut added, field.name());
        let end = bytes.len() - known.at() + head.len();
        let old_head = 0..known.at();
        self.places.shift(&old_head, head.len());
        self.places.set(field, end + added.len());
        added.extend_from_slice(value);
        slab.splice(&mut self.slot, old_head, &head);
        slab.splice(&mut self.slot, end..end, &added);
    }
}

fn value_at(map: &[u8], at: usize) -> &[u8] {
    let rest = map.get(at..).unwrap_or_default();
    Reader::new(rest).value().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map of `count` fields, the last of which is the id, behind one with a value of `first` bytes.
    fn created(count: usize, first: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_map(&mut bytes, count);
        for field in 1..count {
            write_text(&mut bytes, &format!("field-{field}"));
            write_text(&mut bytes, &"x".repeat(if field == 1 { first } else { 0 }));
        }
        write_text(&mut bytes, "id");
        write_text(&mut bytes, "node-1");
        bytes
    }

    fn read(bytes: &[u8]) -> NewNode<'_> {
        NewNode::read(&mut Reader::new(bytes)).expect("a node")
    }

    /// Catches places that do not move with the bytes: where the map's head grows, where a value before them becomes longer or shorter, where they are far away; and those of a node that was
    /// stored, which are looked for.
    #[test]
    fn what_is_set_stays_where_it_is_found() {
        let counts = [1, 13, 14, 15, 16, 300].map(|count| (count, 0));
        for (count, first) in counts.into_iter().chain([(2, 65_500), (2, 65_530), (3, 70_000)]) {
            let (created, mut slab) = (created(count, first), Slab::default());
            let new = read(&created);
            let mut node = Node::add(&mut slab, &new);
            let mut stored = Node::of(slab.add(&created), node.id_at());
            for node in [&mut node, &mut stored] {
                node.set(&mut slab, NodeField::Title, b"\xa1a");
                node.set(&mut slab, NodeField::Status, b"\xa7running");
                node.set(&mut slab, NodeField::Title, b"\xa6longer");
                node.set(&mut slab, NodeField::UpdatedAt, b"\xa3now");
                node.set(&mut slab, NodeField::Title, b"\xa0");
                node.set(&mut slab, NodeField::Status, b"\xa4done");
                assert!(node.has_id(&slab, new.id()) && node.id(&slab) == new.id(), "{count}");
                let read: Vec<_> = fields(slab.get(node.slot)).skip(count).collect();
                let expected: [(&[u8], &[u8]); 3] =
                    [(b"\xa5title", b"\xa0"), (b"\xa6status", b"\xa4done"), (b"\xa9updatedAt", b"\xa3now")];
                assert_eq!(read, expected, "{count}, {first}");
                assert_eq!(fields(slab.get(node.slot)).left(), count + 3, "{count}");
            }
        }
    }

    /// Catches an id or a field that is not the one that a decoder takes, where a writer of its own has put several.
    #[test]
    fn the_last_of_several_fields_of_a_name_counts() {
        let map = b"\x84\xa2id\xa1a\xa6status\xa1x\xa2id\xa1b\xa6status\xa1y";
        let (new, mut slab) = (read(map), Slab::default());
        assert_eq!(new.id(), b"\xa1b");
        let stored = Node::of(slab.add(map), Node::add(&mut slab, &new).id_at());
        for mut node in [Node::add(&mut slab, &new), stored] {
            node.set(&mut slab, NodeField::Status, b"\xa1z");
            assert_eq!(slab.get(node.slot), b"\x84\xa2id\xa1a\xa6status\xa1x\xa2id\xa1b\xa6status\xa1z");
        }
    }
}
