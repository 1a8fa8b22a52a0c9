//! Changes that are ready for their place in the order.
//!
//! Constraints: nothing has to be looked up or computed any more, so that the commit lock is held for the frame alone.

use super::{op::SaveRequest, pins::Pin};
use crate::{
    catalog::find::CheckpointInfo,
    format::{
        change::{Deleted, Saved, Within},
        record::RecordHeader,
    },
    ids::{IdNumber, Position, RecordNumber, Sequence},
    tables::Snapshot,
};

/// A change that is ready for its place in the order.
pub(super) enum Prepared {
    Append {
        stream: String,
        events: Vec<Vec<u8>>,
        after: Option<Sequence>,
    },
    Expect {
        stream: String,
        last: Sequence,
        first: Option<Sequence>,
    },
    Prune {
        stream: String,
        before: Sequence,
    },
    Hold {
        stream: String,
        from: Option<Sequence>,
    },
    /// With the keys of the internal records that go with it.
    DeleteStream {
        stream: String,
        internals: Vec<Vec<u8>>,
    },
    Save(Box<PreparedSave>),
    Delete(Option<PreparedDelete>),
    SetInternal {
        key: Vec<u8>,
        value: Vec<u8>,
    },
    RemoveInternal {
        key: Vec<u8>,
    },
}

impl Prepared {
    /// The stream it is about.
    pub(super) fn stream(&self) -> Option<&str> {
        match self {
            Self::Append { stream, .. }
            | Self::Expect { stream, .. }
            | Self::Prune { stream, .. }
            | Self::Hold { stream, .. }
            | Self::DeleteStream { stream, .. } => Some(stream),
            Self::Save(_) | Self::Delete(_) | Self::SetInternal { .. } | Self::RemoveInternal { .. } => None,
        }
    }

    /// How many versions more there are after it, and how many of them and those before it drops.
    pub(super) fn versions(&self) -> (u64, u64) {
        match self {
            Self::Save(save) => {
                (1, save.known.map_or(0, |known| u64::from(save.oldest.saturating_sub(known.oldest))))
            }
            Self::Delete(Some(PreparedDelete { known, .. })) => {
                (0, u64::from(known.newest.saturating_sub(known.oldest)) + 1)
            }
            _ => (0, 0),
        }
    }

    /// How many bytes it takes in a body, at least.
    pub(super) fn least_bytes(&self) -> usize {
        match self {
            Self::Append { events, .. } => events.iter().map(Vec::len).sum(),
            Self::Save(save) => save.request.meta.len() + save.stored.as_ref().map_or(0, Vec::len),
            _ => 0,
        }
    }
}

/// A save that is ready.
pub(super) struct PreparedSave {
    pub(super) request: SaveRequest,
    pub(super) time: f64,
    pub(super) id_number: IdNumber,
    pub(super) version: u32,
    /// The last change there was when it was called.
    pub(super) called_after: Position,
    /// The id before this save; `None` where it is new.
    pub(super) known: Option<KnownId>,
    /// The oldest version that is kept from now on.
    pub(super) oldest: u32,
    pub(super) header: RecordHeader,
    /// The stored bytes, if they go into the frame.
    pub(super) stored: Option<Vec<u8>>,
    /// Earlier records of its chain that none after it is compressed against.
    pub(super) unneeded: Vec<RecordNumber>,
    /// What must not be dropped before the frame is written.
    pub(super) _pins: Vec<Pin>,
}

/// A delete that is ready.
pub(super) struct PreparedDelete {
    pub(super) id: String,
    pub(super) known: KnownId,
}

/// An id as the batch has left it so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct KnownId {
    pub(super) number: IdNumber,
    /// `None`: it is first saved in this very batch.
    pub(super) first_position: Option<Position>,
    pub(super) oldest: u32,
    pub(super) newest: u32,
    pub(super) time: f64,
    pub(super) record: RecordNumber,
}

impl PreparedSave {
    pub(super) fn change(&self) -> Saved<'_> {
        let part = |bytes| Within { offset: 0, bytes };
        Saved {
            id_number: self.id_number,
            id: &self.request.id,
            version: self.version,
            first_position: self.known.and_then(|known| known.first_position),
            oldest_before: self.known.map_or(0, |known| known.oldest),
            oldest: self.oldest,
            time_before: self.known.map(|known| known.time),
            time: self.time,
            lineage: &self.request.lineage,
            meta: part(&self.request.meta),
            record: self.header,
            stored: self.stored.as_deref().map(part),
            called_after: self.called_after,
        }
    }

    /// What became of it in the change at `position`, accepted at `time_ms`.
    pub(super) fn info(&self, position: Position, time_ms: u64) -> CheckpointInfo {
        CheckpointInfo {
            id: self.request.id.clone(),
            version: self.version,
            bytes: self.header.raw_length.into(),
            stored_bytes: self.header.stored_length.into(),
            saved_at: time_ms,
            time: self.time,
            lineage: self.request.lineage.clone(),
            meta: self.request.meta.clone(),
            position,
            first_position: self.known.and_then(|known| known.first_position).unwrap_or(position),
            called_after: self.called_after,
        }
    }

    /// Lets the next version be compressed against these bytes without reading them back, and gives up what later ones seldom need.
    pub(super) fn cache(&self, snapshot: &Snapshot) {
        let bases = &snapshot.tables.bases;
        self.unneeded.iter().for_each(|number| bases.forget(*number));
        bases.insert(self.header.number, &self.request.data, self.header.raw_checksum);
    }
}

impl PreparedDelete {
    pub(super) fn change(&self) -> Deleted<'_> {
        Deleted {
            id_number: self.known.number,
            id: &self.id,
            first_position: self.known.first_position,
            time: self.known.time,
            oldest: self.known.oldest,
            newest: self.known.newest,
        }
    }
}
