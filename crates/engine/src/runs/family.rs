//! The two families of runs.

use crate::format::header::FileKind;

/// What a run holds. Runs of different families are never merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Family {
    /// Events.
    Events,
    /// Catalog rows.
    Catalog,
}

impl Family {
    /// The family of a run whose header is of this kind.
    pub const fn of(kind: FileKind) -> Self {
        match kind {
            FileKind::EventRun => Self::Events,
            _ => Self::Catalog,
        }
    }

    /// The kind its files' headers carry.
    pub const fn kind(self) -> FileKind {
        match self {
            Self::Events => FileKind::EventRun,
            Self::Catalog => FileKind::CatalogRun,
        }
    }
}
