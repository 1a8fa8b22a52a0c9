//! Logs of several files, and their marks.

use super::*;

#[test]
fn frames_of_later_files_never_count_beyond_a_hole() {
    let written = Written::new(&[&[10, 10, 10], &[10, 10], &[10]]);
    written.mark(0, false);
    let hole = written.start_of(1);
    written.edit(1, |bytes| bytes[hole + 30] ^= 1);
    let end = written.assert_reads(1);
    assert_eq!((end.file_index, end.closed), (0, false));
    assert_eq!(end.dropped_bytes, 5 * 38);
}

#[test]
fn a_mark_of_a_later_file_makes_a_hole_before_it_damage() {
    let written = Written::new(&[&[10, 10], &[10, 10]]);
    written.mark(2, false);
    let hole = written.start_of(1);
    written.edit(1, |bytes| bytes[hole + 30] ^= 1);
    written.assert_corrupt(1, hole, "log frame");
    written.edit(1, |bytes| bytes[hole + 30] ^= 1);
    written.assert_reads(4);
    let first = written.start_of(2);
    written.edit(2, |bytes| bytes[first + 30] ^= 1);
    written.assert_corrupt(2, first, "log frame");
}

/// Catches a file that is not the one the mark was made for, such as one put back from a copy.
#[test]
fn a_mark_that_contradicts_its_frame_is_damage() {
    for (checksum, offset, number) in [(1, 0, 1), (0, 1, 1), (0, 0, 2)] {
        let written = Written::new(&[&[10, 10], &[10]]);
        let end = &written.frames[1].0;
        let link = Link { checksum: end.link.checksum ^ checksum, ..end.link };
        let log = written.log();
        log[number - 1].write_mark(link, end.offset + offset, false).unwrap();
        written.assert_corrupt(number as u64, 8192, "log mark");
    }
}

/// Catches a mark that was made for the frames of another file, whatever it says of them.
#[test]
fn a_mark_of_a_frame_in_a_later_file_is_damage() {
    let written = Written::new(&[&[10, 10], &[10]]);
    written.log()[0].write_mark(written.frames[2].0.link, FRAMES_OFFSET, false).unwrap();
    written.assert_corrupt(1, 8192, "log mark");
}

#[test]
fn a_log_whose_older_files_are_gone_starts_from_the_manifests_link() {
    let written = Written::new(&[&[10, 10], &[10, 10]]);
    written.mark(2, false);
    let log = written.log();
    let count = |start| {
        let mut count = 0;
        scan(&log[1..], start, &mut |_| {
            count += 1;
            Ok(())
        })
        .map(|end| (count, end.file_index, end.durable))
    };
    let start = written.frames[1].0.link;
    assert_eq!(count(start).unwrap(), (2, 0, written.frames[2].0.link.position));
    let refused = count(Link { checksum: start.checksum ^ 1, ..start }).unwrap_err();
    assert!(matches!(refused, Error::Corrupt { offset: FRAMES_OFFSET, .. }), "{refused}");
}

#[test]
fn only_a_mark_exactly_at_a_clean_end_says_closed() {
    let written = Written::new(&[&[10, 10, 10]]);
    written.mark(1, true);
    assert!(!written.assert_reads(3).closed, "frames beyond");
    written.mark(2, false);
    assert!(!written.assert_reads(3).closed, "not closed");
    written.mark(2, true);
    let end = written.assert_reads(3);
    assert!(end.closed);
    assert_eq!(end.durable, end.point.link.position);
    let behind = usize::try_from(end.point.offset).unwrap() + 100;
    written.edit(1, |bytes| bytes[behind] = 1);
    let end = written.assert_reads(3);
    assert_eq!((end.closed, end.dropped_bytes), (false, 101));
}

#[test]
fn a_store_closed_after_a_switch_goes_on_in_the_later_file() {
    let written = Written::new(&[&[10, 10], &[]]);
    written.mark(1, true);
    assert_eq!(written.assert_reads(2).file_index, 0);
    let link = written.frames[1].0.link;
    written.log()[1].write_mark(link, FRAMES_OFFSET, true).unwrap();
    let end = written.assert_reads(2);
    assert_eq!((end.file_index, end.point.offset, end.closed), (1, FRAMES_OFFSET, true));
    let mut writer = LogWriter::continue_at(end.point);
    writer.append(1, b"goes on").unwrap();
    let log = written.log();
    let mut openings = Vec::new();
    scan(&log, START, &mut |frame| {
        openings.push(frame.opening);
        Ok(())
    })
    .unwrap();
    assert_eq!(openings, [true, false, true]);
}

/// Catches an end taken from a mark of which no frame says that it is right.
#[test]
fn a_log_without_frames_ends_at_its_start_and_only_a_mark_there_says_closed() {
    for (offset, checksum, closed) in [(0, 0, true), (100, 0, false), (0, 1, false)] {
        let written = Written::new(&[&[]]);
        let through = Link { checksum: START.checksum ^ checksum, ..START };
        written.log()[0].write_mark(through, FRAMES_OFFSET + offset, true).unwrap();
        let end = written.assert_reads(0);
        assert_eq!((end.closed, end.point.offset, end.file_index), (closed, FRAMES_OFFSET, 0));
    }
}
