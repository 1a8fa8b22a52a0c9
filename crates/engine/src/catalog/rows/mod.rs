//! The values of the catalog's rows.
//!
//! Constraints: a row that does not decode, or whose fields contradict each other, is damage of a store whose checksums held, so it is reported, never
//! skipped.

mod id;
mod lineage;
mod stream;
mod time;
mod version;

use std::path::Path;

pub use self::{id::IdRow, lineage::LineageRow, stream::StreamRow, time::TimeRow, version::VersionRow};
use crate::{error::Error, format::codec::Malformed};

/// A row whose checksum held but which makes no sense, in the store at `directory`.
pub fn damaged(directory: &Path) -> impl Fn(Malformed) -> Error + '_ {
    move |Malformed| Error::corrupt(directory, 0, "catalog row")
}

#[cfg(test)]
mod tests;
