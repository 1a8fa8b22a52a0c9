//! The decoders that a run's checksums hide, for fuzzing: unchecked bytes in, plain values out.
//!
//! Constraints: nothing here decides anything, it only calls what reading and writing a run call; no part of the engine uses it.

use super::{
    block::{BlockEncoder, CheckedBlock, Unusable},
    entries::{Entries, Entry, EntryWriter},
    footer::Footer,
    index::{Index, IndexWriter},
    reversed::Reversed,
};
use crate::{
    error::Result,
    format::{codec::Malformed, frame::Link},
    ids::{FileNumber, StoreId},
};

pub use super::{
    block::{BLOCK_HEADER_BYTES, MAX_RAW_BYTES},
    footer::FOOTER_BYTES,
};

/// A key and its value; `None` for a removal.
pub type OwnedEntry = (Vec<u8>, Option<Vec<u8>>);

/// A block of an index: its first key, its offset, its length with its header, how many entries it has.
pub type OwnedPlace = (Vec<u8>, u64, u32, u32);

fn owned(key: &[u8], entry: Entry<'_>) -> OwnedEntry {
    let value = match entry {
        Entry::Put(value) => Some(value.to_vec()),
        Entry::Removed => None,
    };
    (key.to_vec(), value)
}

/// The entries in the raw bytes of a block, walked forward, up to the first that is malformed, and whether there is one.
pub fn entries_forward(raw: &[u8]) -> (Vec<OwnedEntry>, Result<(), Malformed>) {
    let mut found = Vec::new();
    let mut entries = Entries::default();
    loop {
        match entries.advance(raw) {
            Ok(true) => found.push(owned(entries.key(), entries.entry(raw))),
            Ok(false) => return (found, Ok(())),
            Err(Malformed) => return (found, Err(Malformed)),
        }
    }
}

/// The entries in the raw bytes of a block, walked backward.
pub fn entries_backward(raw: &[u8]) -> Result<Vec<OwnedEntry>, Malformed> {
    let mut reversed = Reversed::default();
    reversed.load(raw)?;
    let mut found = Vec::new();
    while reversed.retreat() {
        found.push(owned(reversed.key(), reversed.entry(raw)));
    }
    Ok(found)
}

/// The raw bytes of a block with these entries.
pub fn write_entries(entries: &[OwnedEntry]) -> Result<Vec<u8>> {
    let mut writer = EntryWriter::default();
    for (key, value) in entries {
        let entry = value.as_deref().map_or(Entry::Removed, Entry::Put);
        writer.check(key, entry)?;
        writer.push(key, entry);
    }
    Ok(writer.raw().to_vec())
}

/// The raw bytes of the block that is all of `block`; `None` where it is not one, or there is no memory for it.
pub fn decode_block(store: StoreId, block: &[u8]) -> Option<Vec<u8>> {
    let mut raw = Vec::new();
    CheckedBlock::check(store, block)
        .map_err(Unusable::from)
        .and_then(|block| block.decode_into(&mut raw))
        .ok()?;
    Some(raw)
}

/// The block of `raw`, compressed at zstd's `level`; `None` where there is no memory for it.
pub fn encode_block(store: StoreId, level: i32, raw: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = BlockEncoder::new(store, level).ok()?;
    let block = encoder.encode(raw);
    Some([&block.header[..], block.stored].concat())
}

/// The places in the raw bytes of an index whose blocks lie from `start` to `end`.
pub fn decode_index(raw: &[u8], start: u64, end: u64) -> Result<Vec<OwnedPlace>, Malformed> {
    let index = Index::decode(raw, start, end)?;
    let owned = |place| (index.key_of(place).to_vec(), place.offset, place.length, place.entries);
    Ok(index.places().iter().map(owned).collect())
}

/// The raw bytes of an index of these blocks, whose offsets follow from their lengths.
pub fn encode_index(places: &[OwnedPlace]) -> Result<Vec<u8>> {
    let mut writer = IndexWriter::default();
    for (key, _, length, entries) in places {
        writer.push(key, *length, *entries)?;
    }
    Ok(writer.raw().to_vec())
}

/// What a run's footer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FooterFields {
    /// The run's number.
    pub number: u64,
    /// Where the index block lies.
    pub index_offset: u64,
    /// The length of the index block with its header.
    pub index_length: u32,
    /// How many data blocks.
    pub blocks: u64,
    /// How many entries.
    pub entries: u64,
    /// How many of them are removals.
    pub removals: u64,
    /// The sum of the blocks' raw lengths.
    pub raw_bytes: u64,
    /// The newest change that the run is of.
    pub through: Link,
}

/// What the footer `bytes` of run `number` says, whose file has `length` bytes.
pub fn decode_footer(
    bytes: &[u8],
    store: StoreId,
    number: u64,
    length: u64,
) -> Result<FooterFields, Malformed> {
    let Footer { number, index_offset, blocks, entries, removals, raw_bytes, index_length, through } =
        Footer::decode(bytes, store, FileNumber(number), length)?;
    Ok(FooterFields {
        number: number.0,
        index_offset,
        index_length,
        blocks,
        entries,
        removals,
        raw_bytes,
        through,
    })
}

/// The bytes of a footer.
pub fn encode_footer(fields: FooterFields, store: StoreId) -> Vec<u8> {
    let FooterFields { number, index_offset, index_length, blocks, entries, removals, raw_bytes, through } =
        fields;
    let number = FileNumber(number);
    Footer { number, index_offset, blocks, entries, removals, raw_bytes, index_length, through }.encode(store)
}
