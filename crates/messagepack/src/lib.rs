//! MessagePack, as the package stores events and checkpoints: read one token after the other, and written.
//!
//! Constraints: nothing is read beyond its bytes, whatever they are, and nothing is allocated while reading; numbers are those that JavaScript makes of them.

mod reader;
mod writer;

pub use reader::{Reader, Token};
pub use writer::{write_integer, write_list, write_map, write_text};
