//! What the engine answers, as JavaScript objects.
//!
//! Constraints: counts, positions, sequences, sizes (bytes) and times (milliseconds since the epoch) are plain numbers.

use agent_storage_engine::{
    catalog::listing::CheckpointInfo,
    engine::{BatchResult, CompactionReport, Damage, StorageStats, VerifyReport},
    events::streams::StreamInfo,
};
use napi_derive::napi;

use crate::{buffers::OutBytes, errors::number};

/// What is known of a checkpoint version without loading it.
#[napi(object, object_from_js = false)]
pub struct NativeCheckpointInfo {
    pub id: String,
    pub version: u32,
    pub bytes: f64,
    pub stored_bytes: f64,
    pub saved_at: f64,
    pub time: f64,
    pub lineage: String,
    #[napi(ts_type = "Buffer")]
    pub meta: OutBytes,
    pub position: f64,
    pub first_position: f64,
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
        }
    }
}

/// What a batch did: one entry for each operation of its kind.
#[napi(object, object_from_js = false)]
pub struct NativeBatchResult {
    pub position: f64,
    pub sequences: Vec<f64>,
    pub checkpoints: Vec<NativeCheckpointInfo>,
    pub deleted: Vec<bool>,
    pub pruned: Vec<f64>,
    pub deleted_streams: Vec<bool>,
}

impl From<BatchResult> for NativeBatchResult {
    fn from(result: BatchResult) -> Self {
        Self {
            position: number(result.position.0),
            sequences: result.sequences.into_iter().map(|sequence| number(sequence.0)).collect(),
            checkpoints: result.checkpoints.into_iter().map(NativeCheckpointInfo::from).collect(),
            deleted: result.deleted,
            pruned: result.pruned.into_iter().map(number).collect(),
            deleted_streams: result.deleted_streams,
        }
    }
}

/// A stream; `firstSequence` is one more than `lastSequence` where all its events were pruned.
#[napi(object, object_from_js = false)]
pub struct NativeStreamInfo {
    pub name: String,
    pub first_sequence: f64,
    pub last_sequence: f64,
    pub bytes: f64,
}

impl From<StreamInfo> for NativeStreamInfo {
    fn from(info: StreamInfo) -> Self {
        Self {
            name: info.name,
            first_sequence: number(info.first_sequence.0),
            last_sequence: number(info.last_sequence.0),
            bytes: number(info.bytes),
        }
    }
}

/// What a compaction gave back.
#[napi(object, object_from_js = false)]
pub struct NativeCompactionReport {
    pub bytes_before: f64,
    pub bytes_after: f64,
}

impl From<CompactionReport> for NativeCompactionReport {
    fn from(report: CompactionReport) -> Self {
        Self { bytes_before: number(report.bytes_before), bytes_after: number(report.bytes_after) }
    }
}

/// A damaged place; `what` is a stable word for the structure.
#[napi(object, object_from_js = false)]
pub struct NativeDamage {
    pub path: String,
    pub offset: f64,
    pub what: &'static str,
}

impl From<Damage> for NativeDamage {
    fn from(damage: Damage) -> Self {
        let path = damage.path.to_string_lossy().into_owned();
        Self { path, offset: number(damage.offset), what: damage.what }
    }
}

/// What a verification read and found.
#[napi(object, object_from_js = false)]
pub struct NativeVerifyReport {
    pub ok: bool,
    pub files: f64,
    pub bytes: f64,
    pub events: f64,
    pub checkpoints: f64,
    pub versions: f64,
    pub damage: Vec<NativeDamage>,
}

impl From<VerifyReport> for NativeVerifyReport {
    fn from(report: VerifyReport) -> Self {
        Self {
            ok: report.is_ok(),
            files: number(report.files),
            bytes: number(report.bytes),
            events: number(report.events),
            checkpoints: number(report.checkpoints),
            versions: number(report.versions),
            damage: report.damage.into_iter().map(NativeDamage::from).collect(),
        }
    }
}

/// A store's figures; `appended`, `saved` and `syncs` count from its opening.
#[napi(object, object_from_js = false)]
pub struct NativeStats {
    pub events: f64,
    pub checkpoints: f64,
    pub versions: f64,
    pub bytes_on_disk: f64,
    pub live_bytes: f64,
    pub log_bytes: f64,
    pub appended: f64,
    pub saved: f64,
    pub syncs: f64,
    pub sync_lag_ms: f64,
    pub pending_saves: f64,
    pub poisoned: bool,
    pub format_version: u32,
}

impl From<StorageStats> for NativeStats {
    fn from(stats: StorageStats) -> Self {
        Self {
            events: number(stats.events),
            checkpoints: number(stats.checkpoints),
            versions: number(stats.versions),
            bytes_on_disk: number(stats.bytes_on_disk),
            live_bytes: number(stats.live_bytes),
            log_bytes: number(stats.log_bytes),
            appended: number(stats.appended),
            saved: number(stats.saved),
            syncs: number(stats.syncs),
            sync_lag_ms: number(stats.sync_lag_ms),
            pending_saves: number(stats.pending_saves),
            poisoned: stats.poisoned,
            format_version: stats.format_version,
        }
    }
}
