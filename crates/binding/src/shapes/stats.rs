//! What is told of a store and of its streams, in JavaScript's shapes.

#![expect(unreachable_pub, reason = "what napi turns into an object is public, whoever uses it")]

use agent_storage_engine::{
    engine::{CompactionReport, StorageStats},
    events::streams::StreamInfo,
};
use napi_derive::napi;

use super::numbers::number;

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
