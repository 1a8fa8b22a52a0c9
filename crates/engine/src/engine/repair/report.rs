//! What a repair did, or would do.

use std::path::PathBuf;

use super::changes::LostChanges;
use crate::{engine::verify::Damage, ids::Sequence};

/// Events that were lost: those with a sequence from `from` to `to`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostEvents {
    /// Their stream.
    pub stream: String,
    /// The first one's sequence.
    pub from: Sequence,
    /// The last one's sequence.
    pub to: Sequence,
}

/// A version of a checkpoint that was lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostVersion {
    /// The checkpoint's id.
    pub id: String,
    /// The version.
    pub version: u32,
}

/// What a repair kept and gave up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RepairReport {
    /// Events that the store has now.
    pub kept_events: u64,
    /// Versions of checkpoints that the store has now, `found` among them.
    pub kept_versions: u64,
    /// Versions whose names were lost, and maybe that they had been deleted: each is kept under an id of its own, `lost+found/record-<number>`.
    pub found: u64,
    /// All damage that was found; none: nothing was changed.
    pub damage: Vec<Damage>,
    /// Events that were lost, as far as it is known that there were any.
    pub lost_events: Vec<LostEvents>,
    /// Versions that were lost, as far as it is known that there were any. Their bytes may be among those that were found.
    pub lost_versions: Vec<LostVersion>,
    /// Changes that were lost, or of which some were, whatever was in them, in order. What they had deleted or pruned may be back.
    pub lost_changes: Vec<LostChanges>,
    /// Where the files are that were removed; `None` where nothing was.
    pub saved_to: Option<PathBuf>,
}
