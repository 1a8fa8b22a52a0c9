//! Sorted runs: immutable files of keys in ascending order, each with a value or the note that it was removed. See `docs/format.md`.
//!
//! Constraints:
//! - nothing here knows what a key or a value means;
//! - a run is written once, synced, and never changed; only then is it named in a manifest, opened and mapped;
//! - what a run gives is exactly what was written, or an error with path and offset: every byte of the file is under a checksum that is
//!   checked before anything in it is used, and the order of the keys is checked on the way;
//! - reading allocates what a checksummed, bounded length says, and nothing for each entry.
//!
//! A run is cut into blocks of some tens of KiB, compressed one by one. The first key of each lies in an index, which an open run holds in
//! memory, so that a key costs one binary search and one block. Newer runs hide older ones key by key ([`Merge`]); which runs to
//! make one of, and when, is [`tiers`].

mod access;
mod block;
mod bounds;
mod cache;
mod cursor;
mod entries;
mod family;
mod footer;
mod index;
mod layout;
mod merge;
mod output;
#[doc(hidden)]
pub mod probe;
mod reversed;
mod run;
mod salvage;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
pub mod tiers;
mod verify;
mod writer;

pub use self::{
    bounds::Bounds,
    cursor::Cursor,
    entries::Entry,
    family::Family,
    merge::{Merge, Source},
    run::{BlockInfo, Found, Run},
    salvage::{LostKeys, salvage_file, salvage_run},
    writer::{RunConfig, RunMeta, RunWriter},
};
