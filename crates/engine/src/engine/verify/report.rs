//! What a verification found.

use std::path::PathBuf;

use crate::error::{Error, Result};

/// A damaged place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub path: PathBuf,
    /// Where in it, in bytes.
    pub offset: u64,
    /// A stable word for the damaged structure.
    pub what: &'static str,
}

/// What was read, and what of it is damaged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifyReport {
    /// Files read.
    pub files: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Events that can be read.
    pub events: u64,
    /// Checkpoint ids with a version that loads.
    pub checkpoints: u64,
    /// Versions that load.
    pub versions: u64,
    /// All damage, in the order in which it was met.
    pub damage: Vec<Damage>,
}

impl VerifyReport {
    /// Whether no damage was found.
    pub fn is_ok(&self) -> bool {
        self.damage.is_empty()
    }

    /// Notes damage; any other error is the caller's.
    pub(super) fn note(&mut self, error: Error) -> Result<()> {
        match error {
            Error::Corrupt { path, offset, what } => {
                self.damage.push(Damage { path, offset, what });
                Ok(())
            }
            other => Err(other),
        }
    }
}
