//! What calls answer, in JavaScript's shapes.
//!
//! Constraints: every number is a safe integer or a time; positions and sizes beyond 2^53 cannot occur in any store that fits a disk.

#![expect(unreachable_pub, reason = "what napi turns into an object is public, whoever uses it")]

use agent_storage_engine::{
    catalog::find::CheckpointInfo,
    engine::{
        BatchResult, CompactionReport, Damage, LostChanges, LostEvents, LostVersion, RepairReport,
        StorageStats, VerifyReport,
    },
    events::streams::StreamInfo,
};
use napi_derive::napi;

use crate::buffers::Bytes;

/// A count, size or position as JavaScript's number.
#[expect(clippy::cast_precision_loss, reason = "no store reaches 2^53 of anything")]
pub(crate) fn number(value: u64) -> f64 {
    value as f64
}

/// A number that TypeScript has checked to be a safe integer of at least 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and what is out of range was refused before"
)]
pub(crate) fn integer(value: f64) -> u64 {
    value as u64
}

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

/// What is known of a stream.
#[napi(object, object_from_js = false)]
pub struct NativeStreamInfo {
    /// Its name.
    pub name: String,
    /// The oldest sequence that was not pruned.
    pub first_sequence: f64,
    /// The newest sequence.
    pub last_sequence: f64,
    /// The bytes of its events.
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

/// A store's figures.
#[napi(object, object_from_js = false)]
pub struct NativeStats {
    /// Live events.
    pub events: f64,
    /// Ids.
    pub checkpoints: f64,
    /// Versions.
    pub versions: f64,
    /// Allocated bytes.
    pub bytes_on_disk: f64,
    /// Bytes not known to be dead.
    pub live_bytes: f64,
    /// Bytes in the log.
    pub log_bytes: f64,
    /// Events appended since opening.
    pub appended: f64,
    /// Checkpoints saved since opening.
    pub saved: f64,
    /// Syncs since opening.
    pub syncs: f64,
    /// How long the oldest unsynced change waits.
    pub sync_lag_ms: f64,
    /// Saves and deletes under way.
    pub pending_saves: f64,
    /// Whether writing has ended.
    pub poisoned: bool,
    /// The format's version.
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

/// What a compaction did.
#[napi(object, object_from_js = false)]
pub struct NativeCompactionReport {
    /// Bytes on disk before.
    pub bytes_before: f64,
    /// Bytes on disk after.
    pub bytes_after: f64,
}

impl From<CompactionReport> for NativeCompactionReport {
    fn from(report: CompactionReport) -> Self {
        Self { bytes_before: number(report.bytes_before), bytes_after: number(report.bytes_after) }
    }
}

/// A damaged place.
#[napi(object, object_from_js = false)]
pub struct NativeDamage {
    /// The file.
    pub path: String,
    /// Where in it.
    pub offset: f64,
    /// The structure.
    pub what: String,
}

impl From<Damage> for NativeDamage {
    fn from(damage: Damage) -> Self {
        Self {
            path: damage.path.to_string_lossy().into_owned(),
            offset: number(damage.offset),
            what: damage.what.to_owned(),
        }
    }
}

/// What a verification found.
#[napi(object, object_from_js = false)]
pub struct NativeVerifyReport {
    /// Whether there is no damage.
    pub ok: bool,
    /// Files read.
    pub files: f64,
    /// Bytes read.
    pub bytes: f64,
    /// Events read.
    pub events: f64,
    /// Ids found.
    pub checkpoints: f64,
    /// Versions loaded.
    pub versions: f64,
    /// All damage.
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

/// Events that were lost.
#[napi(object, object_from_js = false)]
pub struct NativeLostEvents {
    /// Their stream.
    pub stream: String,
    /// The first sequence.
    pub from: f64,
    /// The last sequence.
    pub to: f64,
}

impl From<LostEvents> for NativeLostEvents {
    fn from(lost: LostEvents) -> Self {
        Self { stream: lost.stream, from: number(lost.from.0), to: number(lost.to.0) }
    }
}

/// A version that was lost.
#[napi(object, object_from_js = false)]
pub struct NativeLostVersion {
    /// Its id.
    pub id: String,
    /// From 1.
    pub version: u32,
}

impl From<LostVersion> for NativeLostVersion {
    fn from(lost: LostVersion) -> Self {
        Self { id: lost.id, version: lost.version }
    }
}

/// Changes that were lost.
#[napi(object, object_from_js = false)]
pub struct NativeLostChanges {
    /// The first position.
    pub from: f64,
    /// The last position; absent where it is not known.
    pub to: Option<f64>,
}

impl From<LostChanges> for NativeLostChanges {
    fn from(lost: LostChanges) -> Self {
        Self { from: number(lost.from.0), to: lost.to.map(|to| number(to.0)) }
    }
}

/// What a repair kept and gave up.
#[napi(object, object_from_js = false)]
pub struct NativeRepairReport {
    /// Events kept.
    pub kept_events: f64,
    /// Versions kept.
    pub kept_versions: f64,
    /// Versions among them whose names were lost.
    pub found: f64,
    /// All damage.
    pub damage: Vec<NativeDamage>,
    /// Events that are gone.
    pub lost_events: Vec<NativeLostEvents>,
    /// Versions that are gone.
    pub lost_versions: Vec<NativeLostVersion>,
    /// Changes that are gone.
    pub lost_changes: Vec<NativeLostChanges>,
    /// Where copies of removed files are; absent where nothing was repaired.
    pub saved_to: Option<String>,
}

impl From<RepairReport> for NativeRepairReport {
    fn from(report: RepairReport) -> Self {
        Self {
            kept_events: number(report.kept_events),
            kept_versions: number(report.kept_versions),
            found: number(report.found),
            damage: report.damage.into_iter().map(NativeDamage::from).collect(),
            lost_events: report.lost_events.into_iter().map(NativeLostEvents::from).collect(),
            lost_versions: report.lost_versions.into_iter().map(NativeLostVersion::from).collect(),
            lost_changes: report.lost_changes.into_iter().map(NativeLostChanges::from).collect(),
            saved_to: report.saved_to.map(|path| path.to_string_lossy().into_owned()),
        }
    }
}
