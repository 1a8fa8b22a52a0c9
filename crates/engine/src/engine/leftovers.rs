//! Packs that a crash left unsealed: what of them the next flush moves.
//!
//! Constraints: a record that was never synced may be anything, and nothing refers to it: it is left behind. One that something refers to was synced, so
//! that a bad one is damage: its pack stays where it is, and the record is told to whoever reads it. Everything else moves, whether it is live or not,
//! since a save under way may have chosen it as its base.

use std::sync::Arc;

use super::{Engine, liveness::live_records};
use crate::{
    error::{Error, Result},
    format::record::RecordKind,
    packs::{Pack, PackWriter, RecordPlace},
    tables::{PackFile, Snapshot},
};

/// A pack to be emptied, and the records that move.
pub(super) struct Leftover {
    pub(super) pack: Arc<Pack>,
    records: Vec<RecordPlace>,
}

impl Leftover {
    pub(super) fn copy_to(&self, writer: &PackWriter) -> Result<()> {
        for place in &self.records {
            let (header, stored) = self.pack.read_stored(place)?;
            writer.append(&header, &stored)?;
        }
        Ok(())
    }
}

impl Engine {
    /// The unsealed packs of `snapshot` that can be emptied.
    pub(super) fn leftovers(&self, snapshot: &Snapshot) -> Result<Vec<Leftover>> {
        let mut leftovers = Vec::new();
        for pack in &snapshot.tables.packs {
            match pack {
                PackFile::Closed(pack) if !pack.is_sealed() => {
                    leftovers.extend(self.leftover(pack, snapshot)?);
                }
                _ => {}
            }
        }
        Ok(leftovers)
    }

    /// `None` where a record is damaged that something refers to.
    fn leftover(&self, pack: &Arc<Pack>, snapshot: &Snapshot) -> Result<Option<Leftover>> {
        let mut records = Vec::new();
        let mut bad = Vec::new();
        // The bodies of large changes are in the runs now.
        for place in pack.entries()?.filter(|place| place.kind == RecordKind::Checkpoint) {
            match pack.read_stored(&place) {
                Ok(_) => records.push(place),
                Err(Error::Corrupt { .. }) => bad.push(place.number),
                Err(error) => return Err(error),
            }
        }
        if !bad.is_empty() {
            let pinned = self.core.lock().pins.numbers();
            let live = live_records(snapshot, &pinned)?;
            if bad.iter().any(|record| live.contains(record)) {
                return Ok(None);
            }
        }
        Ok(Some(Leftover { pack: Arc::clone(pack), records }))
    }
}
