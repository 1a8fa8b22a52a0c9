//! The Node addon: the engine's calls as napi, no logic.
//!
//! Constraints: nothing here decides anything about storage, and no panic may cross into JavaScript.

use agent_storage_engine::format::header;
use napi_derive::napi;

/// The addon's version, as `MAJOR.MINOR.PATCH`.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The version of the format on disk that this addon writes, and the newest it reads.
#[napi]
pub fn format_version() -> u32 {
    header::FORMAT_VERSION
}
