//! The decoders that a pack's checksums hide, for fuzzing: unchecked bytes in, plain values out.
//!
//! Constraints: nothing here decides anything, it only calls what reading and writing a pack call; no part of the engine uses it.

use super::{footer::Footer, index::Index, place::RecordPlace};
use crate::{
    format::codec::Malformed,
    ids::{FileNumber, RecordNumber, StoreId},
};

pub use super::{footer::FOOTER_BYTES, place::ENTRY_BYTES};

/// The places in an index whose records end at `records_end`, by record number.
pub fn decode_index(bytes: &[u8], records_end: u64) -> Result<Vec<RecordPlace>, Malformed> {
    Ok(Index::decode(bytes, records_end)?.places().collect())
}

/// The place that an index, which decoded, gives for a record.
pub fn find(bytes: &[u8], records_end: u64, number: RecordNumber) -> Result<Option<RecordPlace>, Malformed> {
    Ok(Index::decode(bytes, records_end)?.find(number))
}

/// The bytes of the index of `places`.
pub fn encode_index(places: &[RecordPlace]) -> Vec<u8> {
    Index::new(places.iter()).bytes().to_vec()
}

/// What a pack's footer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FooterFields {
    /// The pack's number.
    pub number: u64,
    /// Where the index lies.
    pub index_offset: u64,
    /// How many records.
    pub records: u64,
    /// The sum of their stored lengths.
    pub stored_bytes: u64,
    /// The index's checksum.
    pub index_checksum: u32,
}

/// What the footer `bytes` of pack `number` says, whose file has `length` bytes.
pub fn decode_footer(
    bytes: &[u8],
    store: StoreId,
    number: u64,
    length: u64,
) -> Result<FooterFields, Malformed> {
    let Footer { number, index_offset, records, stored_bytes, index_checksum } =
        Footer::decode(bytes, FileNumber(number), store, length)?;
    Ok(FooterFields { number: number.0, index_offset, records, stored_bytes, index_checksum })
}

/// The bytes of a footer.
pub fn encode_footer(fields: FooterFields, store: StoreId) -> Vec<u8> {
    let FooterFields { number, index_offset, records, stored_bytes, index_checksum } = fields;
    Footer { number: FileNumber(number), index_offset, records, stored_bytes, index_checksum }.encode(store)
}
