//! Copying a file of a store into another directory.

use super::abort::stopped;
use crate::{
    error::Result,
    io::{Access, Directory},
};

const COPY_BYTES: usize = 1 << 20;

/// Copies the first `length` bytes of the file `name`, and syncs them. The caller syncs the directory. `abort` is asked, and `progress` learns how many bytes
/// were copied, after each MiB.
pub(super) fn copy_file(
    from: &dyn Directory,
    to: &dyn Directory,
    name: &str,
    length: u64,
    abort: &dyn Fn() -> bool,
    progress: &mut dyn FnMut(u64),
) -> Result<()> {
    let source = from.open(name, Access::Read)?;
    let copy = to.create(name)?;
    let mut buffer = vec![0; COPY_BYTES];
    let mut offset = 0;
    while offset < length {
        stopped(abort)?;
        let left = usize::try_from(length - offset).unwrap_or(usize::MAX);
        buffer.truncate(left);
        source.read_exact_at(&mut buffer, offset)?;
        copy.write_all_at(&buffer, offset)?;
        offset += buffer.len() as u64;
        progress(buffer.len() as u64);
    }
    copy.sync()
}
