//! A node: the map that it was created as, in which fields are set.
//!
//! Constraints: its fields keep the order in which they came to be; what is set anew stays where it was. Most values are as long as those before them, so that setting them moves nothing.

use std::ops::Range;

use agent_storage_messagepack::{Reader, write_map, write_text};

use crate::fields::{content, fields, is_name, next_fields, value};

/// How many fields events set.
const SETTABLE: usize = 7;

/// The fields that events set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Settable {
    Title,
    Status,
    DependsOn,
    ToolCallId,
    ArtifactId,
    UpdatedAt,
    LastAccessedAt,
}

impl Settable {
    const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Status => "status",
            Self::DependsOn => "dependsOn",
            Self::ToolCallId => "toolCallId",
            Self::ArtifactId => "artifactId",
            Self::UpdatedAt => "updatedAt",
            Self::LastAccessedAt => "lastAccessedAt",
        }
    }

    /// The field of a name, as it is in a text.
    #[inline]
    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        Some(match name {
            b"title" => Self::Title,
            b"status" => Self::Status,
            b"dependsOn" => Self::DependsOn,
            b"toolCallId" => Self::ToolCallId,
            b"artifactId" => Self::ArtifactId,
            b"updatedAt" => Self::UpdatedAt,
            b"lastAccessedAt" => Self::LastAccessedAt,
            _ => return None,
        })
    }

    /// Whether an update can set it.
    pub(crate) const fn is_updatable(self) -> bool {
        matches!(self, Self::Title | Self::DependsOn | Self::ToolCallId | Self::ArtifactId)
    }
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    /// The map as it is now.
    bytes: Vec<u8>,
    /// Where in it the value of `id` is.
    id_at: usize,
    /// Where those of the settable fields are. 0, where the map's head is, for one that is not there.
    set_at: [usize; SETTABLE],
}

impl Node {
    /// The node that is all of `created`; `None` unless that is a map whose keys are texts, with a text as `id`.
    pub(crate) fn new(created: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(created);
        Self::read(&mut reader).filter(|_| reader.is_done())
    }

    /// The node that comes next.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let start = reader.at();
        let mut all = next_fields(reader.clone());
        let (mut id_at, mut set_at, mut missing) = (None, [0; SETTABLE], all.left());
        while let Some((name, value)) = all.next() {
            missing -= 1;
            let at = all.at() - value.len() - start;
            match content(name).unwrap_or_default() {
                b"id" => id_at = Some(at).filter(|_| is_name(value)),
                name => {
                    let field = Settable::from_name(name);
                    if let Some(place) = field.and_then(|field| set_at.get_mut(field as usize)) {
                        *place = at;
                    }
                }
            }
        }
        *reader = all.rest();
        let id_at = id_at.filter(|_| missing == 0)?;
        Some(Self { bytes: reader.since(start).to_vec(), id_at, set_at })
    }

    /// Its `id`, a text as it is encoded.
    pub(crate) fn id(&self) -> &[u8] {
        self.value(self.id_at)
    }

    /// Whether that is its `id`.
    #[inline]
    pub(crate) fn has_id(&self, id: &[u8]) -> bool {
        // No text that is encoded begins with another one.
        self.bytes.get(self.id_at..).is_some_and(|rest| rest.starts_with(id))
    }

    /// The node as it is now, a map.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Sets a field to an encoded value.
    pub(crate) fn set(&mut self, field: Settable, value: &[u8]) {
        let at = self.set_at.get(field as usize).copied().unwrap_or_default();
        if at == 0 {
            return self.add(field, value);
        }
        let old = at..at + self.value(at).len();
        match self.bytes.get_mut(old.clone()) {
            Some(known) if known.len() == value.len() => known.copy_from_slice(value),
            _ => self.replace(old, value),
        }
    }

    fn add(&mut self, field: Settable, value: &[u8]) {
        let known = fields(&self.bytes);
        let mut head = Vec::new();
        write_map(&mut head, known.left() + 1);
        self.replace(0..known.at(), &head);
        write_text(&mut self.bytes, field.name());
        if let Some(at) = self.set_at.get_mut(field as usize) {
            *at = self.bytes.len();
        }
        self.bytes.extend_from_slice(value);
    }

    /// Puts other bytes in place of some; what is behind them moves.
    fn replace(&mut self, old: Range<usize>, new: &[u8]) {
        self.bytes.splice(old.clone(), new.iter().copied());
        for at in self.set_at.iter_mut().chain([&mut self.id_at]) {
            if *at >= old.end {
                *at = *at - old.len() + new.len();
            }
        }
    }

    fn value(&self, at: usize) -> &[u8] {
        let rest = self.bytes.get(at..).unwrap_or_default();
        value(&mut Reader::new(rest)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A map of `count` fields, the last of which is the id.
    fn created(count: usize) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_map(&mut bytes, count);
        for field in 1..count {
            write_text(&mut bytes, &format!("field-{field}"));
            bytes.push(0xc0);
        }
        write_text(&mut bytes, "id");
        write_text(&mut bytes, "node-1");
        bytes
    }

    /// Catches places that do not move with the bytes: where the map's head grows, and where a value before them becomes longer or shorter.
    #[test]
    fn what_is_set_stays_where_it_is_found() {
        for count in [1, 13, 14, 15, 16, 300] {
            let mut node = Node::new(&created(count)).expect("a node");
            let id = node.id().to_vec();
            node.set(Settable::Title, b"\xa1a");
            node.set(Settable::Status, b"\xa7running");
            node.set(Settable::Title, b"\xa6longer");
            node.set(Settable::UpdatedAt, b"\xa3now");
            node.set(Settable::Title, b"\xa0");
            node.set(Settable::Status, b"\xa4done");
            assert!(node.has_id(&id) && node.id() == id, "{count}");
            let read: Vec<_> = fields(node.bytes()).skip(count).collect();
            let expected: [(&[u8], &[u8]); 3] =
                [(b"\xa5title", b"\xa0"), (b"\xa6status", b"\xa4done"), (b"\xa9updatedAt", b"\xa3now")];
            assert_eq!(read, expected, "{count}");
            assert_eq!(fields(node.bytes()).left(), count + 3, "{count}");
        }
    }
}
