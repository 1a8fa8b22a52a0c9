//! A frame: one atomic batch of the write-ahead log.
//!
//! Constraints: a frame says nothing without its predecessor. Its checksum's state starts from the predecessor's checksum, so that a frame that was
//! skipped, repeated, moved or left over from another life of the file never fits, however sound its own bytes are. The first
//! frame after each opening of the store carries random bytes, so that two continuations of one frame are never alike.

use super::codec::{Cursor, Malformed};
use crate::{
    error::{Error, Result},
    ids::Position,
};

/// The size of what precedes the body.
pub const FRAME_HEADER_BYTES: usize = 28;

/// The longest body.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// How many random bytes the body of an opening's first frame starts with.
pub const OPENING_BYTES: usize = 8;

/// The most changes that go into a frame: they fit even where the body starts with random bytes.
pub const MAX_CHANGES_BYTES: usize = MAX_BODY_BYTES - OPENING_BYTES;

const OPENING_FLAG: u32 = 1;

/// A frame's place in the chain, which its successor continues. Also where a log starts: the frame before its first one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// The frame's position; 0 before the first frame of a store.
    pub position: Position,
    /// The frame's checksum; any number where the position is 0.
    pub checksum: u32,
}

impl Link {
    /// The position of the frame after this one; `None` where the numbers end.
    pub fn successor(self) -> Option<Position> {
        self.position.0.checked_add(1).map(Position)
    }
}

/// A frame that fits its predecessor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// Its position and checksum.
    pub link: Link,
    /// When its changes were accepted, in milliseconds since the epoch.
    pub time_ms: u64,
    /// Whether it is the first of an opening.
    pub opening: bool,
    /// The changes, without an opening's random bytes.
    pub changes: &'a [u8],
}

/// Encodes the frame after `previous` into `buffer`, in place of what that holds. `opening` makes it the first one of an opening.
///
/// Changes that are none are [`Error::InvalidArgument`], more than [`MAX_CHANGES_BYTES`] of them [`Error::TooLarge`].
pub fn encode(
    buffer: &mut Vec<u8>,
    previous: Link,
    time_ms: u64,
    opening: Option<[u8; OPENING_BYTES]>,
    changes: &[u8],
) -> Result<Link> {
    let body_bytes = changes.len() + opening.map_or(0, |random| random.len());
    let length = u32::try_from(body_bytes).ok().filter(|_| changes.len() <= MAX_CHANGES_BYTES).ok_or(
        Error::TooLarge { what: "a batch", bytes: changes.len() as u64, limit: MAX_CHANGES_BYTES as u64 },
    )?;
    let position = previous.successor().filter(|_| !changes.is_empty()).ok_or_else(|| {
        let what = "a batch needs at least one byte of changes, and a position after the last one".to_owned();
        Error::InvalidArgument { what }
    })?;
    buffer.clear();
    buffer.reserve(FRAME_HEADER_BYTES + body_bytes);
    buffer.extend_from_slice(&length.to_le_bytes());
    buffer.extend_from_slice(&[0; size_of::<u32>()]);
    buffer.extend_from_slice(&position.0.to_le_bytes());
    buffer.extend_from_slice(&time_ms.to_le_bytes());
    buffer.extend_from_slice(&opening.map_or(0, |_| OPENING_FLAG).to_le_bytes());
    debug_assert_eq!(buffer.len(), FRAME_HEADER_BYTES);
    buffer.extend_from_slice(opening.as_ref().map_or(&[], <[u8; OPENING_BYTES]>::as_slice));
    buffer.extend_from_slice(changes);
    Ok(Link { position, checksum: seal(buffer, previous.checksum) })
}

/// How long the frame with this header says to be, header included: a claim until [`decode`] has looked at all of it.
pub fn claimed_bytes(header: &[u8]) -> Result<usize, Malformed> {
    let length = Cursor::new(header).u32()?;
    let length = usize::try_from(length).map_err(|_| Malformed)?;
    if (1..=MAX_BODY_BYTES).contains(&length) { Ok(FRAME_HEADER_BYTES + length) } else { Err(Malformed) }
}

