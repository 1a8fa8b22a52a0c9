//! Checkpoint records: which base a version is compressed against, the compression, and loading through a chain of deltas.
//!
//! Constraints: nothing here touches files or knows where a record lies ([`Locate`](load::Locate) does); raw bytes are given out
//! only when they have the length and checksum their record names.

pub mod cache;
pub mod chain;
pub mod compress;
pub mod encode;
pub mod load;
#[cfg(test)]
pub(crate) mod testing;
