//! Where a record lies in its pack: the 40-byte entry of a pack's index.

use crate::{
    error::{Error, Result},
    format::{
        codec::{Cursor, Malformed},
        header::HEADER_BYTES,
        record::{MAX_RAW_BYTES, MAX_STORED_BYTES, RECORD_HEADER_BYTES, RecordHeader, RecordKind},
    },
    ids::{RecordNumber, StoreId},
    io::File,
};

/// The size of an index entry in bytes.
pub const ENTRY_BYTES: usize = 40;

const RESERVED_BYTES: usize = 1;

/// A record's place in one pack, and what the index tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordPlace {
    /// Which record.
    pub number: RecordNumber,
    /// Where its header starts in the file, in bytes.
    pub offset: u64,
    /// The record it needs first; `None` where it is whole.
    pub base: Option<RecordNumber>,
    /// Bytes behind the header.
    pub stored_length: u32,
    /// Bytes once decompressed.
    pub raw_length: u32,
    /// The CRC-32 of the decompressed bytes.
    pub raw_checksum: u32,
    /// Its place in its chain, modulo 256.
    pub ordinal: u8,
    /// How many records a load reads, itself included.
    pub depth: u8,
    /// What it holds.
    pub kind: RecordKind,
}

impl RecordPlace {
    /// The place of the record with `header` at `offset`.
    pub(super) fn of(header: &RecordHeader, offset: u64) -> Self {
        Self {
            number: header.number,
            offset,
            base: header.base.map(|base| base.number),
            stored_length: header.stored_length,
            raw_length: header.raw_length,
            raw_checksum: header.raw_checksum,
            ordinal: header.ordinal,
            depth: header.depth,
            kind: header.kind,
        }
    }

    /// Where the record ends in its file, in bytes.
    pub fn end(&self) -> u64 {
        self.offset.saturating_add(self.length())
    }

    /// Bytes the record takes in its file, its header included.
    pub fn length(&self) -> u64 {
        RECORD_HEADER_BYTES as u64 + u64::from(self.stored_length)
    }

    /// Its index entry.
    pub(super) fn encode(&self) -> [u8; ENTRY_BYTES] {
        let mut bytes = Vec::with_capacity(ENTRY_BYTES);
        bytes.extend_from_slice(&self.number.0.to_le_bytes());
        bytes.extend_from_slice(&self.offset.to_le_bytes());
        bytes.extend_from_slice(&self.base.map_or(0, |base| base.0).to_le_bytes());
        bytes.extend_from_slice(&self.stored_length.to_le_bytes());
        bytes.extend_from_slice(&self.raw_length.to_le_bytes());
        bytes.extend_from_slice(&self.raw_checksum.to_le_bytes());
        bytes.extend_from_slice(&[self.ordinal, self.depth, self.kind.to_byte()]);
        bytes.extend_from_slice(&[0; RESERVED_BYTES]);
        let mut entry = [0; ENTRY_BYTES];
        entry.copy_from_slice(&bytes);
        entry
    }

    /// Reads an index entry.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes);
        let number = RecordNumber(cursor.u64()?);
        let offset = cursor.u64()?;
        let base = Some(RecordNumber(cursor.u64()?)).filter(|base| base.0 != 0);
        let stored_length = cursor.u32()?;
        let raw_length = cursor.u32()?;
        let raw_checksum = cursor.u32()?;
        let [ordinal, depth, kind] = cursor.array()?;
        cursor.reserved(RESERVED_BYTES)?;
        let kind = RecordKind::from_byte(kind)?;
        let fits = offset >= HEADER_BYTES as u64
            && raw_length <= MAX_RAW_BYTES
            && stored_length <= MAX_STORED_BYTES
            && (depth == 1) == base.is_none();
        if !fits {
            return Err(Malformed);
        }
        Ok(Self { number, offset, base, stored_length, raw_length, raw_checksum, ordinal, depth, kind })
    }

    /// Reads the record here from `file`, a pack of `store`: its header and its stored bytes, both checked.
    pub(super) fn read(&self, file: &dyn File, store: StoreId) -> Result<(RecordHeader, Vec<u8>)> {
        let damaged = |what| Error::corrupt(file.path(), self.offset, what);
        let mut header = [0; RECORD_HEADER_BYTES];
        file.read_exact_at(&mut header, self.offset)?;
        let header = RecordHeader::decode(&header, store).map_err(|Malformed| damaged("record header"))?;
        if Self::of(&header, self.offset) != *self {
            return Err(damaged("record is not what the index says"));
        }
        let length = usize::try_from(self.stored_length).map_err(|_| damaged("record length"))?;
        let mut stored = vec![0; length];
        file.read_exact_at(&mut stored, self.offset + RECORD_HEADER_BYTES as u64)?;
        if crc32fast::hash(&stored) != header.stored_checksum {
            return Err(damaged("record"));
        }
        Ok((header, stored))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> RecordPlace {
        RecordPlace {
            number: RecordNumber(5),
            offset: 640,
            base: Some(RecordNumber(4)),
            stored_length: 10,
            raw_length: 20,
            raw_checksum: 30,
            ordinal: 3,
            depth: 2,
            kind: RecordKind::Checkpoint,
        }
    }

    #[test]
    fn entries_round_trip_where_the_format_says() {
        let place = sample();
        let bytes = place.encode();
        assert_eq!(RecordPlace::decode(&bytes), Ok(place));
        assert_eq!(bytes[8..16], 640u64.to_le_bytes());
        assert_eq!(bytes[36..], [3, 2, 1, 0]);
        for length in 0..ENTRY_BYTES {
            assert_eq!(RecordPlace::decode(&bytes[..length]), Err(Malformed));
        }
    }

    // The bug: an index entry, its checksum right, that has a reader allocate without bound or go in circles.
    #[test]
    fn values_that_are_never_written_are_refused() {
        for place in [
            RecordPlace { offset: HEADER_BYTES as u64 - 1, ..sample() },
            RecordPlace { raw_length: MAX_RAW_BYTES + 1, ..sample() },
            RecordPlace { stored_length: MAX_STORED_BYTES + 1, ..sample() },
            RecordPlace { depth: 1, ..sample() },
            RecordPlace { base: None, ..sample() },
        ] {
            assert_eq!(RecordPlace::decode(&place.encode()), Err(Malformed), "{place:?}");
        }
    }
}
