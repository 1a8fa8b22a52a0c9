//! Looking through a file for something that can be told by its first bytes.
//!
//! Constraint: it holds a piece of the file at a time, however long the file is.

use super::File;
use crate::error::Result;

/// How much is read at once.
const PIECE_BYTES: usize = 1 << 20;

/// Gives `look` each stretch of `head_bytes` bytes of the first `length` of `file`, from `offset` on and with where it starts, until it finds something.
pub fn find<T>(
    file: &dyn File,
    offset: u64,
    length: u64,
    head_bytes: usize,
    mut look: impl FnMut(u64, &[u8]) -> Result<Option<T>>,
) -> Result<Option<T>> {
    let mut from = offset;
    while from + head_bytes as u64 <= length {
        let left = usize::try_from(length - from).unwrap_or(usize::MAX);
        let mut piece = vec![0; left.min(PIECE_BYTES)];
        file.read_exact_at(&mut piece, from)?;
        for (index, head) in piece.windows(head_bytes).enumerate() {
            if let Some(found) = look(from + index as u64, head)? {
                return Ok(Some(found));
            }
        }
        from += (piece.len() - head_bytes + 1) as u64;
    }
    Ok(None)
}
