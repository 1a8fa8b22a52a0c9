//! Writing a run.
//!
//! Constraints: nothing reads or names the file before [`RunWriter::finish`] has synced it; what a dropped writer leaves is a file without a footer that no
//! manifest names, and the caller's to remove; memory is bounded by a block, the index and a piece of output, not by the run.

use std::sync::Arc;

use super::{
    block::{BLOCK_HEADER_BYTES, BlockEncoder, EncodedBlock, MAX_RAW_BYTES},
    entries::{Entry, EntryWriter},
    family::Family,
    footer::Footer,
    index::IndexWriter,
    output::Output,
};
use crate::{
    error::Result,
    format::{
        frame::Link,
        header::{FileHeader, HEADER_BYTES},
        names,
    },
    ids::{FileNumber, Position, StoreId},
    io::{Directory, File},
};

/// How a run is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunConfig {
    /// A block is closed before its raw bytes exceed this many; an entry that is larger has a block of its own.
    pub block_bytes: usize,
    /// zstd's compression level.
    pub level: i32,
}

/// What is known of a run that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunMeta {
    /// What it holds.
    pub family: Family,
    /// Its file's number.
    pub number: FileNumber,
    /// Its file's length in bytes, by which it is opened.
    pub length: u64,
    /// How many entries it has, removals included.
    pub entries: u64,
    /// How many of them are removals.
    pub removals: u64,
    /// How many bytes its entries take before compression.
    pub raw_bytes: u64,
}

/// A run that is being written.
pub struct RunWriter {
    store: StoreId,
    meta: RunMeta,
    block_bytes: usize,
    encoder: BlockEncoder,
    entries: EntryWriter,
    index: IndexWriter,
    output: Output,
    through: Link,
}

impl RunWriter {
    /// Creates the file `number`, which must not exist. The caller syncs the directory after [`RunWriter::finish`].
    pub fn create(
        directory: &dyn Directory,
        number: FileNumber,
        store: StoreId,
        family: Family,
        config: RunConfig,
    ) -> Result<Self> {
        let file: Arc<dyn File> = directory.create(&names::run(number))?;
        let encoder =
            BlockEncoder::new(store, config.level).map_err(|unusable| unusable.at(file.path(), 0, "run"))?;
        let mut output = Output::new(file);
        output.put(&FileHeader::new(family.kind(), number, store).encode())?;
        debug_assert_eq!(output.position(), HEADER_BYTES as u64);
        Ok(Self {
            store,
            meta: RunMeta { family, number, length: 0, entries: 0, removals: 0, raw_bytes: 0 },
            block_bytes: config.block_bytes.min(MAX_RAW_BYTES),
            encoder,
            entries: EntryWriter::default(),
            index: IndexWriter::default(),
            output,
            through: Link { position: Position(0), checksum: 0 },
        })
    }

    /// Says which change is the newest that the run is of; none unless this is called.
    pub fn set_through(&mut self, through: Link) {
        self.through = through;
    }

    /// Adds an entry. A key that is not above the one before is [`Error::InvalidArgument`](crate::error::Error::InvalidArgument) and
    /// an entry of more than about 272 MiB [`Error::TooLarge`](crate::error::Error::TooLarge); both change nothing. After any other error the writer can only be dropped.
    pub fn add(&mut self, key: &[u8], entry: Entry<'_>) -> Result<()> {
        self.entries.check(key, entry)?;
        if self.entries.count() > 0 && self.entries.length_with(key, entry) > self.block_bytes {
            self.close_block()?;
        }
        self.entries.push(key, entry);
        self.meta.entries += 1;
        self.meta.removals += u64::from(entry == Entry::Removed);
        Ok(())
    }

    /// How many entries were added.
    pub fn entries(&self) -> u64 {
        self.meta.entries
    }

    /// About how long the file would be if it were finished now.
    pub fn length(&self) -> u64 {
        self.output.position() + self.entries.raw().len() as u64 + self.index.raw().len() as u64
    }

    /// Writes what is left, the index and the footer, and syncs the file. A run without entries is a run too.
    pub fn finish(mut self) -> Result<RunMeta> {
        if self.entries.count() > 0 {
            self.close_block()?;
        }
        let index_offset = self.output.position();
        let index_length = put_block(&mut self.output, self.encoder.encode(self.index.raw()))?;
        let footer = Footer {
            number: self.meta.number,
            index_offset,
            blocks: self.index.blocks(),
            entries: self.meta.entries,
            removals: self.meta.removals,
            raw_bytes: self.meta.raw_bytes,
            index_length,
            through: self.through,
        };
        self.output.put(&footer.encode(self.store))?;
        self.output.finish()?;
        Ok(RunMeta { length: self.output.position(), ..self.meta })
    }

    fn close_block(&mut self) -> Result<()> {
        let raw = self.entries.raw();
        let length = put_block(&mut self.output, self.encoder.encode(raw))?;
        self.index.push(self.entries.first_key(), length, self.entries.count())?;
        self.meta.raw_bytes += raw.len() as u64;
        self.entries.begin_next();
        Ok(())
    }
}

fn put_block(output: &mut Output, block: EncodedBlock<'_>) -> Result<u32> {
    output.put(&block.header)?;
    output.put(block.stored)?;
    // At most `MAX_RAW_BYTES` and the header.
    debug_assert!(block.length() <= MAX_RAW_BYTES + BLOCK_HEADER_BYTES);
    Ok(u32::try_from(block.length()).unwrap_or(u32::MAX))
}
