//! Writing a file from its beginning to its end in large pieces.

use std::sync::Arc;

use crate::{
    error::{Error, Result},
    io::File,
};

/// Smaller pieces are gathered until they have this many bytes.
const PIECE_BYTES: usize = 256 << 10;

/// A file that is being written. After a failed write every later one answers with the failure, so that no file gets a hole.
#[derive(Debug)]
pub(super) struct Output {
    file: Arc<dyn File>,
    pending: Vec<u8>,
    written: u64,
    failure: Option<Error>,
}

impl Output {
    /// Writes `file`, which is empty.
    pub(super) fn new(file: Arc<dyn File>) -> Self {
        Self { file, pending: Vec::new(), written: 0, failure: None }
    }

    /// How many bytes came so far.
    pub(super) fn position(&self) -> u64 {
        self.written + self.pending.len() as u64
    }

    /// Adds bytes.
    pub(super) fn put(&mut self, bytes: &[u8]) -> Result<()> {
        if self.pending.len() + bytes.len() > PIECE_BYTES {
            self.write_pending()?;
        }
        if bytes.len() >= PIECE_BYTES {
            return self.write(bytes);
        }
        self.pending.extend_from_slice(bytes);
        Ok(())
    }

    /// Writes what is pending and syncs the file.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.write_pending()?;
        self.file.sync()
    }

    fn write_pending(&mut self) -> Result<()> {
        let mut pending = std::mem::take(&mut self.pending);
        self.write(&pending)?;
        pending.clear();
        self.pending = pending;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some(failure) = &self.failure {
            return Err(failure.clone());
        }
        self.file.write_all_at(bytes, self.written).map_err(|failed| {
            // Whatever was placed, nothing names the file: where there was no room, no change was harmed.
            let failure = if failed.error.is_out_of_space() {
                Error::Full { path: self.file.path().to_owned() }
            } else {
                failed.error
            };
            self.failure.insert(failure).clone()
        })?;
        self.written += bytes.len() as u64;
        Ok(())
    }
}
