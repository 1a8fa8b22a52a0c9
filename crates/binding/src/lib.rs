//! The Node addon: the engine's calls as napi, no logic.
//!
//! Constraints:
//! - nothing here decides anything about storage, and arguments come checked from the TypeScript above: what is checked here only keeps a conversion right;
//! - no panic crosses into JavaScript: one becomes a thrown error or a rejection;
//! - bytes are copied in before a call returns and copied out: no external buffers, which Electron forbids;
//! - a promise is always settled, since a pending one keeps the process alive.
#![expect(
    unreachable_pub,
    reason = "napi exports public items, and nothing else can reach a library of this kind"
)]
#![expect(clippy::needless_pass_by_value, reason = "napi hands over owned values")]

mod buffers;
mod deferred;
mod errors;
mod listing;
mod long_call;
mod ops;
mod options;
mod process;
mod replay;
mod shapes;
mod store;

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
