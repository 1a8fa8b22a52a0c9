//! What is told of bytes that are no state.

use std::{error::Error, fmt};

/// Bytes that are no state of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no state of a task graph")
    }
}

impl Error for Malformed {}
