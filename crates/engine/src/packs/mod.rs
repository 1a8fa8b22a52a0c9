//! Checkpoint packs: files of records, written once from front to back, then sealed with an index by record number.
//!
//! Constraints:
//! - a pack knows record numbers and bytes, nothing of checkpoint ids, versions or the log;
//! - a record is placed whole or the pack takes no further one; a sealed pack, and one left unsealed by a crash, is never written again;
//! - what a reader gives out was checked: the header by a checksum keyed by the store, the stored bytes by their own;
//! - an I/O error stays one: only bytes that were read and are wrong count as damage.
//!
//! `<number>.pack` is a file header, records, and once sealed an index and a footer (`docs/format.md`). [`PackWriter`] is the one open
//! pack a store appends to; [`Pack`] reads one that is no longer written; [`verify_sealed`] reports every damage of a sealed one.

mod footer;
mod group_sync;
mod index;
mod pack;
mod place;
#[doc(hidden)]
pub mod probe;
mod salvage;
mod scan;
#[cfg(test)]
pub(crate) mod testing;
mod verify;
mod writer;

pub use pack::Pack;
pub use place::RecordPlace;
pub use verify::verify_sealed;
pub use writer::{PackMeta, PackWriter};
