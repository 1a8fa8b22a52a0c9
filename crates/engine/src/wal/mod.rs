//! The write-ahead log: every change of a store, in the one order that all else follows from.
//!
//! Constraints: it knows nothing of what a frame's body means. Files are written in place, in order, and never used again; what is beyond the
//! durable-through mark is trusted by nobody until it was synced anew; damage before the mark is told from a torn end behind it.
//!
//! ```text
//!   LogWriter (owned by the engine's commit lock)        Durability (shared)
//!     one pwrite a frame ──── accepted(end) ──────────►    one sync under way at most, shared by all who wait,
//!         │                                                then a mark, then the answers
//!         ▼                                                   │
//!   LogFile 1 ─► LogFile 2 ─► …  ◄────────────────────────────┘
//!         └────────► scan: the one replay loop of opening, verifying, dumping and repairing
//! ```

#[cfg(test)]
mod crash_tests;
mod durability;
mod file;
mod reader;
mod salvage;
#[cfg(test)]
mod testing;
mod window;
mod writer;

pub use durability::{Durability, DurabilityCallback};
pub use file::{LogFile, LogPoint};
pub use reader::{LogEnd, LogFrame, scan};
pub use salvage::salvage;
pub use writer::{AppendError, LogWriter, Placed};

pub use crate::format::frame::{Link, MAX_CHANGES_BYTES};
