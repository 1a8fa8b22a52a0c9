//! What a verification found, in JavaScript's shapes.

#![expect(unreachable_pub, reason = "what napi turns into an object is public, whoever uses it")]

use agent_storage_engine::engine::{Damage, VerifyReport};
use napi_derive::napi;

use super::numbers::number;

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
