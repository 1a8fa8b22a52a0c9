//! The 64 bytes that end a sealed pack.

use crate::{
    format::{
        codec::{Cursor, Malformed},
        header::HEADER_BYTES,
        record::RECORD_HEADER_BYTES,
    },
    ids::{FileNumber, StoreId},
    packs::place::ENTRY_BYTES,
};

/// The footer's size in bytes.
pub const FOOTER_BYTES: usize = 64;

const MAGIC: &[u8; 8] = b"AGENTEND";
const CHECKED_BYTES: usize = FOOTER_BYTES - 4;
const RESERVED_BYTES: usize = 16;

/// Where the index of a sealed pack lies, and what it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Footer {
    /// The pack's number.
    pub(super) number: FileNumber,
    /// Where the index starts, which is where the records end.
    pub(super) index_offset: u64,
    /// How many records.
    pub(super) records: u64,
    /// Sum of their stored lengths.
    pub(super) stored_bytes: u64,
    /// The index's checksum, keyed by the store.
    pub(super) index_checksum: u32,
}

impl Footer {
    /// Its bytes in `store`.
    pub(super) fn encode(&self, store: StoreId) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(FOOTER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.number.0.to_le_bytes());
        bytes.extend_from_slice(&self.index_offset.to_le_bytes());
        bytes.extend_from_slice(&self.records.to_le_bytes());
        bytes.extend_from_slice(&self.stored_bytes.to_le_bytes());
        bytes.extend_from_slice(&self.index_checksum.to_le_bytes());
        bytes.extend_from_slice(&[0; RESERVED_BYTES]);
        let checksum = store.checksum(&[&bytes]);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads the footer of pack `number` of `store`, which is `length` bytes long. Its index then lies between records and footer, without a gap.
    pub(super) fn decode(
        bytes: &[u8],
        number: FileNumber,
        store: StoreId,
        length: u64,
    ) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes);
        let magic = cursor.array::<8>()?;
        let footer = Self {
            number: FileNumber(cursor.u64()?),
            index_offset: cursor.u64()?,
            records: cursor.u64()?,
            stored_bytes: cursor.u64()?,
            index_checksum: cursor.u32()?,
        };
        cursor.reserved(RESERVED_BYTES)?;
        let checksum = cursor.u32()?;
        let checked = bytes.get(..CHECKED_BYTES).ok_or(Malformed)?;
        let fits = magic == *MAGIC
            && checksum == store.checksum(&[checked])
            && footer.number == number
            && footer.length() == Some(length)
            && footer.records_length() == Some(footer.index_offset);
        if fits { Ok(footer) } else { Err(Malformed) }
    }

    /// How long the index is, in bytes.
    pub(super) fn index_length(&self) -> Option<u64> {
        self.records.checked_mul(ENTRY_BYTES as u64)
    }

    /// How long the whole pack is, in bytes.
    pub(super) fn length(&self) -> Option<u64> {
        self.index_offset.checked_add(self.index_length()?)?.checked_add(FOOTER_BYTES as u64)
    }

    fn records_length(&self) -> Option<u64> {
        let headers = self.records.checked_mul(RECORD_HEADER_BYTES as u64)?;
        headers.checked_add(self.stored_bytes)?.checked_add(HEADER_BYTES as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: StoreId = StoreId(*b"0123456789abcdef");
    const NUMBER: FileNumber = FileNumber(3);

    fn sample() -> Footer {
        let records = 2;
        let stored_bytes = 100;
        let index_offset = (HEADER_BYTES + 2 * RECORD_HEADER_BYTES) as u64 + stored_bytes;
        Footer { number: NUMBER, index_offset, records, stored_bytes, index_checksum: 7 }
    }

    #[test]
    fn a_footer_round_trips_and_refuses_every_flipped_bit() {
        let footer = sample();
        let bytes = footer.encode(STORE);
        let length = footer.length().unwrap();
        assert_eq!(bytes.len(), FOOTER_BYTES);
        assert_eq!(Footer::decode(&bytes, NUMBER, STORE, length), Ok(footer));
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Footer::decode(&damaged, NUMBER, STORE, length), Err(Malformed), "bit {bit}");
        }
    }

    // Counts that overflow or point outside the file must be refused before anything is allocated for them.
    #[test]
    fn counts_that_do_not_fit_the_file_are_refused() {
        let length = sample().length().unwrap();
        for footer in [
            Footer { records: u64::MAX, ..sample() },
            Footer { records: 3, ..sample() },
            Footer { index_offset: u64::MAX, ..sample() },
            Footer { stored_bytes: u64::MAX, ..sample() },
            Footer { number: FileNumber(4), ..sample() },
        ] {
            assert_eq!(Footer::decode(&footer.encode(STORE), NUMBER, STORE, length), Err(Malformed));
        }
        Footer::decode(&sample().encode(STORE), NUMBER, STORE, length + 1).unwrap_err();
    }

    // Another structure of the same store must not pass for a footer.
    #[test]
    fn another_magic_is_refused_however_right_the_checksum() {
        let mut bytes = sample().encode(STORE);
        bytes[0] ^= 1;
        let checksum = STORE.checksum(&[&bytes[..CHECKED_BYTES]]);
        bytes[CHECKED_BYTES..].copy_from_slice(&checksum.to_le_bytes());
        assert_eq!(Footer::decode(&bytes, NUMBER, STORE, sample().length().unwrap()), Err(Malformed));
    }
}
