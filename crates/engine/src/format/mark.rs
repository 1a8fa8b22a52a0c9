//! The durable-through mark: how far a log was synced, in two alternating slots of its file.
//!
//! Constraints: the slots lie a page apart, so that a torn write of one 4 KiB sector harms one of them; each write goes to the slot that does not hold
//! the newest mark. A mark is keyed by its store and names its file and, by its counter's parity, its slot, so that a copy of it
//! anywhere else is no mark.

use super::codec::{Cursor, Malformed};
use crate::{
    format::frame::Link,
    ids::{FileNumber, Position, StoreId},
};

/// A mark's size in bytes.
pub const MARK_BYTES: usize = 56;

/// What a slot has to itself: no sector of a disk is larger.
pub const PAGE_BYTES: u64 = 4096;

/// Where slot A and slot B lie in a log, behind the page of the file header.
pub const SLOT_OFFSETS: [u64; 2] = [PAGE_BYTES, 2 * PAGE_BYTES];

/// Where a log's first frame lies.
pub const FRAMES_OFFSET: u64 = 3 * PAGE_BYTES;

const MAGIC: &[u8; 8] = b"AGENTMRK";
const CLOSED_FLAG: u32 = 1;
const RESERVED_BYTES: usize = 4;
const CHECKED_BYTES: usize = MARK_BYTES - 4;

/// What a slot says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// One more than that of the mark before in this file; from 1.
    pub counter: u64,
    /// The file it stands in.
    pub file: FileNumber,
    /// The frame up to which everything was synced before this was written.
    pub through: Link,
    /// Where that frame ends in this file; [`FRAMES_OFFSET`] where it is not in this file.
    pub offset: u64,
    /// Whether the store was closed in order here.
    pub closed: bool,
}

impl Mark {
    /// The two marks of a file without a frame.
    pub fn initial(file: FileNumber) -> [Self; 2] {
        let through = Link { position: Position(0), checksum: 0 };
        [1, 2].map(|counter| Self { counter, file, through, offset: FRAMES_OFFSET, closed: false })
    }

    /// Where in the file it stands.
    pub fn slot_offset(&self) -> u64 {
        let [even, odd] = SLOT_OFFSETS;
        if self.counter.is_multiple_of(2) { even } else { odd }
    }

