//! Reads a file front to back in large pieces.
//!
//! Constraints: it never reads or allocates beyond the file's length; that the file ends is an answer, that it cannot be read is an error.

use std::sync::Arc;

use crate::{error::Result, io::File};

/// What is read at once, where there is that much: a large frame, or thousands of small ones.
const CHUNK_BYTES: usize = 1 << 20;

/// A piece of a file in memory.
#[derive(Debug)]
pub(super) struct Window {
    file: Arc<dyn File>,
    file_bytes: u64,
    start: u64,
    bytes: Vec<u8>,
}

impl Window {
    /// A window on `file` as long as it is now.
    pub(super) fn new(file: Arc<dyn File>) -> Result<Self> {
        let file_bytes = file.length()?;
        Ok(Self { file, file_bytes, start: 0, bytes: Vec::new() })
    }

    /// The `count` bytes from `offset`; `None` where the file ends before.
    pub(super) fn at(&mut self, offset: u64, count: usize) -> Result<Option<&[u8]>> {
        let left = self.file_bytes.saturating_sub(offset);
        if left < count as u64 {
            return Ok(None);
        }
        if self.held(offset, count).is_none() {
            self.fill(offset, usize::try_from(left).unwrap_or(usize::MAX).min(count.max(CHUNK_BYTES)))?;
        }
        Ok(self.held(offset, count))
    }

    /// Where the last byte from `offset` on that is not zero ends; `offset` where there is none.
    pub(super) fn written_until(&mut self, offset: u64) -> Result<u64> {
        let (mut until, mut next) = (offset, offset);
        while next < self.file_bytes {
            let count = usize::try_from(self.file_bytes - next).unwrap_or(usize::MAX).min(CHUNK_BYTES);
            let bytes = self.at(next, count)?.unwrap_or_default();
            if let Some(last) = bytes.iter().rposition(|byte| *byte != 0) {
                until = next + last as u64 + 1;
            }
            next += count as u64;
        }
        Ok(until)
    }

    fn held(&self, offset: u64, count: usize) -> Option<&[u8]> {
        let from = usize::try_from(offset.checked_sub(self.start)?).ok()?;
        self.bytes.get(from..from.checked_add(count)?)
    }

    fn fill(&mut self, offset: u64, count: usize) -> Result<()> {
        self.start = offset;
        self.bytes.resize(count, 0);
        let read = self.file.read_exact_at(&mut self.bytes, offset);
        if read.is_err() {
            self.bytes.clear();
        }
        read
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        io::Directory,
        wal::testing::{MemoryDirectory, MemoryFile},
    };

    fn window(content: &[u8]) -> (Arc<MemoryFile>, Window) {
        let directory = MemoryDirectory::default();
        let file = directory.create("0000000000000001.log").unwrap();
        file.write_all_at(content, 0).unwrap();
        (directory.file("0000000000000001.log"), Window::new(file).unwrap())
    }

    #[test]
    fn small_reads_share_one_large_one_and_pieces_join() {
        let content: Vec<u8> = (0..251).cycle().take(3_000_000).collect();
        let (file, mut window) = window(&content);
        let (mut offset, mut count) = (0, 1);
        while offset + count <= content.len() {
            assert_eq!(window.at(offset as u64, count).unwrap(), Some(&content[offset..offset + count]));
            offset += count;
            count = count % 3000 + 7;
        }
        assert!(file.calls().reads <= 4, "{:?}", file.calls());
        assert_eq!(window.at(0, content.len()).unwrap(), Some(&content[..]));
    }

    #[test]
    fn the_end_of_the_file_is_no_error_and_costs_no_memory() {
        let (_file, mut window) = window(&[1; 100]);
        assert_eq!(window.at(90, 10).unwrap(), Some(&[1; 10][..]));
        assert_eq!(window.at(91, 10).unwrap(), None);
        assert_eq!(window.at(0, 1 << 40).unwrap(), None);
        assert_eq!(window.at(u64::MAX, 1).unwrap(), None);
        assert!(window.bytes.capacity() <= 100);
    }

    #[test]
    fn a_read_error_is_an_error_also_the_second_time() {
        let (file, mut window) = window(&[1; 100]);
        file.fail_reads(true);
        window.at(0, 10).unwrap_err();
        window.at(0, 10).unwrap_err();
        window.written_until(0).unwrap_err();
    }

    #[test]
    fn what_was_written_ends_at_the_last_byte_that_is_not_zero() {
        let mut content = vec![0; 2_500_000];
        let (_file, mut empty) = window(&content);
        assert_eq!(empty.written_until(50).unwrap(), 50);
        content[2_400_000] = 1;
        content[60] = 1;
        let (_file, mut written) = window(&content);
        assert_eq!(written.written_until(50).unwrap(), 2_400_001);
        assert_eq!(written.written_until(2_400_001).unwrap(), 2_400_001);
        assert_eq!(written.written_until(9_000_000).unwrap(), 9_000_000);
    }
}
