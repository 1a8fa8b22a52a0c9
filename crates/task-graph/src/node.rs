//! A node: as it was created, and what was set since.
//!
//! Constraint: its fields keep the order in which they came to be; what is set anew stays where it was.

use agent_storage_messagepack::{write_map, write_text};

use crate::fields::{Fields, fields, text};

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
    const ALL: [Self; 7] = [
        Self::Title,
        Self::Status,
        Self::DependsOn,
        Self::ToolCallId,
        Self::ArtifactId,
        Self::UpdatedAt,
        Self::LastAccessedAt,
    ];

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

    /// Whether an update can set it.
    pub(crate) const fn is_updatable(self) -> bool {
        matches!(self, Self::Title | Self::DependsOn | Self::ToolCallId | Self::ArtifactId)
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    created: Box<[u8]>,
    /// What was set and is not in `created`, in the order in which it was first set.
    set: Vec<(Settable, Box<[u8]>)>,
}

impl Node {
    /// The node that is all of `created`, a map.
    pub(crate) fn new(created: &[u8]) -> Self {
        Self { created: created.into(), set: Vec::new() }
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
        let created = || fields(&self.created);
        let added =
            self.set.iter().filter(|(field, _)| !created().any(|(name, _)| text(name) == Some(field.name())));
        write_map(bytes, Fields::left(&created()) + added.clone().count());
        for (name, value) in created() {
            let set = self.set.iter().find(|(field, _)| text(name) == Some(field.name()));
            bytes.extend_from_slice(name);
            bytes.extend_from_slice(set.map_or(value, |(_, value)| value));
        }
        for (field, value) in added {
            write_text(bytes, field.name());
            bytes.extend_from_slice(value);
        }
    }
}