/// What a header says of its frame, which nobody has checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FrameClaim {
    /// Its position and checksum.
    pub link: Link,
    /// How long it is, header included.
    pub bytes: usize,
}

/// The checksum that a header says its frame has.
pub fn claimed_checksum(header: &[u8]) -> Result<u32, Malformed> {
    let mut cursor = Cursor::new(header);
    cursor.u32()?;
    cursor.u32()
}

/// Reads a header by itself. Only a frame that continues the chain from there shows that it was one.
pub fn claim(header: &[u8]) -> Result<FrameClaim, Malformed> {
    let bytes = claimed_bytes(header)?;
    let mut cursor = Cursor::new(header);
    let (_, checksum) = (cursor.u32()?, cursor.u32()?);
    let position = Position(cursor.u64()?);
    let _time_ms = cursor.u64()?;
    if cursor.u32()? > OPENING_FLAG {
        return Err(Malformed);
    }
    Ok(FrameClaim { link: Link { position, checksum }, bytes })
}

/// Reads the frame that is all of `bytes`, if it is the one after `previous`.
pub fn decode(bytes: &[u8], previous: Link) -> Result<Frame<'_>, Malformed> {
    if claimed_bytes(bytes)? != bytes.len() {
        return Err(Malformed);
    }
    let mut cursor = Cursor::new(bytes);
    let (_, checksum) = (cursor.u32()?, cursor.u32()?);
    let position = Position(cursor.u64()?);
    let time_ms = cursor.u64()?;
    let flags = cursor.u32()?;
    if Some(position) != previous.successor() || checksum != chained(bytes, previous.checksum)? {
        return Err(Malformed);
    }
    let opening = match flags {
        0 => false,
        OPENING_FLAG => {
            cursor.take(OPENING_BYTES)?;
            true
        }
        _ => return Err(Malformed),
    };
    let changes = cursor.rest();
    if changes.is_empty() {
        return Err(Malformed);
    }
    Ok(Frame { link: Link { position, checksum }, time_ms, opening, changes })
}

/// Fills in the checksum of an otherwise complete frame.
fn seal(frame: &mut [u8], previous: u32) -> u32 {
    let checksum = chained(frame, previous).unwrap_or_default();
    if let Some((_, rest)) = frame.split_first_chunk_mut::<4>()
        && let Some(field) = rest.first_chunk_mut::<4>()
    {
        *field = checksum.to_le_bytes();
    }
    checksum
}

