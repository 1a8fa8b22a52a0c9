//! What a repair kept and gave up, in JavaScript's shapes.

#![expect(unreachable_pub, reason = "what napi turns into an object is public, whoever uses it")]

use agent_storage_engine::engine::{LostChanges, LostEvents, LostVersion, RepairReport};
use napi_derive::napi;

use super::{damage::NativeDamage, numbers::number};

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
