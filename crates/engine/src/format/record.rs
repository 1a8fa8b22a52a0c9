//! The header of a checkpoint record: the same 56 bytes in a pack and in the log's tag 6.
//!
//! Constraints: a header that decodes is one this store wrote (its checksum is keyed by the store), and its fields agree with each
//! other: a whole record has depth 1 and no base, a delta a depth of at least 2 and a base that is another record; both lengths are
//! within hard limits. The stored and the raw bytes have checksums of their own, which whoever reads those bytes compares.

use super::codec::{Cursor, Malformed, NUMBERS_END};
use crate::ids::{RecordNumber, StoreId};

/// The header's size in bytes.
pub const RECORD_HEADER_BYTES: usize = 56;

/// The most raw bytes a record may have: 272 MiB, the largest value of the option `maxRecordBytes` and room for what surrounds it.
pub const MAX_RAW_BYTES: u32 = 272 << 20;

/// The most stored bytes a record may have: 274 MiB, more than raw bytes of [`MAX_RAW_BYTES`] that do not compress take.
pub const MAX_STORED_BYTES: u32 = 274 << 20;

/// What a header starts with.
pub const MAGIC: &[u8; 4] = b"RECD";
const CHECKED_BYTES: usize = RECORD_HEADER_BYTES - 4;
const RESERVED_BYTES: usize = 9;

/// What a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RecordKind {
    /// One version of a checkpoint.
    Checkpoint,
    /// The body of a log frame that is too large for the log; always whole.
    LargeChange,
}

impl RecordKind {
    /// Its byte.
    pub const fn to_byte(self) -> u8 {
        match self {
            Self::Checkpoint => 1,
            Self::LargeChange => 2,
        }
    }

    /// The kind of `byte`.
    pub const fn from_byte(byte: u8) -> Result<Self, Malformed> {
        match byte {
            1 => Ok(Self::Checkpoint),
            2 => Ok(Self::LargeChange),
            _ => Err(Malformed),
        }
    }
}

/// The record a delta was compressed against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// Which one.
    pub number: RecordNumber,
    /// The CRC-32 of its raw bytes.
    pub raw_checksum: u32,
}

/// What is known of a record without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordHeader {
    /// Its number; never 0.
    pub number: RecordNumber,
    /// What it was compressed against; `None` where it is whole.
    pub base: Option<Base>,
    /// Bytes once decompressed.
    pub raw_length: u32,
    /// The CRC-32 of the decompressed bytes.
    pub raw_checksum: u32,
    /// Bytes as stored.
    pub stored_length: u32,
    /// The CRC-32 of the stored bytes.
    pub stored_checksum: u32,
    /// Its place in its chain, modulo 256.
    pub ordinal: u8,
    /// How many records a load reads, itself included.
    pub depth: u8,
    /// What it holds.
    pub kind: RecordKind,
}

impl RecordHeader {
    /// Its bytes in `store`.
    pub fn encode(&self, store: StoreId) -> [u8; RECORD_HEADER_BYTES] {
        let (base_number, base_checksum) =
            self.base.map_or((0, 0), |base| (base.number.0, base.raw_checksum));
        let mut bytes = Vec::with_capacity(RECORD_HEADER_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.stored_length.to_le_bytes());
        bytes.extend_from_slice(&self.number.0.to_le_bytes());
        bytes.extend_from_slice(&base_number.to_le_bytes());
        bytes.extend_from_slice(&self.raw_length.to_le_bytes());
        bytes.extend_from_slice(&self.raw_checksum.to_le_bytes());
        bytes.extend_from_slice(&base_checksum.to_le_bytes());
        bytes.extend_from_slice(&self.stored_checksum.to_le_bytes());
        bytes.extend_from_slice(&[self.ordinal, self.depth, self.kind.to_byte()]);
        bytes.extend_from_slice(&[0; RESERVED_BYTES]);
        let checksum = store.checksum(&[&bytes]);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        let mut header = [0; RECORD_HEADER_BYTES];
        header.copy_from_slice(&bytes);
        header
    }

