//! Embedded storage for AI agents: an append-only event log and delta-compressed checkpoints in one directory.
//!
//! What it promises and why it is built as it is stands in `docs/design.md`; the bytes on disk in `docs/format.md`.
//! The modules form layers, and each imports only from layers below its own:
//!
//! ```text
//! registry            one engine a directory, whoever opens it
//! engine              composition: commit, flush, compaction, recovery
//! events checkpoints catalog
//! wal runs packs manifest
//! format io
//! error ids random
//! ```

pub mod error;
pub mod format;
pub mod ids;
pub mod io;
pub mod random;
pub mod wal;
