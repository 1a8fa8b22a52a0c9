//! The catalog: which checkpoints, versions, streams and internal records there are, as rows of the store's tables.
//!
//! Constraints: rows are a function of the log's changes and of nothing else; a list reads what it returns, and no order is held in memory.

pub mod apply;
pub mod find;
pub mod keys;
mod latest_first;
pub mod listing;
pub mod rows;