    /// Reads the header in the first [`RECORD_HEADER_BYTES`] of `bytes`, written by `store`.
    pub fn decode(bytes: &[u8], store: StoreId) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes);
        let magic = cursor.array::<4>()?;
        let stored_length = cursor.u32()?;
        let number = RecordNumber(cursor.u64()?);
        let base_number = RecordNumber(cursor.u64()?);
        let raw_length = cursor.u32()?;
        let raw_checksum = cursor.u32()?;
        let base_checksum = cursor.u32()?;
        let stored_checksum = cursor.u32()?;
        let [ordinal, depth, kind] = cursor.array()?;
        cursor.reserved(RESERVED_BYTES)?;
        let checksum = cursor.u32()?;
        let checked = bytes.get(..CHECKED_BYTES).ok_or(Malformed)?;
        if magic != *MAGIC || checksum != store.checksum(&[checked]) {
            return Err(Malformed);
        }
        let base = match (base_number, base_checksum) {
            (RecordNumber(0), 0) => None,
            (RecordNumber(0), _) => return Err(Malformed),
            (number, raw_checksum) => Some(Base { number, raw_checksum }),
        };
        let kind = RecordKind::from_byte(kind)?;
        let header = Self {
            number,
            base,
            raw_length,
            raw_checksum,
            stored_length,
            stored_checksum,
            ordinal,
            depth,
            kind,
        };
        if header.is_consistent() { Ok(header) } else { Err(Malformed) }
    }

    /// Whether the fields agree with each other as the module says.
    pub fn is_consistent(&self) -> bool {
        let chained = match self.base {
            None => self.depth == 1,
            Some(base) => {
                self.depth >= 2 && base.number != self.number && self.kind == RecordKind::Checkpoint
            }
        };
        chained
            && (1..NUMBERS_END).contains(&self.number.0)
            && self.raw_length <= MAX_RAW_BYTES
            && self.stored_length <= MAX_STORED_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: StoreId = StoreId(*b"0123456789abcdef");

    fn delta() -> RecordHeader {
        RecordHeader {
            number: RecordNumber(9),
            base: Some(Base { number: RecordNumber(8), raw_checksum: 0x0102_0304 }),
            raw_length: 1000,
            raw_checksum: 0xdead_beef,
            stored_length: 77,
            stored_checksum: 0xcafe_f00d,
            ordinal: 3,
            depth: 3,
            kind: RecordKind::Checkpoint,
        }
    }

    fn whole(kind: RecordKind) -> RecordHeader {
        RecordHeader { base: None, depth: 1, kind, ..delta() }
    }

    #[test]
    fn every_form_round_trips() {
        for header in [delta(), whole(RecordKind::Checkpoint), whole(RecordKind::LargeChange)] {
            assert_eq!(RecordHeader::decode(&header.encode(STORE), STORE), Ok(header));
        }
    }

    // The byte map of docs/format.md: a field that moved would make files of the same version unreadable.
    #[test]
    fn the_fields_lie_where_the_format_says() {
        let bytes = delta().encode(STORE);
        assert_eq!(bytes[..4], *b"RECD");
        assert_eq!(bytes[4..8], 77u32.to_le_bytes());
        assert_eq!(bytes[8..16], 9u64.to_le_bytes());
        assert_eq!(bytes[16..24], 8u64.to_le_bytes());
        assert_eq!(bytes[24..28], 1000u32.to_le_bytes());
        assert_eq!(bytes[28..32], 0xdead_beefu32.to_le_bytes());
        assert_eq!(bytes[32..36], 0x0102_0304u32.to_le_bytes());
        assert_eq!(bytes[36..40], 0xcafe_f00du32.to_le_bytes());
        assert_eq!(bytes[40..43], [3, 3, 1]);
    }

    #[test]
    fn every_flipped_bit_truncation_and_other_store_is_refused() {
        let bytes = delta().encode(STORE);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes;
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(RecordHeader::decode(&damaged, STORE), Err(Malformed), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert_eq!(RecordHeader::decode(&bytes[..length], STORE), Err(Malformed));
        }
        assert_eq!(RecordHeader::decode(&bytes, StoreId([0; 16])), Err(Malformed));
    }

    // A valid checksum must not excuse fields that would send a reader in circles or have it allocate without bound.
    #[test]
    fn fields_that_contradict_each_other_are_refused() {
        let own_base = Some(Base { number: RecordNumber(9), raw_checksum: 1 });
        for header in [
            RecordHeader { depth: 1, ..delta() },
            RecordHeader { depth: 0, ..whole(RecordKind::Checkpoint) },
            RecordHeader { depth: 2, ..whole(RecordKind::Checkpoint) },
            RecordHeader { base: own_base, ..delta() },
            RecordHeader { number: RecordNumber(0), ..delta() },
            RecordHeader { number: RecordNumber(NUMBERS_END), ..delta() },
            RecordHeader { kind: RecordKind::LargeChange, ..delta() },
            RecordHeader { raw_length: MAX_RAW_BYTES + 1, ..delta() },
            RecordHeader { stored_length: MAX_STORED_BYTES + 1, ..delta() },
        ] {
            assert_eq!(RecordHeader::decode(&header.encode(STORE), STORE), Err(Malformed), "{header:?}");
        }
    }

    /// Catches another structure of the same store that passes for a record.
    #[test]
    fn another_magic_is_refused_however_right_the_checksum() {
        let mut bytes = delta().encode(STORE);
        bytes[0] ^= 1;
        let checksum = STORE.checksum(&[&bytes[..CHECKED_BYTES]]);
        bytes[CHECKED_BYTES..].copy_from_slice(&checksum.to_le_bytes());
        assert_eq!(RecordHeader::decode(&bytes, STORE), Err(Malformed));
    }
}
