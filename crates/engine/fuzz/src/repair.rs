//! Makes the checksums of damaged structures right, so that what lies behind them is reached.
//!
//! Constraint: nothing but checksums is changed, and what goes with the checksum of a log's frame: its position, and its end in the mark that names
//! it; a structure that does not fit is left as it is.

use std::ops::Range;

use agent_storage_engine::{
    format::{
        frame::{self, FRAME_HEADER_BYTES},
        header::HEADER_BYTES,
        mark::{FRAMES_OFFSET, MARK_BYTES, SLOT_OFFSETS},
        record::RECORD_HEADER_BYTES,
    },
    ids::{Position, StoreId},
    runs::probe::BLOCK_HEADER_BYTES,
    wal::Link,
};

/// Writes `value` at `at`, as far as it fits.
pub(crate) fn put_u32(bytes: &mut [u8], at: usize, value: u32) {
    if let Some(field) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *field = value.to_le_bytes();
    }
}

/// Writes `value` at `at`, as far as it fits.
pub(crate) fn put_u64(bytes: &mut [u8], at: usize, value: u64) {
    if let Some(field) = bytes.get_mut(at..).and_then(|rest| rest.first_chunk_mut()) {
        *field = value.to_le_bytes();
    }
}

/// The number at `at`.
pub(crate) fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|field| u32::from_le_bytes(*field))
}

/// The number at `at`.
pub(crate) fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    bytes.get(at..)?.first_chunk().map(|field| u64::from_le_bytes(*field))
}

/// Lets the last four bytes of `structure`, a range of `bytes`, be the checksum of those before, keyed by `store`.
pub(crate) fn sealed(bytes: &mut [u8], structure: Range<usize>, store: StoreId) {
    let Some(checked) = structure.end.checked_sub(4).and_then(|end| bytes.get(structure.start..end)) else {
        return;
    };
    let checksum = store.checksum(&[checked]);
    put_u32(bytes, structure.end - 4, checksum);
}

/// The header that a file starts with.
pub(crate) fn file_header(bytes: &mut [u8]) {
    if let Some(checked) = bytes.get(..HEADER_BYTES - 4) {
        let checksum = crc32fast::hash(checked);
        put_u32(bytes, HEADER_BYTES - 4, checksum);
    }
}

/// A manifest's header, and the length and checksum of its body.
pub(crate) fn manifest(bytes: &mut [u8], store: StoreId) {
    file_header(bytes);
    if let Some(body) = bytes.get(HEADER_BYTES + 8..) {
        let (length, checksum) = (u32::try_from(body.len()).unwrap_or(u32::MAX), store.checksum(&[body]));
        put_u32(bytes, HEADER_BYTES, length);
        put_u32(bytes, HEADER_BYTES + 4, checksum);
    }
}

/// The block that is all of `block`: its length and checksum.
pub(crate) fn block(block: &mut [u8], store: StoreId) {
    let Some((header, stored)) = block.split_at_mut_checked(BLOCK_HEADER_BYTES) else { return };
    put_u32(header, 0, u32::try_from(stored.len()).unwrap_or(u32::MAX));
    let checksum = store.checksum(&[&header[..BLOCK_HEADER_BYTES - 4], stored]);
    put_u32(header, BLOCK_HEADER_BYTES - 4, checksum);
}

/// Every record header in `bytes`, wherever it lies, with the checksum of the stored bytes behind it.
pub(crate) fn record_headers(bytes: &mut [u8], store: StoreId) {
    for at in 0..bytes.len().saturating_sub(RECORD_HEADER_BYTES - 1) {
        if !bytes[at..].starts_with(b"RECD") {
            continue;
        }
        let stored = at + RECORD_HEADER_BYTES;
        let length = u32_at(bytes, at + 4).and_then(|length| usize::try_from(length).ok());
        let end = length.and_then(|length| stored.checked_add(length));
        if let Some(checksum) = end.and_then(|end| bytes.get(stored..end)).map(crc32fast::hash) {
            put_u32(bytes, at + 36, checksum);
        }
        sealed(bytes, at..stored, store);
    }
}

/// The frames of a log file from `offset` on, as long as one has a possible length: their positions and checksums, from `previous` on.
/// Answers each frame's link and where it ends.
pub(crate) fn frames(bytes: &mut [u8], offset: usize, previous: Link) -> Vec<(Link, usize)> {
    let mut links: Vec<(Link, usize)> = Vec::new();
    let (mut offset, mut link) = (offset, previous);
    while let Some(length) = bytes.get(offset..).and_then(|rest| frame::claimed_bytes(rest).ok()) {
        let Some(frame) = bytes.get_mut(offset..offset + length) else { break };
        let Some(position) = link.position.0.checked_add(1) else { break };
        put_u64(frame, 8, position);
        let checksum = chained(frame, link.checksum);
        put_u32(frame, 4, checksum);
        link = Link { position: Position(position), checksum };
        offset += length;
        links.push((link, offset));
    }
    links
}

/// The checksum of a whole frame, as `docs/format.md` has it.
pub(crate) fn chained(frame: &[u8], previous: u32) -> u32 {
    debug_assert!(frame.len() >= FRAME_HEADER_BYTES, "the caller looked at the length");
    let mut hasher = crc32fast::Hasher::new_with_initial(previous);
    hasher.update(&frame[..4]);
    hasher.update(&frame[8..]);
    hasher.finalize()
}

/// A log file that starts after `start`: its header, its frames with the record headers in them, and the frames that its marks name.
/// Answers the last frame's link.
pub(crate) fn log(bytes: &mut [u8], store: StoreId, start: Link) -> Link {
    file_header(bytes);
    let frames_offset = usize::try_from(FRAMES_OFFSET).expect("a few pages");
    if let Some(frames) = bytes.get_mut(frames_offset..) {
        record_headers(frames, store);
    }
    let links = frames(bytes, frames_offset, start);
    for slot in SLOT_OFFSETS.map(|slot| usize::try_from(slot).expect("a few pages")) {
        let position = u64_at(bytes, slot + 24);
        if position == Some(start.position.0) {
            put_u32(bytes, slot + 40, start.checksum);
        }
        if let Some((link, end)) = links.iter().find(|(link, _)| Some(link.position.0) == position) {
            put_u64(bytes, slot + 32, *end as u64);
            put_u32(bytes, slot + 40, link.checksum);
        }
        sealed(bytes, slot..slot + MARK_BYTES, store);
    }
    links.last().map_or(start, |(link, _)| *link)
}
