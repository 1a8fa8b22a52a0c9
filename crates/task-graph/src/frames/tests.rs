//! Values come back from frames as they were, and frames that are not what is told of them are refused.

use std::iter;

use super::*;
use crate::{malformed::Malformed, slab::Slab, values::Values};

/// Bytes that no compressor makes shorter.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()
    });
    next.flatten().take(length).collect()
}

fn written(values: &[Vec<u8>], mark: Option<usize>) -> (Vec<Frame>, Vec<u8>) {
    let mut stored = Vec::new();
    let mut values = (1..).zip(values).map(|(number, value)| (&**value, mark.map(|mark| mark * number)));
    let frames = write_frames(&mut values, &mut stored);
    (frames, stored)
}

/// The values and their marks, all read into one slab.
fn read(frames: Vec<Frame>, stored: Vec<u8>) -> Option<(Vec<Vec<u8>>, Vec<usize>)> {
    let mut reader = FrameReader::new(frames, stored, 0)?;
    // With room for more, which a frame must not take.
    let (mut raw, mut slots, mut marks, count) =
        (Vec::with_capacity(1 << 20), Vec::new(), Vec::new(), reader.values());
    while !reader.is_done() {
        let laid = reader.next(&mut raw)?;
        slots.extend(laid.slots);
        marks.extend(laid.marks);
    }
    assert_eq!(slots.len(), count);
    let slab = Slab::of(raw, 0);
    Some((slots.into_iter().map(|slot| slab.get(slot).to_vec()).collect(), marks))
}

fn gone_through(frames: Vec<Frame>, stored: Vec<u8>) -> Option<Vec<Vec<u8>>> {
    let (mut values, mut all) = (Values::of_frames(FrameReader::new(frames, stored, 0)?), Vec::new());
    let stored_bytes = values.held_bytes();
    while values.left() > 0 {
        let none = values.next(0, usize::MAX).map(|none| none.len());
        let (Ok(0), Ok(some)) = (none, values.next(1000, usize::MAX)) else {
            assert_eq!(none, Err(Malformed), "values are passed over");
            assert_eq!((values.left(), values.next(1, 1)), (0, Ok(Vec::new())), "a frame is passed over");
            return None;
        };
        assert!(!some.is_empty(), "the end comes before all values");
        all.extend(some.into_iter().map(<[u8]>::to_vec));
        assert!(values.held_bytes() <= stored_bytes + MOST_COMPRESSED_BYTES, "{}", values.held_bytes());
    }
    Some(all)
}

/// Catches values lost, doubled or cut where a frame ends: after so many, after so many bytes, before and behind a large one, and where nothing is saved by compressing.
#[test]
fn values_come_back_whatever_their_number_and_length() {
    let large = |byte: u8| vec![byte; MOST_COMPRESSED_BYTES + 1];
    let cases: [(Vec<Vec<u8>>, usize); 9] = [
        (vec![], 0),
        (vec![vec![1]; MOST_VALUES], 1),
        (vec![vec![1]; 2 * MOST_VALUES + 1], 3),
        (vec![vec![2; MOST_BYTES / 4]; 8], 2),
        (vec![vec![2; MOST_BYTES / 4 + 1]; 8], 3),
        (vec![vec![3], large(4), vec![5], large(6)], 4),
        (vec![vec![3; MOST_BYTES]; 8], 8),
        (vec![noise(1000), noise(999)], 1),
        (vec![noise(MOST_BYTES), noise(MOST_BYTES), vec![7]], 3),
    ];
    for (index, (values, expected_frames)) in cases.into_iter().enumerate() {
        let (frames, stored) = written(&values, Some(2));
        assert_eq!(frames.len(), expected_frames, "case {index}");
        let marks: Vec<_> = (1..=values.len()).map(|number| 2 * number).collect();
        assert_eq!(read(frames.clone(), stored.clone()), Some((values.clone(), marks)), "case {index}");
        assert_eq!(gone_through(frames, stored), Some(values.clone()), "case {index}");
        let (frames, stored) = written(&values, None);
        assert_eq!(read(frames, stored), Some((values, Vec::new())), "case {index}");
    }
}

/// Catches a frame that is compressed for nothing, or that takes more memory to read than is allowed.
#[test]
fn what_compressing_does_not_make_shorter_is_stored_as_it_is() {
    for (values, is_shorter) in [
        (vec![vec![7; 1000]; 100], true),
        (vec![noise(1000)], false),
        (vec![vec![7; MOST_COMPRESSED_BYTES]], false),
    ] {
        let (frames, stored) = written(&values, None);
        let frame = frames[0];
        assert_eq!((frames.len(), frame.stored_bytes), (1, stored.len()));
        assert_eq!(frame.stored_bytes < frame.raw_bytes, is_shorter);
    }
}

