//! The fields of a node that have a meaning, and where they are.

use std::ops::Range;

use agent_storage_messagepack::Reader;

use crate::fields::{content, is_key, next_fields};

/// How many fields are known.
const FIELDS: usize = 8;

/// The fields that a node is found by, and those that events set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NodeField {
    Id,
    Title,
    Status,
    DependsOn,
    ToolCallId,
    ArtifactId,
    UpdatedAt,
    LastAccessedAt,
}

impl NodeField {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
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
            b"id" => Self::Id,
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

/// Where in a node's map the values of its fields begin. 0, where the map's head is, stands for one that is not there, or was never looked for.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Places([u32; FIELDS]);

impl Places {
    /// Those in the map that comes next; `None` unless that is a map whose keys are texts. Of a name that comes several times the last one counts, as it does for a decoder.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let start = reader.at();
        let mut all = next_fields(reader.clone());
        let mut places = Self::default();
        while let Some((name, value)) = all.next() {
            if !is_key(name) {
                return None;
            }
            if let Some(field) = content(name).and_then(NodeField::from_name) {
                places.set(field, all.at() - value.len() - start);
            }
        }
        *reader = all.end()?;
        Some(places)
    }

    /// Where the value of `id` is.
    #[inline]
    pub(crate) fn id_at(&self) -> usize {
        self.get(NodeField::Id).unwrap_or(0)
    }

    #[inline]
    pub(crate) fn get(&self, field: NodeField) -> Option<usize> {
        self.0.get(field as usize).map(|at| *at as usize).filter(|at| *at > 0)
    }

    #[inline]
    pub(crate) fn set(&mut self, field: NodeField, at: usize) {
        if let Some(place) = self.0.get_mut(field as usize) {
            *place = short(at);
        }
    }

    /// What was behind `old` is behind something of the length `new` now.
    pub(crate) fn shift(&mut self, old: &Range<usize>, new: usize) {
        for place in &mut self.0 {
            let at = *place as usize;
            if at >= old.end {
                *place = short(at - old.len() + new);
            }
        }
    }
}

/// A place in a value, which is shorter than 4 GiB.
fn short(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(0)
}
