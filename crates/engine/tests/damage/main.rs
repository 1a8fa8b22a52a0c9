//! Bytes that are not what was written: flipped, zeroed, cut off, missing, of another store or of a newer version.
//!
//! Would catch: other bytes than those that were written, damage before the durable-through mark that is taken for a torn end, an opening that refuses
//! and has changed something by then, a file of somebody else that is touched.
//!
//! A long run (see `support::long_run`) flips every bit; the test suite one of each byte that is not zero, and of some that are.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test that cannot go on fails"
)]

#[path = "../support/mod.rs"]
pub mod support;

mod cases;
mod checks;
mod every_byte;
mod lost_changes;
mod mixed_up;
mod nameless;
#[cfg(unix)]
mod open_store;
mod remains;
mod repair;

const FRAMES_OFFSET: usize = 12_288;
const THREADS: usize = 2;