    /// Its bytes.
    pub fn encode(&self, store: StoreId) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(MARK_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.counter.to_le_bytes());
        bytes.extend_from_slice(&self.file.0.to_le_bytes());
        bytes.extend_from_slice(&self.through.position.0.to_le_bytes());
        bytes.extend_from_slice(&self.offset.to_le_bytes());
        bytes.extend_from_slice(&self.through.checksum.to_le_bytes());
        bytes.extend_from_slice(&(if self.closed { CLOSED_FLAG } else { 0 }).to_le_bytes());
        bytes.extend_from_slice(&[0; RESERVED_BYTES]);
        debug_assert_eq!(bytes.len(), CHECKED_BYTES);
        let checksum = store.checksum(&[&bytes]);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads the mark of the log `file` of `store` whose first bytes, at `slot_offset`, are `bytes`.
    pub fn decode(
        bytes: &[u8],
        store: StoreId,
        file: FileNumber,
        slot_offset: u64,
    ) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes);
        let magic = cursor.array::<8>()?;
        let counter = cursor.u64()?;
        let found = FileNumber(cursor.u64()?);
        let position = Position(cursor.u64()?);
        let offset = cursor.u64()?;
        let checksum = cursor.u32()?;
        let flags = cursor.u32()?;
        cursor.reserved(RESERVED_BYTES)?;
        let sealed = cursor.u32()? == store.checksum(&[bytes.get(..CHECKED_BYTES).ok_or(Malformed)?]);
        let closed = flags == CLOSED_FLAG;
        let mark = Self { counter, file, through: Link { position, checksum }, offset, closed };
        // The last counter has no successor, and no file lives long enough to reach it.
        let own_slot = (1..u64::MAX).contains(&counter) && mark.slot_offset() == slot_offset;
        let own_file = found == file && offset >= FRAMES_OFFSET && flags <= CLOSED_FLAG;
        if sealed && own_slot && own_file && magic == *MAGIC { Ok(mark) } else { Err(Malformed) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: StoreId = StoreId(*b"0123456789abcdef");
    const FILE: FileNumber = FileNumber(7);

    fn sample() -> Mark {
        let through = Link { position: Position(41), checksum: 0xdead_beef };
        Mark { counter: 6, file: FILE, through, offset: 20_000, closed: true }
    }

    #[test]
    fn marks_round_trip() {
        let [first, second] = Mark::initial(FILE);
        for mark in [first, second, sample(), Mark { closed: false, ..sample() }] {
            let bytes = mark.encode(STORE);
            assert_eq!(bytes.len(), MARK_BYTES);
            assert_eq!(Mark::decode(&bytes, STORE, FILE, mark.slot_offset()), Ok(mark));
        }
    }

    /// Guards the byte map of docs/format.md against a change that encode and decode make together.
    #[test]
    fn the_fields_lie_where_the_format_says() {
        let bytes = sample().encode(STORE);
        assert_eq!(&bytes[0..8], b"AGENTMRK");
        assert_eq!(bytes[8..16], 6u64.to_le_bytes());
        assert_eq!(bytes[16..24], 7u64.to_le_bytes());
        assert_eq!(bytes[24..32], 41u64.to_le_bytes());
        assert_eq!(bytes[32..40], 20_000u64.to_le_bytes());
        assert_eq!(bytes[40..44], 0xdead_beef_u32.to_le_bytes());
        assert_eq!(bytes[44..48], 1u32.to_le_bytes());
        assert_eq!(bytes[48..52], [0; 4]);
        assert_eq!(bytes[52..56], crc32fast::hash(&[&STORE.0, &bytes[..52]].concat()).to_le_bytes());
    }

    #[test]
    fn every_flipped_bit_and_every_truncation_is_refused() {
        let bytes = sample().encode(STORE);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(Mark::decode(&damaged, STORE, FILE, 4096), Err(Malformed), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert_eq!(Mark::decode(&bytes[..length], STORE, FILE, 4096), Err(Malformed), "length {length}");
        }
    }

    /// Catches a mark of elsewhere (a copied page, another file, another store) being believed.
    #[test]
    fn a_mark_holds_only_where_it_was_written() {
        let bytes = sample().encode(STORE);
        assert_eq!(Mark::decode(&bytes, STORE, FILE, 8192), Err(Malformed));
        assert_eq!(Mark::decode(&bytes, STORE, FileNumber(8), 4096), Err(Malformed));
        assert_eq!(Mark::decode(&bytes, StoreId([0; 16]), FILE, 4096), Err(Malformed));
    }

    #[test]
    fn values_that_are_never_written_are_refused() {
        for mark in [
            Mark { counter: 0, ..sample() },
            Mark { counter: u64::MAX, ..sample() },
            Mark { offset: FRAMES_OFFSET - 1, ..sample() },
        ] {
            assert_eq!(Mark::decode(&mark.encode(STORE), STORE, FILE, mark.slot_offset()), Err(Malformed));
        }
    }

    /// Catches a mark of a later version, or another structure of the same store, that is believed because its checksum is right.
    #[test]
    fn other_flags_and_another_magic_are_refused() {
        for at in [0, 44] {
            let mut bytes = sample().encode(STORE);
            bytes[at] ^= 2;
            let checksum = STORE.checksum(&[&bytes[..CHECKED_BYTES]]);
            bytes[CHECKED_BYTES..].copy_from_slice(&checksum.to_le_bytes());
            assert_eq!(Mark::decode(&bytes, STORE, FILE, 4096), Err(Malformed), "byte {at}");
        }
    }
}
