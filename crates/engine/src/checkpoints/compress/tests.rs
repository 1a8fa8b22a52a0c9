//! Tests of the compression: sizes, bounds and every kind of malformed input.

use super::*;
use crate::checkpoints::testing::Growing;

const LIMIT: u32 = 64 << 20;

fn length(raw: &[u8]) -> u32 {
    u32::try_from(raw.len()).unwrap()
}

fn round_trip(level: i32, raw: &[u8], base: Option<&[u8]>) -> usize {
    let stored = compress(level, raw, base).unwrap();
    assert!(decompress(&stored, length(raw), base, LIMIT).unwrap() == raw);
    stored.len()
}

#[test]
fn all_shapes_round_trip() {
    let mut growing = Growing::new(0x51ab, 300);
    let base = growing.grow_to(20_000);
    let next = growing.step();
    let dictionary_magic = b"\x37\xa4\x30\xec and more bytes than eight".as_slice();
    for raw in [b"".as_slice(), b"x", &next, dictionary_magic] {
        for base in [None, Some(b"".as_slice()), Some(b"short"), Some(&base), Some(dictionary_magic)] {
            for level in [1, 3, 19] {
                round_trip(level, raw, base);
            }
        }
    }
}

// The bug: a window or match table that does not reach back over the whole base, so that deltas of large checkpoints are as
// large as the checkpoints (without long-distance matching: 1.1 MB at 4.5 MB and level 3, 0.3 MB at 0.9 MB and level 1).
#[test]
fn a_delta_stays_small_at_every_size_and_level() {
    for size in [20_000, 200_000, 900_000, 1_100_000, 2_200_000, 4_500_000] {
        let mut growing = Growing::new(0x9e37_79b9_7f4a_7c15, 4000);
        let base = growing.grow_to(size);
        let next = growing.step();
        for level in [1, 2, 3, 6] {
            let delta = round_trip(level, &next, Some(&base));
            assert!(delta < 4000, "{delta} bytes at {size} and level {level}");
        }
    }
}

#[test]
fn only_the_named_length_is_ever_decompressed() {
    let raw = vec![0; 1 << 20];
    let stored = compress(3, &raw, None).unwrap();
    let refused = |length, limit| decompress(&stored, length, None, limit).unwrap_err();
    let other_length = CodecError::Malformed("record has another length than its header says");
    for length in [0, (1 << 20) - 1, (1 << 20) + 1, u32::MAX] {
        assert_eq!(refused(length, u32::MAX), other_length);
    }
    assert_eq!(refused(1 << 20, (1 << 20) - 1), CodecError::Malformed("record is longer than any may be"));
    // A second frame behind the first would make it longer than its header says.
    let twice = [stored.as_slice(), &stored].concat();
    assert!(decompress(&twice, 1 << 20, None, LIMIT).is_err());
}

// The bug: a decoder that runs into a panic, a hang or an allocation of its own on bytes nobody wrote.
#[test]
fn damaged_frames_give_an_error_or_the_named_length() {
    let mut growing = Growing::new(0x77, 200);
    let base = growing.grow_to(3000);
    let next = growing.step();
    let stored = compress(3, &next, Some(&base)).unwrap();
    for bit in 0..stored.len() * 8 {
        let mut damaged = stored.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match decompress(&damaged, length(&next), Some(&base), LIMIT) {
            Ok(raw) => assert_eq!(raw.len(), next.len()),
            Err(error) => assert!(matches!(error, CodecError::Malformed(_)), "{error:?}"),
        }
    }
    for cut in 0..stored.len() {
        decompress(&stored[..cut], length(&next), Some(&base), LIMIT).unwrap_err();
    }
    // A delta without its base, or with another, never decompresses to what it was made of.
    for other in [None, Some(next.as_slice()), Some(&base[1..])] {
        assert_ne!(decompress(&stored, length(&next), other, LIMIT).as_ref(), Ok(&next));
    }
}

#[test]
fn errors_keep_their_kind() {
    let path = Path::new("f");
    let corrupt = CodecError::Malformed("record").at(path, 9);
    assert!(matches!(corrupt, Error::Corrupt { offset: 9, what: "record", .. }));
    assert!(matches!(CodecError::OutOfMemory.at(path, 9), Error::Io { .. }));
    assert!(matches!(CodecError::Refused("why").at(path, 9), Error::Io { .. }));
}

#[test]
fn windows_cover_what_they_must() {
    for (bytes, log) in
        [(0, 10), (1024, 10), (1025, 11), (1 << 21, 21), ((1 << 21) + 1, 22), (usize::MAX, 30)]
    {
        assert_eq!(window_log(bytes), log);
    }
}
