//! Frames of one file: damaged, cut, left over, out of place.

use super::*;
use crate::wal::testing::Random;

#[test]
fn what_was_written_is_read_across_files_and_chunks() {
    let mut random = Random::new();
    for _ in 0..20 {
        let files: Vec<Vec<usize>> = (0..=random.below(4))
            .map(|_| (0..random.below(12)).map(|_| random.below_any_size(1 << 20)).collect())
            .collect();
        let files: Vec<&[usize]> = files.iter().map(Vec::as_slice).collect();
        let written = Written::new(&files);
        let end = written.assert_reads(written.frames.len());
        assert_eq!(end.dropped_bytes, 0);
        assert_eq!(end.durable, START.position);
    }
}

#[test]
fn a_log_of_the_largest_frames_is_read() {
    let largest = frame::MAX_CHANGES_BYTES;
    Written::new(&[&[largest, 1, largest, largest], &[largest]]).assert_reads(5);
}

/// Catches damage taken for a torn end, a torn end taken for damage, and wrong bytes.
#[test]
fn every_flipped_bit_is_damage_up_to_the_mark_and_the_end_after_it() {
    let written = Written::new(&[&[5, 40, 3, 60, 17]]);
    written.mark(2, false);
    for index in 0..5 {
        let from = written.start_of(index);
        let until = usize::try_from(written.frames[index].0.offset).unwrap();
        for bit in from * 8..until * 8 {
            written.edit(1, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
            if index <= 2 {
                written.assert_corrupt(1, from, "log frame");
            } else {
                let end = written.assert_reads(index);
                assert!(end.dropped_bytes > 0 && !end.closed);
            }
            written.edit(1, |bytes| bytes[bit / 8] ^= 1 << (bit % 8));
        }
    }
    written.assert_reads(5);
}

#[test]
fn a_log_cut_or_zeroed_anywhere_ends_there_or_is_damaged_there() {
    let written = Written::new(&[&[5, 40, 3, 60, 17]]);
    written.mark(1, false);
    let last = usize::try_from(written.frames[4].0.offset).unwrap();
    for zeroed in [false, true] {
        for at in usize::try_from(FRAMES_OFFSET).unwrap()..last {
            let mut whole = Vec::new();
            written.edit(1, |bytes| {
                whole.clone_from(bytes);
                if zeroed { bytes[at..].fill(0) } else { bytes.truncate(at) }
            });
            let ends_before = |(end, _): &&(LogPoint, Vec<u8>)| end.offset <= at as u64;
            let left = written.frames.iter().take_while(ends_before).count();
            if left < 2 {
                written.assert_corrupt(1, written.start_of(left), "log frame");
            } else {
                written.assert_reads(left);
            }
            written.edit(1, |bytes| *bytes = whole);
        }
    }
}

/// Catches frames of before a hole coming back once the hole is written over, as they would if each frame were judged by itself.
#[test]
fn stale_frames_behind_a_shorter_rewrite_never_fit() {
    let written = Written::new(&[&[30, 30, 30, 30, 30]]);
    let log = written.log();
    // The third frame again, so long that the old fourth one lies exactly behind it.
    let mut writer =
        LogWriter::continue_at(LogPoint { file: Arc::clone(&log[0]), ..written.frames[1].0.clone() });
    let rewritten = writer.append(1000, &[99; 22]).unwrap();
    assert_eq!(rewritten.end.offset, written.frames[2].0.offset);
    let mut read = Vec::new();
    let end = scan(&log, START, &mut |frame| {
        read.push((frame.changes.to_vec(), frame.opening));
        Ok(())
    })
    .unwrap();
    assert_eq!(read.len(), 3);
    assert_eq!(read[2], (vec![99; 22], true));
    assert_eq!(end.point.link, rewritten.end.link);
    assert_eq!(end.dropped_bytes, 2 * 58);
}

#[test]
fn skipped_repeated_and_reordered_frames_never_fit() {
    let written = Written::new(&[&[22, 30, 30, 30, 30, 30]]);
    let frames_at = usize::try_from(FRAMES_OFFSET).unwrap();
    let mut original = Vec::new();
    written.edit(1, |bytes| original.clone_from(bytes));
    let mut random = Random::new();
    for _ in 0..500 {
        let order: Vec<usize> = (0..random.below(8)).map(|_| random.below(6)).collect();
        written.edit(1, |bytes| {
            bytes[frames_at..].fill(0);
            for (to, from) in order.iter().enumerate() {
                let frame = &original[frames_at + from * 58..][..58];
                bytes[frames_at + to * 58..][..58].copy_from_slice(frame);
            }
        });
        let in_place = order.iter().enumerate().take_while(|(to, from)| to == *from).count();
        written.assert_reads(in_place);
    }
}

#[test]
fn a_file_that_cannot_be_read_is_no_end_and_no_damage() {
    let written = Written::new(&[&[10, 10], &[10]]);
    for number in 1..=2 {
        let log = written.log();
        let file = written.directory.file(&format!("{number:016x}.log"));
        file.fail_reads(true);
        let failed = scan(&log, START, &mut |_| Ok(())).unwrap_err();
        assert!(matches!(failed, Error::Io { .. }), "{failed}");
        file.fail_reads(false);
    }
}

#[test]
fn a_length_that_runs_beyond_the_file_ends_the_log() {
    let written = Written::new(&[&[10, 10]]);
    let second = written.start_of(1);
    for length in [0u32, 5000, 1 << 20, (1 << 20) + 1, u32::MAX] {
        written.edit(1, |bytes| bytes[second..second + 4].copy_from_slice(&length.to_le_bytes()));
        written.assert_reads(1);
    }
}

#[test]
fn a_visitors_error_ends_the_reading() {
    let written = Written::new(&[&[10, 10]]);
    let mut seen = 0;
    let stopped = scan(&written.log(), START, &mut |_| {
        seen += 1;
        Err(Error::Aborted)
    });
    assert!(matches!(stopped, Err(Error::Aborted)));
    assert_eq!(seen, 1);
    assert!(matches!(scan(&[], START, &mut |_| Ok(())), Err(Error::InvalidArgument { .. })));
}
