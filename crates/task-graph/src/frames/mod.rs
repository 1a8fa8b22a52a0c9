//! Encoded values in frames: compressed some at a time, so that whoever goes through them has few of them in memory.
//!
//! Layout: what a frame holds is a list of its values' lengths and a list of their marks, both MessagePack, and then the values, one behind the other. It is stored as one zstd frame (RFC 8878), or as it is where that saves
//! nothing, and where it is larger than [`MOST_COMPRESSED_BYTES`], as one that holds a large value alone.
//!
//! Constraints: a frame holds a value at least, and is read without the others; no memory is taken for what it holds before its own bytes tell the same length; one that is stored as it is is read where it lies.

mod read;
mod write;

pub(crate) use read::FrameReader;
pub(crate) use write::write_frames;

/// A frame holds at most so many values, and no further one that would make them more bytes than that: with more, whoever makes something of a frame's values while the next frame is decompressed waits longer for the
/// first one, and with fewer, a text that many of them have is there more often.
const MOST_VALUES: usize = 4096;
const MOST_BYTES: usize = 1 << 20;

/// What is larger is stored as it is, so that decompressing takes a bounded amount of memory.
const MOST_COMPRESSED_BYTES: usize = 2 * MOST_BYTES;

/// What is told of a frame beside its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Frame {
    /// How many values it holds.
    pub(crate) values: usize,
    /// How many bytes it holds.
    pub(crate) raw_bytes: usize,
    /// How many it is stored as; as many where it is stored as it is.
    pub(crate) stored_bytes: usize,
}

impl Frame {
    fn is_compressed(self) -> bool {
        self.stored_bytes != self.raw_bytes
    }
}

#[cfg(test)]
mod tests;
