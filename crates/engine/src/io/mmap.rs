//! Mapping sealed files: the only unsafe code of the crate.
//!
//! Constraints: only a file that is never written, grown or shortened again may be mapped, and only within its size, which is
//! checked here: touching a page behind the end of a file ends the process with a signal, where reading would be an error.

#![expect(
    unsafe_code,
    reason = "mapping a file is unsafe, since its bytes could change or go away under the mapping"
)]

use std::{fs::File, io, path::Path};

use memmap2::MmapOptions;

use super::Mapping;
use crate::error::{Error, Result};

/// Maps the first `length` bytes of the sealed `file` at `path` for reading. A file that is shorter is
/// [`Error::Corrupt`] at its end.
pub(super) fn map_sealed(file: &File, path: &Path, length: u64) -> Result<Mapping> {
    let actual = file.metadata().map_err(|error| Error::io("fstat", path, error))?.len();
    if actual < length {
        return Err(Error::corrupt(path, actual, "file length"));
    }
    if length == 0 {
        return Ok(Mapping::new(Vec::new()));
    }
    let bytes = usize::try_from(length)
        .map_err(|_| Error::io("mmap", path, io::Error::from(io::ErrorKind::OutOfMemory)))?;
    // SAFETY: the mapping is read-only and shared, and what it lends out are `&[u8]`, so their bytes must not change while
    // it lives. The caller maps sealed files only: nothing in this crate writes to a file once it is sealed, shortens a file
    // at all, or uses a file's name twice; removing the name keeps the bytes while they are mapped. The directory is
    // locked and readable by its owner alone. Another program of the same user that overwrites or truncates a store's
    // file under a running engine is outside of what the engine promises (as it is for every mapped file of a process).
    // The length was checked against the file's size just above.
    let mapped = unsafe { MmapOptions::new().len(bytes).map(file) };
    mapped.map(Mapping::new).map_err(|error| Error::io("mmap", path, error))
}
