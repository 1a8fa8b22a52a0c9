//! Fuzz targets: for each structure on disk, a function of any bytes that panics where the engine breaks a promise.
//!
//! Constraints:
//! - the targets are defined here and nowhere else: libFuzzer runs them through `fuzz_targets/`, and `tests/fuzz` on the stable toolchain;
//! - a target promises more than that nothing crashes: what was decoded is within the format's limits and encodes to what it was decoded from,
//!   two ways to one answer agree, and memory is bounded by what the input, or a checksummed length in it, says;
//! - checksums hide what lies behind them from any mutation, so a target looks at its input as it is and again with its checksums made right
//!   (`repair`), or calls the decoder behind them;
//! - a target is a function of its input alone. The only exception is `store`, whose victims get a random store id.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a target panics where a promise is broken, and a test that cannot go on fails"
)]

#[path = "../../../columns/tests/columns/support/mod.rs"]
mod columns;
mod forge;
mod memory;
mod repair;
mod samples;
#[path = "../../tests/support/mod.rs"]
pub mod support;
mod targets;

use agent_storage_engine::ids::StoreId;

pub use targets::{TARGETS, Target};

/// The store that all structures but those of `store` belong to.
pub const STORE: StoreId = StoreId(*b"a store of fuzz!");

/// Runs the target `name`.
///
/// # Panics
/// Where it does, or where there is none of this name.
pub fn run(name: &str, input: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of this name");
    (target.run)(input);
}
