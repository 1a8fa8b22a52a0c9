//! The frame around the bytes of a block: lengths, encoding, checksum.
//!
//! Constraints: nothing of a block is used before its checksum, keyed by the store, is right; decompression writes at most the raw length
//! that the checksummed header says, which is at most [`MAX_RAW_BYTES`]; a block that compression does not make smaller is stored as it is,
//! so that it can be read in place.

use std::{cell::Cell, io, path::Path};

use zstd::zstd_safe::{CCtx, DCtx};

use crate::{
    error::{Error, Result},
    format::codec::{Cursor, Malformed},
    ids::StoreId,
};

/// The size of the frame before the stored bytes.
pub const BLOCK_HEADER_BYTES: usize = 16;

/// The largest raw length: the largest event, 256 MiB, and what comes with it.
pub const MAX_RAW_BYTES: usize = 272 << 20;

/// Buffers above this size are given back once what they were for is done.
const KEPT_BUFFER_BYTES: usize = 1 << 20;

const CHECKED_HEADER_BYTES: usize = BLOCK_HEADER_BYTES - 4;
const AS_IT_IS: u32 = 0;
const ZSTD: u32 = 1;

/// Compression must save one byte in this many, or the block is stored as it is.
const LEAST_SAVING: usize = 16;

/// A block whose checksum is right.
#[derive(Debug, Clone, Copy)]
pub(super) struct CheckedBlock<'a> {
    encoding: u32,
    raw_length: usize,
    stored: &'a [u8],
}

/// Why a block cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unusable {
    /// It is not what was written.
    Damaged,
    /// There is no memory for it.
    OutOfMemory,
}

impl From<Malformed> for Unusable {
    fn from(_: Malformed) -> Self {
        Self::Damaged
    }
}

impl Unusable {
    /// The error of the structure `what` at `offset` of `path`.
    pub(super) fn at(self, path: &Path, offset: u64, what: &'static str) -> Error {
        match self {
            Self::Damaged => Error::corrupt(path, offset, what),
            Self::OutOfMemory => Error::io("allocate a block of", path, io::ErrorKind::OutOfMemory.into()),
        }
    }
}

/// How long the block with this header says to be, header included: a claim until [`CheckedBlock::check`] has looked at all of it.
pub(super) fn claimed_length(header: &[u8]) -> Result<u32, Malformed> {
    let mut header = Cursor::new(header);
    let stored_length = header.u32()?;
    let raw_length = header.u32()?;
    let is_possible = match header.u32()? {
        AS_IT_IS => stored_length == raw_length,
        ZSTD => stored_length < raw_length,
        _ => false,
    };
    if !is_possible || stored_length == 0 || raw_length as usize > MAX_RAW_BYTES {
        return Err(Malformed);
    }
    let header_bytes = u32::try_from(BLOCK_HEADER_BYTES).map_err(|_| Malformed)?;
    stored_length.checked_add(header_bytes).ok_or(Malformed)
}

impl<'a> CheckedBlock<'a> {
    /// Checks `block`, which is the header and all of the stored bytes.
    pub(super) fn check(store: StoreId, block: &'a [u8]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(block);
        let checked_header = cursor.take(CHECKED_HEADER_BYTES)?;
        let checksum = cursor.u32()?;
        let stored = cursor.rest();
        let mut header = Cursor::new(checked_header);
        let stored_length = header.u32()? as usize;
        let raw_length = header.u32()? as usize;
        let encoding = header.u32()?;
        if stored_length != stored.len() || checksum != store.checksum(&[checked_header, stored]) {
            return Err(Malformed);
        }
        let fits = match encoding {
            AS_IT_IS => stored_length == raw_length,
            ZSTD => raw_length <= MAX_RAW_BYTES,
            _ => false,
        };
        if fits { Ok(Self { encoding, raw_length, stored }) } else { Err(Malformed) }
    }

    /// The raw bytes where they are stored as they are.
    pub(super) fn in_place(&self) -> Option<&'a [u8]> {
        (self.encoding == AS_IT_IS).then_some(self.stored)
    }

    /// Replaces what is in `raw` by the raw bytes.
    pub(super) fn decode_into(&self, raw: &mut Vec<u8>) -> Result<(), Unusable> {
        raw.clear();
        raw.try_reserve_exact(self.raw_length).map_err(|_| Unusable::OutOfMemory)?;
        if self.encoding == AS_IT_IS {
            raw.extend_from_slice(self.stored);
            return Ok(());
        }
        decompress(self.stored, raw)?;
        if raw.len() == self.raw_length { Ok(()) } else { Err(Unusable::Damaged) }
    }
}

