//! What a caller asks for in a batch, and what the batch answers.

use std::sync::Arc;

use crate::{
    catalog::find::CheckpointInfo,
    ids::{Position, Sequence},
};

/// A checkpoint to be saved.
#[derive(Debug, Clone)]
pub struct SaveRequest {
    /// Its id.
    pub id: String,
    /// Its bytes.
    pub data: Arc<Vec<u8>>,
    /// Its lineage; empty for none.
    pub lineage: String,
    /// What is listed without loading.
    pub meta: Vec<u8>,
    /// The caller's time; `None`: the time of the save.
    pub time: Option<f64>,
    /// The compression level.
    pub level: i32,
    /// How many records a load may have to read.
    pub max_delta_chain: u32,
}

/// One change of a batch, as a caller asks for it.
#[derive(Debug, Clone)]
pub enum Op {
    /// Append events.
    Append {
        /// To this stream.
        stream: String,
        /// These, in order.
        events: Vec<Vec<u8>>,
        /// Only if this is its last sequence.
        after: Option<Sequence>,
    },
    /// Refuse the whole batch unless this is the stream's last sequence, counting what the batch appended before.
    Expect {
        /// The stream.
        stream: String,
        /// Its last sequence; 0 where it has none.
        last: Sequence,
        /// The oldest sequence that is not pruned, where that is to be this one too.
        first: Option<Sequence>,
    },
    /// Prune a stream.
    Prune {
        /// The stream.
        stream: String,
        /// Its events before this go.
        before: Sequence,
    },
    /// Keep pruned events on disk, those of them that are still there.
    Hold {
        /// The stream.
        stream: String,
        /// From this sequence on; `None` lifts the hold.
        from: Option<Sequence>,
    },
    /// Forget a stream.
    DeleteStream {
        /// Its name.
        stream: String,
    },
    /// Save a checkpoint.
    Save(SaveRequest),
    /// Delete a checkpoint.
    Delete {
        /// Its id.
        id: String,
        /// Only if it was not saved since this position.
        unless_after: Option<Position>,
    },
    /// Set an internal record.
    SetInternal {
        /// Its key.
        key: Vec<u8>,
        /// Its value.
        value: Vec<u8>,
    },
    /// Remove an internal record.
    RemoveInternal {
        /// Its key.
        key: Vec<u8>,
    },
}

/// What a batch did.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BatchResult {
    /// Its place in the order; that of the change before where it changed nothing.
    pub position: Position,
    /// For each append, the first event's sequence.
    pub sequences: Vec<Sequence>,
    /// For each save, what became of it.
    pub checkpoints: Vec<CheckpointInfo>,
    /// For each delete, whether there was something to delete.
    pub deleted: Vec<bool>,
    /// For each prune, how many events went.
    pub pruned: Vec<u64>,
    /// For each deletion of a stream, whether there was one.
    pub deleted_streams: Vec<bool>,
}
