//! The structures of a run's file that must be right before any of its blocks is looked at: header, footer, index.
//!
//! Constraints: they are read by calls, not through the mapping, so that a medium that cannot be read is an I/O error.

use super::{
    block::{BLOCK_HEADER_BYTES, CheckedBlock, Unusable},
    family::Family,
    footer::{FOOTER_BYTES, Footer},
    index::Index,
};
use crate::{
    error::{Error, Result},
    format::header::{FileHeader, HEADER_BYTES},
    ids::{FileNumber, StoreId},
    io::File,
};

/// Which run a file must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Identity {
    pub(super) store: StoreId,
    pub(super) number: FileNumber,
    pub(super) family: Family,
    /// The file's length in bytes.
    pub(super) length: u64,
}

/// What is known of an open run.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) footer: Footer,
    pub(super) index: Index,
}

impl Layout {
    /// Reads and checks everything but the data blocks.
    pub(super) fn read(file: &dyn File, identity: Identity) -> Result<Self> {
        let path = file.path();
        let found = file.length()?;
        let smallest = HEADER_BYTES + BLOCK_HEADER_BYTES + FOOTER_BYTES;
        if found != identity.length || found < smallest as u64 {
            return Err(Error::corrupt(path, found.min(identity.length), "run length"));
        }
        let mut header = [0; HEADER_BYTES];
        file.read_exact_at(&mut header, 0)?;
        let header = FileHeader::decode(&header, path)?;
        header.expect(identity.family.kind(), identity.number, identity.store, path)?;

        let mut footer = [0; FOOTER_BYTES];
        let footer_offset = found - FOOTER_BYTES as u64;
        file.read_exact_at(&mut footer, footer_offset)?;
        let footer = Footer::decode(&footer, identity.store, identity.number, found)
            .map_err(|_| Error::corrupt(path, footer_offset, "run footer"))?;
        let index = read_index(file, identity.store, &footer)?;
        let entries = index.places().iter().map(|place| u64::from(place.entries)).sum::<u64>();
        if (index.len() as u64, entries) != (footer.blocks, footer.entries) {
            return Err(Error::corrupt(path, footer_offset, "run footer"));
        }
        Ok(Self { footer, index })
    }
}

fn read_index(file: &dyn File, store: StoreId, footer: &Footer) -> Result<Index> {
    let unusable = |unusable: Unusable| unusable.at(file.path(), footer.index_offset, "run index");
    let mut block = Vec::new();
    read_block(file, footer.index_offset, footer.index_length, &mut block)?;
    let mut raw = Vec::new();
    CheckedBlock::check(store, &block)
        .map_err(Unusable::from)
        .and_then(|checked| checked.decode_into(&mut raw))
        .map_err(unusable)?;
    Index::decode(&raw, HEADER_BYTES as u64, footer.index_offset).map_err(|damaged| unusable(damaged.into()))
}

/// Reads `length` bytes, which were checked to lie within the file, into `block`.
pub(super) fn read_block(file: &dyn File, offset: u64, length: u32, block: &mut Vec<u8>) -> Result<()> {
    let length = length as usize;
    block.clear();
    block.try_reserve_exact(length).map_err(|_| Unusable::OutOfMemory.at(file.path(), offset, "block"))?;
    block.resize(length, 0);
    file.read_exact_at(block, offset)
}