thread_local! {
    /// A context costs more to make than a block to decompress. It is taken out while it is used.
    static CONTEXT: Cell<Option<DCtx<'static>>> = const { Cell::new(None) };
}

/// Decompresses within the capacity that `raw` has.
fn decompress(stored: &[u8], raw: &mut Vec<u8>) -> Result<(), Unusable> {
    let mut context = CONTEXT.with(Cell::take).or_else(DCtx::try_create).ok_or(Unusable::OutOfMemory)?;
    let decompressed = context.decompress(raw, stored);
    CONTEXT.with(|kept| kept.set(Some(context)));
    decompressed.map(|_| ()).map_err(|_| Unusable::Damaged)
}

/// A block as it is to be written: its header, then its stored bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct EncodedBlock<'a> {
    pub(super) header: [u8; BLOCK_HEADER_BYTES],
    pub(super) stored: &'a [u8],
}

impl EncodedBlock<'_> {
    /// Its length in the file.
    pub(super) fn length(&self) -> usize {
        BLOCK_HEADER_BYTES + self.stored.len()
    }
}

/// Makes blocks of raw bytes.
pub(super) struct BlockEncoder {
    store: StoreId,
    level: i32,
    context: CCtx<'static>,
    compressed: Vec<u8>,
}

impl BlockEncoder {
    /// An encoder for `store` that compresses at zstd's `level`.
    pub(super) fn new(store: StoreId, level: i32) -> Result<Self, Unusable> {
        let context = CCtx::try_create().ok_or(Unusable::OutOfMemory)?;
        Ok(Self { store, level, context, compressed: Vec::new() })
    }

    /// Encodes `raw`, at most [`MAX_RAW_BYTES`].
    pub(super) fn encode<'a>(&'a mut self, raw: &'a [u8]) -> EncodedBlock<'a> {
        debug_assert!(raw.len() <= MAX_RAW_BYTES, "the caller bounds blocks");
        let (encoding, stored) = if self.compress(raw) { (ZSTD, &*self.compressed) } else { (AS_IT_IS, raw) };
        let mut checked = [0; CHECKED_HEADER_BYTES];
        for (field, value) in checked.chunks_exact_mut(4).zip([length(stored), length(raw), encoding]) {
            field.copy_from_slice(&value.to_le_bytes());
        }
        let checksum = self.store.checksum(&[&checked, stored]);
        let mut header = [0; BLOCK_HEADER_BYTES];
        let (left, right) = header.split_at_mut(CHECKED_HEADER_BYTES);
        left.copy_from_slice(&checked);
        right.copy_from_slice(&checksum.to_le_bytes());
        EncodedBlock { header, stored }
    }

    /// Compresses `raw` into `compressed`; `false` where that saves too little. A failure is taken for that too: as it is, a block is right.
    fn compress(&mut self, raw: &[u8]) -> bool {
        let room = raw.len() - raw.len().div_ceil(LEAST_SAVING);
        self.compressed = emptied(std::mem::take(&mut self.compressed));
        // zstd writes within the capacity and fails where it does not suffice.
        let reserved = self.compressed.try_reserve_exact(room).is_ok();
        reserved
            && self.context.compress(&mut self.compressed, raw, self.level).is_ok()
            && self.compressed.len() <= room
    }
}

fn length(bytes: &[u8]) -> u32 {
    // Both lengths are at most `MAX_RAW_BYTES`.
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}

