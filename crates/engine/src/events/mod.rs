//! Named event streams: what is known of each, and reading their events from runs and log.

pub mod reader;
pub mod replay;
pub mod rows;
pub mod streams;
