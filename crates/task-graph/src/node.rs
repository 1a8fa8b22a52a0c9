//! A node: as it was created, and what was set since.
//!
//! Constraint: its fields keep the order in which they came to be; what is set anew stays where it was.

use agent_storage_messagepack::{write_map, write_text};

use crate::fields::{content, fields, is_name};

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

    /// One bit for each.
    const fn bit(self) -> u8 {
        1 << self as u8
    }

    /// Whether an update can set it.
    pub(crate) const fn is_updatable(self) -> bool {
        matches!(self, Self::Title | Self::DependsOn | Self::ToolCallId | Self::ArtifactId)
    }
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    created: Box<[u8]>,
    /// Which fields are in `created`, a bit for each.
    has: u8,
    /// What was set, each once, in the order in which it was first set.
    set: Vec<(Settable, Box<[u8]>)>,
}

impl Node {
    /// The node that is all of `created`, and its id; `None` unless that is a map whose keys are texts, with a text as `id`.
    pub(crate) fn new(created: &[u8]) -> Option<(&[u8], Self)> {
        let mut all = fields(created);
        let (mut id, mut has, mut count) = (None, 0, all.left());
        for (name, value) in &mut all {
            count -= 1;
            let name = content(name).unwrap_or_default();
            if name == b"id" {
                id = Some(value);
            }
            has |= Settable::from_name(name).map_or(0, Settable::bit);
        }
        let id = id.filter(|id| count == 0 && is_name(id))?;
        Some((id, Self { created: created.into(), has, set: Vec::new() }))
    }

    /// Sets a field to an encoded value.
    pub(crate) fn set(&mut self, field: Settable, value: &[u8]) {
        match self.set.iter_mut().find(|(known, _)| *known == field) {
            Some((_, old)) if old.len() == value.len() => old.copy_from_slice(value),
            Some((_, old)) => *old = value.into(),
            None => self.set.push((field, value.into())),
        }
    }

    /// Appends the node as it is now, a map.
    pub(crate) fn encode(&self, bytes: &mut Vec<u8>) {
        let added = || self.set.iter().filter(|(field, _)| self.has & field.bit() == 0);
        let created = fields(&self.created);
        if self.set.is_empty() {
            bytes.extend_from_slice(&self.created);
            return;
        }
        write_map(bytes, created.left() + added().count());
        for (name, value) in created {
            let field = content(name).and_then(Settable::from_name);
            let set = field.and_then(|field| self.set.iter().find(|(known, _)| *known == field));
            bytes.extend_from_slice(name);
            bytes.extend_from_slice(set.map_or(value, |(_, value)| value));
        }
        for (field, value) in added() {
            write_text(bytes, field.name());
            bytes.extend_from_slice(value);
        }
    }
}