/// The checksum of everything in the frame but the checksum itself, continuing `previous`.
fn chained(frame: &[u8], previous: u32) -> Result<u32, Malformed> {
    let mut cursor = Cursor::new(frame);
    let mut hasher = crc32fast::Hasher::new_with_initial(previous);
    hasher.update(&cursor.array::<4>()?);
    cursor.array::<4>()?;
    hasher.update(cursor.rest());
    Ok(hasher.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Link = Link { position: Position(41), checksum: 0xdead_beef };

    fn encoded(previous: Link, opening: Option<[u8; 8]>, changes: &[u8]) -> (Vec<u8>, Link) {
        let mut buffer = vec![7; 3];
        let link = encode(&mut buffer, previous, 1234, opening, changes).unwrap();
        (buffer, link)
    }

    #[test]
    fn a_frame_round_trips_with_and_without_an_opening() {
        for (opening, length) in [(None, 31), (Some(*b"randomly"), 39)] {
            let (bytes, link) = encoded(FIRST, opening, b"abc");
            assert_eq!(bytes.len(), length);
            let frame = Frame { link, time_ms: 1234, opening: opening.is_some(), changes: b"abc" };
            assert_eq!(decode(&bytes, FIRST), Ok(frame));
            assert_eq!(claimed_bytes(&bytes[..FRAME_HEADER_BYTES]), Ok(length));
        }
    }

    /// Guards the byte map of docs/format.md against a change that encode and decode make together.
    #[test]
    fn the_fields_lie_where_the_format_says() {
        let (bytes, link) = encoded(FIRST, Some(*b"randomly"), b"abc");
        assert_eq!(bytes[0..4], 11u32.to_le_bytes());
        assert_eq!(bytes[4..8], link.checksum.to_le_bytes());
        assert_eq!(bytes[8..16], 42u64.to_le_bytes());
        assert_eq!(bytes[16..24], 1234u64.to_le_bytes());
        assert_eq!(bytes[24..28], 1u32.to_le_bytes());
        assert_eq!(&bytes[28..], b"randomlyabc");
        let mut whole = crc32fast::Hasher::new_with_initial(0xdead_beef);
        whole.update(&[&bytes[0..4], &bytes[8..]].concat());
        assert_eq!(link.checksum, whole.finalize());
    }

    #[test]
    fn every_flipped_bit_and_every_other_length_is_refused() {
        let (bytes, _) = encoded(FIRST, Some([9; 8]), b"some changes");
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&damaged, FIRST), Err(Malformed), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert_eq!(decode(&bytes[..length], FIRST), Err(Malformed), "length {length}");
        }
        assert_eq!(decode(&[&bytes[..], &[0]].concat(), FIRST), Err(Malformed));
    }

    /// Catches a frame whose own bytes are sound being taken for the successor of another one.
    #[test]
    fn a_frame_fits_no_other_predecessor() {
        let (bytes, link) = encoded(FIRST, None, b"abc");
        for other in [
            Link { checksum: FIRST.checksum ^ 1, ..FIRST },
            Link { position: Position(40), ..FIRST },
            Link { position: Position(42), ..FIRST },
            link,
        ] {
            assert_eq!(decode(&bytes, other), Err(Malformed), "{other:?}");
        }
    }

    #[test]
    fn flags_of_a_later_version_and_an_opening_without_changes_are_refused() {
        for (flags, body) in [(2u32, &b"abcdefghij"[..]), (3, b"abcdefghij"), (1, b"12345678"), (1, b"1")] {
            let (mut bytes, _) = encoded(FIRST, None, body);
            bytes[24..28].copy_from_slice(&flags.to_le_bytes());
            seal(&mut bytes, FIRST.checksum);
            assert_eq!(decode(&bytes, FIRST), Err(Malformed), "{flags} {body:?}");
        }
    }

    #[test]
    fn the_limits_are_exact() {
        let (bytes, _) = encoded(FIRST, Some([1; 8]), &vec![5; MAX_CHANGES_BYTES]);
        assert_eq!(decode(&bytes, FIRST).unwrap().changes.len(), MAX_CHANGES_BYTES);
        let mut buffer = Vec::new();
        let refused = encode(&mut buffer, FIRST, 0, None, &vec![5; MAX_CHANGES_BYTES + 1]).unwrap_err();
        assert!(matches!(refused, Error::TooLarge { .. }), "{refused}");
        let refused = encode(&mut buffer, FIRST, 0, Some([1; 8]), b"").unwrap_err();
        assert!(matches!(refused, Error::InvalidArgument { .. }), "{refused}");
        let last = Link { position: Position(u64::MAX), checksum: 0 };
        encode(&mut buffer, last, 0, None, b"x").unwrap_err();
        for (length, claimed) in
            [(0, Err(Malformed)), (1, Ok(29)), (1 << 20, Ok((1 << 20) + 28)), ((1 << 20) + 1, Err(Malformed))]
        {
            assert_eq!(claimed_bytes(&u32::to_le_bytes(length)), claimed);
        }
    }

    /// Catches a reader that gives bytes behind a frame as its changes, however right the checksum is.
    #[test]
    fn a_frame_that_is_longer_than_it_says_is_refused() {
        let (mut bytes, _) = encoded(FIRST, None, b"abc");
        bytes.push(0);
        seal(&mut bytes, FIRST.checksum);
        assert_eq!(decode(&bytes, FIRST), Err(Malformed));
    }

    /// Catches a search behind damage that takes any bytes for a header.
    #[test]
    fn only_known_flags_are_a_claim() {
        let (mut bytes, link) = encoded(FIRST, None, b"abc");
        assert_eq!(claim(&bytes), Ok(FrameClaim { link, bytes: bytes.len() }));
        bytes[24] = 2;
        assert_eq!(claim(&bytes), Err(Malformed));
    }
}
