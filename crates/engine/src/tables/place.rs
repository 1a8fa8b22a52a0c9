//! Where bytes of a change lie until a flush moves them: in a frame of the log, or in the body of a large change.
//!
//! Constraints: a place is small, since there is one for each recent event, and never outlives its table; what is read there is compared with what was
//! written: after a failed write-back a kernel may drop pages of the log, and show then what the disk has.

use std::{path::Path, sync::Arc};

use crate::{
    error::{Error, Result},
    ids::RecordNumber,
    sync::RwLock,
    wal::LogFile,
};

/// Bytes of a change: an index into its table's [`Bodies`], and where in there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// Which body.
    pub body: u32,
    /// How many bytes.
    pub length: u32,
    /// Their CRC-32 where they lie in the log; 0 in a large body, which is checked as a whole.
    pub checksum: u32,
    /// The offset in the log's file, or in the large body.
    pub offset: u64,
}

impl Place {
    /// Whether `bytes`, read from the log at `path`, are those that were written here.
    pub fn check(&self, bytes: &[u8], path: &Path) -> Result<()> {
        if crc32fast::hash(bytes) == self.checksum {
            return Ok(());
        }
        Err(Error::corrupt(path, self.offset, "bytes of a change"))
    }
}

/// What bodies lie in.
#[derive(Debug, Clone)]
pub enum Body {
    /// Frames of this file.
    Log(Arc<LogFile>),
    /// A large change's record.
    Large(RecordNumber),
}

/// The bodies that a table's places point into.
#[derive(Debug, Default)]
pub struct Bodies {
    bodies: RwLock<Vec<Body>>,
}

impl Bodies {
    /// The index for places in frames of `file`.
    pub fn of_log(&self, file: &Arc<LogFile>) -> u32 {
        let mut bodies = self.bodies.write();
        let known =
            bodies.iter().rposition(|body| matches!(body, Body::Log(known) if Arc::ptr_eq(known, file)));
        index(known.unwrap_or_else(|| {
            bodies.push(Body::Log(Arc::clone(file)));
            bodies.len() - 1
        }))
    }

    /// The index for places in the body of a large change.
    pub fn of_large(&self, record: RecordNumber) -> u32 {
        let mut bodies = self.bodies.write();
        bodies.push(Body::Large(record));
        index(bodies.len() - 1)
    }

    /// What `place` points into.
    pub fn get(&self, place: Place) -> Option<Body> {
        self.bodies.read().get(place.body as usize).cloned()
    }

    /// The records of all large changes here.
    pub fn large_records(&self) -> Vec<RecordNumber> {
        let bodies = self.bodies.read();
        bodies
            .iter()
            .filter_map(|body| if let Body::Large(record) = body { Some(*record) } else { None })
            .collect()
    }
}

fn index(position: usize) -> u32 {
    // A table is flushed at a few MiB of log, and a body takes at least a frame.
    u32::try_from(position).unwrap_or(u32::MAX)
}