/// An empty buffer that is `buffer`, unless keeping that would pin much memory.
pub(super) fn emptied(mut buffer: Vec<u8>) -> Vec<u8> {
    if buffer.capacity() > KEPT_BUFFER_BYTES {
        return Vec::new();
    }
    buffer.clear();
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: StoreId = StoreId([7; 16]);

    fn encoded(raw: &[u8]) -> Vec<u8> {
        let mut encoder = BlockEncoder::new(STORE, 3).unwrap();
        let block = encoder.encode(raw);
        [&block.header[..], block.stored].concat()
    }

    fn decoded(store: StoreId, block: &[u8]) -> Result<Vec<u8>, Unusable> {
        let mut raw = Vec::new();
        CheckedBlock::check(store, block)?.decode_into(&mut raw)?;
        Ok(raw)
    }

    /// A block with any fields and a right checksum, as damage cannot make but a fault could.
    fn forged(raw_length: u32, encoding: u32, stored: &[u8]) -> Vec<u8> {
        let mut block = Vec::new();
        for field in [length(stored), raw_length, encoding] {
            block.extend_from_slice(&field.to_le_bytes());
        }
        let checksum = STORE.checksum(&[&block, stored]);
        block.extend_from_slice(&checksum.to_le_bytes());
        block.extend_from_slice(stored);
        block
    }

    #[test]
    fn blocks_round_trip_compressed_and_as_they_are() {
        let noise = crate::runs::testing::noise(1, 2_000);
        for raw in [Vec::new(), b"x".to_vec(), vec![5; 100_000], noise.clone()] {
            assert_eq!(decoded(STORE, &encoded(&raw)).unwrap(), raw);
        }
        assert!(encoded(&vec![5; 100_000]).len() < 200, "not compressed");
        let block = encoded(&noise);
        assert_eq!(
            CheckedBlock::check(STORE, &block).unwrap().in_place(),
            Some(&noise[..]),
            "not stored as it is"
        );
    }

    #[test]
    fn any_flipped_bit_truncation_or_other_store_is_refused() {
        let block = encoded(&[b"abc".repeat(20), vec![9; 40]].concat());
        for bit in 0..block.len() * 8 {
            let mut damaged = block.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decoded(STORE, &damaged), Err(Unusable::Damaged), "bit {bit}");
        }
        for length in 0..block.len() {
            assert_eq!(decoded(STORE, &block[..length]), Err(Unusable::Damaged), "length {length}");
        }
        assert_eq!(decoded(StoreId([8; 16]), &block), Err(Unusable::Damaged));
    }

    #[test]
    fn a_decompression_bomb_is_refused_without_the_memory_it_asks_for() {
        let bomb = zstd::bulk::compress(&vec![0; 64 << 20], 3).unwrap();
        let mut raw = Vec::new();
        let block = forged(1_000, ZSTD, &bomb);
        let refused = CheckedBlock::check(STORE, &block).unwrap().decode_into(&mut raw);
        assert_eq!(refused, Err(Unusable::Damaged));
        assert!(raw.capacity() <= 1_000, "{} bytes allocated", raw.capacity());
        for raw_length in [u32::MAX, u32::try_from(MAX_RAW_BYTES).unwrap() + 1] {
            assert!(CheckedBlock::check(STORE, &forged(raw_length, ZSTD, &bomb)).is_err(), "{raw_length}");
        }
    }

    #[test]
    fn a_raw_length_that_is_not_met_is_refused() {
        let stored = zstd::bulk::compress(&[1; 100], 3).unwrap();
        assert_eq!(decoded(STORE, &forged(100, ZSTD, &stored)), Ok(vec![1; 100]));
        for raw_length in [0, 99, 101] {
            assert_eq!(decoded(STORE, &forged(raw_length, ZSTD, &stored)), Err(Unusable::Damaged));
            assert_eq!(decoded(STORE, &forged(raw_length, AS_IT_IS, &[1; 100])), Err(Unusable::Damaged));
        }
        assert_eq!(decoded(STORE, &forged(100, 2, &[1; 100])), Err(Unusable::Damaged));
    }

    /// Would catch a search for blocks that allocates what any bytes ask for, and a block that is given with what lies behind it.
    #[test]
    fn lengths_that_no_block_has_are_refused() {
        let mut longer = forged(100, AS_IT_IS, &[1; 100]);
        longer[0] = 99;
        longer[4] = 99;
        let checksum = STORE.checksum(&[&longer[..CHECKED_HEADER_BYTES], &longer[BLOCK_HEADER_BYTES..]]);
        longer[CHECKED_HEADER_BYTES..BLOCK_HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
        assert_eq!(decoded(STORE, &longer), Err(Unusable::Damaged));
        for raw_length in [u32::MAX, u32::try_from(MAX_RAW_BYTES).unwrap() + 1] {
            assert_eq!(claimed_length(&forged(raw_length, ZSTD, &[1; 100])), Err(Malformed), "{raw_length}");
        }
        assert_eq!(claimed_length(&forged(200, ZSTD, &[1; 100])), Ok(116));
    }
}
