//! The manifest: what is live, and where the log begins.
//!
//! Constraints: it is only ever replaced whole, by an atomic rename, so a crash leaves the old one or the new one; what it does not name
//! is not part of the store; nothing it drops is removed before it is durable.

mod encoding;

use crate::{
    error::{Error, Result},
    format::{
        frame::Link,
        header::{FileKind, HEADER_BYTES},
        names,
    },
    ids::{FileNumber, IdNumber, RecordNumber, StoreId, StreamNumber},
    io::{Access, Directory, atomic},
};

const MAX_BODY_BYTES: usize = 64 << 20;
const BODY_OFFSET: usize = HEADER_BYTES + 8;

/// A run that is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunEntry {
    /// Events or catalog rows.
    pub kind: FileKind,
    /// Its file.
    pub number: FileNumber,
    /// The file's length in bytes.
    pub length: u64,
    /// How many entries it has, removals included.
    pub entries: u64,
    /// Bytes of it that are known to be dead.
    pub dead_bytes: u64,
}

/// A pack that is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackEntry {
    /// Its file.
    pub number: FileNumber,
    /// Whether it has an index and a footer. An unsealed pack of an earlier opening is never appended to again.
    pub sealed: bool,
    /// The file's length in bytes; 0 where it is not sealed.
    pub length: u64,
    /// How many records it has; 0 where it is not sealed.
    pub records: u64,
    /// Bytes of it that are known to be dead.
    pub dead_bytes: u64,
}

/// What a store consists of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The store's identity.
    pub store: StoreId,
    /// One more at each replacement.
    pub generation: u64,
    /// The frame behind which the log begins: runs and packs hold every change up to it.
    pub log_start: Link,
    /// The next file's number.
    pub next_file: FileNumber,
    /// A record number above all that were given out before the log began.
    pub next_record: RecordNumber,
    /// The same for ids.
    pub next_id: IdNumber,
    /// The same for streams.
    pub next_stream: StreamNumber,
    /// How many ids there were when the log began.
    pub checkpoints: u64,
    /// How many versions there were when the log began.
    pub versions: u64,
    /// How many versions were dropped since the packs were last searched for dead records.
    pub dropped_versions: u64,
    /// The files of the log, in order.
    pub logs: Vec<FileNumber>,
    /// The runs, oldest first.
    pub runs: Vec<RunEntry>,
    /// The packs.
    pub packs: Vec<PackEntry>,
}

impl Manifest {
    /// That of a store which has given out no number and names no file.
    pub fn blank(store: StoreId, log_start: Link) -> Self {
        Self {
            store,
            generation: 0,
            log_start,
            next_file: FileNumber(1),
            next_record: RecordNumber(1),
            next_id: IdNumber(1),
            next_stream: StreamNumber(1),
            checkpoints: 0,
            versions: 0,
            dropped_versions: 0,
            logs: Vec::new(),
            runs: Vec::new(),
            packs: Vec::new(),
        }
    }

    /// A number for a new file.
    pub fn allocate_file(&mut self) -> FileNumber {
        let number = self.next_file;
        self.next_file = number.next();
        number
    }

    /// Whether `name` stands for a live log, run or pack.
    pub fn names(&self, name: names::FileName) -> bool {
        match name {
            names::FileName::Log(number) => self.logs.contains(&number),
            names::FileName::Run(number) => self.runs.iter().any(|run| run.number == number),
            names::FileName::Pack(number) => self.packs.iter().any(|pack| pack.number == number),
            _ => false,
        }
    }

    /// Replaces the manifest of `directory` by this one, one generation on. When this returns, it is durable.
    pub fn store(&mut self, directory: &dyn Directory) -> Result<()> {
        self.generation += 1;
        atomic::replace(directory, names::MANIFEST_TEMPORARY, names::MANIFEST, &self.encode())
    }

    /// Reads the manifest of `directory`; `None` where there is none.
    pub fn load(directory: &dyn Directory) -> Result<Option<Self>> {
        let file = match directory.open(names::MANIFEST, Access::Read) {
            Ok(file) => file,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let path = file.path();
        let length = usize::try_from(file.length()?).unwrap_or(usize::MAX);
        if length > BODY_OFFSET + MAX_BODY_BYTES {
            return Err(Error::corrupt(path, 0, "manifest length"));
        }
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, 0)?;
        Self::decode(&bytes, path).map(Some)
    }
}

#[cfg(test)]
mod tests;
