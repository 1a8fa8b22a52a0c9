//! What several test programs share. Each says `pub mod support;`, so that what one of them does not use is no dead code.

pub mod events;
pub mod plain;
