//! The end of a run's file: where the index is, how much there is of everything, and up to which change.

use super::block::MAX_RAW_BYTES;
use crate::{
    format::{
        codec::{Cursor, Malformed},
        frame::Link,
    },
    ids::{FileNumber, Position, StoreId},
};

/// The footer's size in bytes.
pub const FOOTER_BYTES: usize = 80;

const CHECKED_BYTES: usize = FOOTER_BYTES - 4;
const RESERVED_BYTES: usize = 4;
const MAGIC: &[u8; 8] = b"AGENTEND";

/// What a footer says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Footer {
    pub(super) number: FileNumber,
    pub(super) index_offset: u64,
    pub(super) blocks: u64,
    pub(super) entries: u64,
    pub(super) removals: u64,
    /// The sum of the raw lengths of the data blocks.
    pub(super) raw_bytes: u64,
    /// The length of the index block with its header.
    pub(super) index_length: u32,
    /// The newest change that the run is of: where the log goes on behind it, should the manifest be lost.
    pub(super) through: Link,
}

impl Footer {
    pub(super) fn encode(&self, store: StoreId) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FOOTER_BYTES);
        bytes.extend_from_slice(MAGIC);
        for field in
            [self.number.0, self.index_offset, self.blocks, self.entries, self.removals, self.raw_bytes]
        {
            bytes.extend_from_slice(&field.to_le_bytes());
        }
        bytes.extend_from_slice(&self.index_length.to_le_bytes());
        bytes.extend_from_slice(&self.through.checksum.to_le_bytes());
        bytes.extend_from_slice(&self.through.position.0.to_le_bytes());
        bytes.extend_from_slice(&[0; RESERVED_BYTES]);
        debug_assert_eq!(bytes.len(), CHECKED_BYTES);
        let checksum = store.checksum(&[&bytes]);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads the footer `bytes` of the run `number`, whose file has `length` bytes.
    pub(super) fn decode(
        bytes: &[u8],
        store: StoreId,
        number: FileNumber,
        length: u64,
    ) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes);
        let checked = cursor.take(CHECKED_BYTES)?;
        if cursor.u32()? != store.checksum(&[checked]) || !cursor.is_empty() {
            return Err(Malformed);
        }
        let mut cursor = Cursor::new(checked);
        let magic = cursor.array::<8>()?;
        let footer = Self {
            number: FileNumber(cursor.u64()?),
            index_offset: cursor.u64()?,
            blocks: cursor.u64()?,
            entries: cursor.u64()?,
            removals: cursor.u64()?,
            raw_bytes: cursor.u64()?,
            index_length: cursor.u32()?,
            through: Link { checksum: cursor.u32()?, position: Position(cursor.u64()?) },
        };
        cursor.reserved(RESERVED_BYTES)?;
        let end = footer
            .index_offset
            .checked_add(u64::from(footer.index_length))
            .and_then(|end| end.checked_add(FOOTER_BYTES as u64));
        let fits = magic == *MAGIC
            && footer.number == number
            && end == Some(length)
            && footer.index_length as usize <= MAX_RAW_BYTES + super::block::BLOCK_HEADER_BYTES
            && footer.removals <= footer.entries;
        if fits { Ok(footer) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: StoreId = StoreId([3; 16]);

    fn sample() -> Footer {
        Footer {
            number: FileNumber(9),
            index_offset: 1_000,
            blocks: 2,
            entries: 30,
            removals: 4,
            raw_bytes: 5_000,
            index_length: 100,
            through: Link { position: Position(7), checksum: 0xdead_beef },
        }
    }

    #[test]
    fn it_round_trips_and_refuses_any_flipped_bit() {
        let footer = sample();
        let bytes = footer.encode(STORE);
        let decode = |bytes: &[u8]| Footer::decode(bytes, STORE, FileNumber(9), 1_180);
        assert_eq!(decode(&bytes), Ok(footer));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&damaged), Err(Malformed), "bit {bit}");
        }
        assert!(decode(&bytes[1..]).is_err());
        assert!(Footer::decode(&bytes, StoreId([4; 16]), FileNumber(9), 1_180).is_err(), "another store's");
        assert!(Footer::decode(&bytes, STORE, FileNumber(8), 1_180).is_err(), "another file's");
        assert!(Footer::decode(&bytes, STORE, FileNumber(9), 1_181).is_err(), "another length");
    }

    /// Would catch another structure of the same store that passes for a footer, and an index that is read whatever room it asks for.
    #[test]
    fn another_magic_and_an_index_beyond_any_are_refused_however_right_the_checksum() {
        let mut bytes = sample().encode(STORE);
        bytes[0] ^= 1;
        let checksum = STORE.checksum(&[&bytes[..CHECKED_BYTES]]);
        bytes[CHECKED_BYTES..].copy_from_slice(&checksum.to_le_bytes());
        assert_eq!(Footer::decode(&bytes, STORE, FileNumber(9), 1_180), Err(Malformed));
        let large = Footer { index_length: u32::MAX, ..sample() };
        let length = 1_000 + u64::from(u32::MAX) + FOOTER_BYTES as u64;
        assert_eq!(Footer::decode(&large.encode(STORE), STORE, FileNumber(9), length), Err(Malformed));
    }
}
