//! What is told of checkpoints and of batches, in JavaScript's shapes.

use agent_storage_engine::{catalog::find::CheckpointInfo, engine::BatchResult};
use napi_derive::napi;

use super::numbers::number;
use crate::buffers::Bytes;

/// What is known of a checkpoint version.
#[napi(object, object_from_js = false)]
pub struct NativeCheckpointInfo {
    /// Its id.
    pub id: String,
    /// From 1.
    pub version: u32,
    /// Bytes.
    pub bytes: f64,
    /// Bytes stored for it.
    pub stored_bytes: f64,
    /// Milliseconds.
    pub saved_at: f64,
    /// The caller's time.
    pub time: f64,
    /// Its lineage.
    pub lineage: String,
    /// The caller's meta.
    #[napi(ts_type = "Buffer")]
    pub meta: Bytes,
    /// The change that saved it.
    pub position: f64,
    /// The change that first saved its id.
    pub first_position: f64,
    /// The last change there was when the save was called.
    pub called_after: f64,
}

impl From<CheckpointInfo> for NativeCheckpointInfo {
    fn from(info: CheckpointInfo) -> Self {
        Self {
            id: info.id,
            version: info.version,
            bytes: number(info.bytes),
            stored_bytes: number(info.stored_bytes),
            saved_at: number(info.saved_at),
            time: info.time,
            lineage: info.lineage,
            meta: info.meta.into(),
            position: number(info.position.0),
            first_position: number(info.first_position.0),
            called_after: number(info.called_after.0),
        }
    }
}

/// A list of them.
pub(crate) fn infos(list: Vec<CheckpointInfo>) -> Vec<NativeCheckpointInfo> {
    list.into_iter().map(NativeCheckpointInfo::from).collect()
}

/// What a batch did.
#[napi(object, object_from_js = false)]
pub struct NativeBatchResult {
    /// Its place in the order.
    pub position: f64,
    /// For each append, the first sequence.
    pub sequences: Vec<f64>,
    /// For each save.
    pub checkpoints: Vec<NativeCheckpointInfo>,
    /// For each delete.
    pub deleted: Vec<bool>,
    /// For each prune.
    pub pruned: Vec<f64>,
    /// For each deletion of a stream.
    pub deleted_streams: Vec<bool>,
}

impl From<BatchResult> for NativeBatchResult {
    fn from(result: BatchResult) -> Self {
        Self {
            position: number(result.position.0),
            sequences: result.sequences.into_iter().map(|sequence| number(sequence.0)).collect(),
            checkpoints: infos(result.checkpoints),
            deleted: result.deleted,
            pruned: result.pruned.into_iter().map(number).collect(),
            deleted_streams: result.deleted_streams,
        }
    }
}