/// Catches values that are made up of other bytes than those that were written, a length that memory is taken for before it is known to be right, and a panic.
#[test]
fn frames_that_are_not_what_is_told_of_them_are_refused() {
    let values = [vec![vec![7; 10]; 100], vec![noise(50)]].concat();
    let (frames, stored) = written(&values, Some(1));
    let [frame] = frames[..] else { panic!("{frames:?}") };
    assert_eq!(gone_through(frames.clone(), stored.clone()), Some(values));
    for other in [
        Frame { values: frame.values + 1, ..frame },
        Frame { values: frame.values - 1, ..frame },
        Frame { values: 0, ..frame },
        Frame { raw_bytes: frame.stored_bytes, ..frame },
        Frame { raw_bytes: usize::MAX, ..frame },
        Frame { stored_bytes: frame.stored_bytes - 1, ..frame },
        Frame { stored_bytes: usize::MAX, ..frame },
    ] {
        assert_eq!(read(vec![other], stored.clone()), None, "{other:?}");
        assert_eq!(gone_through(vec![other], stored.clone()), None, "{other:?}");
    }
    for raw_bytes in [frame.raw_bytes - 1, frame.raw_bytes + 1, MOST_COMPRESSED_BYTES] {
        let other = Frame { raw_bytes, ..frame };
        assert!(
            FrameReader::new(vec![other], stored.clone(), 0).is_none(),
            "memory is taken for {raw_bytes}"
        );
    }
    for end in 0..stored.len() {
        let shorter = Frame { stored_bytes: end, ..frame };
        assert_eq!(read(vec![shorter], stored[..end].to_vec()), None, "{end} bytes");
    }
    assert_eq!(read(vec![frame, frame], stored.clone()), None);
    assert_eq!(read(Vec::new(), stored), None);
}

/// Catches values that are not all that a frame holds, or more than that.
#[test]
fn a_frame_whose_lists_do_not_add_up_is_refused() {
    for (raw, values, is_right) in [
        (&[0x92, 1, 2, 0x90, b'a', b'b', b'c'][..], 2, true),
        (&[0x92, 1, 2, 0x92, 7, 8, b'a', b'b', b'c'], 2, true),
        (&[0x92, 1, 2, 0x91, 7, b'a', b'b', b'c'], 2, false),
        (&[0x92, 1, 1, 0x90, b'a', b'b', b'c'], 2, false),
        (&[0x92, 1, 3, 0x90, b'a', b'b', b'c'], 2, false),
        (&[0x92, 3, 0, 0x90, b'a', b'b', b'c'], 2, false),
        (&[0xc0, 0x90, b'a', b'b', b'c'], 0, false),
        (&[0x90, 0x90], 0, false),
    ] {
        let frame = Frame { values, raw_bytes: raw.len(), stored_bytes: raw.len() };
        assert_eq!(read(vec![frame], raw.to_vec()).is_some(), is_right, "{raw:x?}");
    }
}

/// Catches a second zstd frame behind the first, which alone tells its length, and which is read or not as there is room.
#[test]
fn a_frame_of_two_is_refused() {
    let raw = [&[0x92, 0xcd, 0x02, 0x00, 0xcd, 0x02, 0x00, 0x90][..], &[7; 1024]].concat();
    let half = raw.len() / 2;
    let [one, other] =
        [&raw[..half], &raw[half..]].map(|raw| zstd::bulk::compress(raw, 1).expect("compresses"));
    let stored = [one, other].concat();
    for raw_bytes in [half, raw.len()] {
        let frame = Frame { values: 2, raw_bytes, stored_bytes: stored.len() };
        assert_eq!(read(vec![frame], stored.clone()), None, "{raw_bytes}");
        assert_eq!(gone_through(vec![frame], stored.clone()), None, "{raw_bytes}");
    }
}

/// Catches memory for all that headers promise together.
#[test]
fn what_many_frames_promise_is_not_reserved() {
    let bare = &zstd::bulk::compress(&vec![0; MOST_COMPRESSED_BYTES], 1).expect("compresses")[..18];
    let frame = Frame { values: 1, raw_bytes: MOST_COMPRESSED_BYTES, stored_bytes: bare.len() };
    let reader = FrameReader::new(vec![frame; 100], bare.repeat(100), 0).expect("frames");
    assert!(reader.likely_bytes() < 200_000, "{} bytes", reader.likely_bytes());
}

/// Catches a frame whose own bytes promise more than any has.
#[test]
fn a_frame_that_would_become_too_large_is_refused_before_memory_is_taken() {
    let stored = zstd::bulk::compress(&vec![0; MOST_COMPRESSED_BYTES + 1], 1).expect("compresses");
    let frame = Frame { values: 1, raw_bytes: MOST_COMPRESSED_BYTES + 1, stored_bytes: stored.len() };
    assert!(FrameReader::new(vec![frame], stored, 0).is_none());
}
