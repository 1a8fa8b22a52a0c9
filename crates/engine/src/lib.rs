//! Embedded storage for AI agents: an append-only event log and delta-compressed checkpoints in one directory.
//!
//! What it promises and why it is built as it is stands in `docs/design.md`; the bytes on disk in `docs/format.md`.
//! The modules form layers, and each imports only from layers below its own:
//!
//! ```text
//! store               handles: what a program opens and calls
//! registry            one engine a directory, whoever opens it
//! folds               states that a stream adds up to
//! engine              composition: commit, flush, compaction, opening, recovery
//! events catalog
//! tables              what a reader sees, over everything below
//! checkpoints
//! wal runs packs manifest
//! format io service
//! error ids options random sync
//! ```

pub mod catalog;
pub mod checkpoints;
pub mod engine;
pub mod error;
pub mod events;
pub mod folds;
pub mod format;
pub mod ids;
pub mod io;
pub mod manifest;
pub mod options;
pub mod packs;
mod random;
pub mod registry;
pub mod runs;
mod service;
pub mod store;
mod sync;
pub mod tables;
pub mod wal;

#[cfg(feature = "schedules")]
pub use sync::thread::end_schedule;
