//! The bytes on disk, without any I/O: see `docs/format.md`, which this module follows field by field.
//!
//! Constraints: nothing here trusts its input, allocates more than its input's length, or panics on any input.

pub mod codec;
pub mod frame;
pub mod header;
pub mod mark;
pub mod names;
