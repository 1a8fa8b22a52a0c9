//! Logs.

use std::ops::Range;

use agent_storage_engine::{
    format::{
        frame,
        header::{FileHeader, FileKind},
        mark::{FRAMES_OFFSET, Mark},
    },
    ids::FileNumber,
    wal::Link,
};

use super::{LOG_START, REPAIRED};
use crate::{STORE, repair};

const MARKED: u8 = 0x08;
const CLOSED: u8 = 0x10;
const WRONGLY_MARKED: u8 = 0x20;

/// The files of a log. The first byte says how many (its lowest two bits and one), and the rest in the bits above; two bytes say which frame
/// the log's mark names and behind which frame a file ends; the frames follow.
pub(crate) fn log_files(input: &[u8]) -> Option<Vec<Vec<u8>>> {
    let ([flags, marked, cut], frames) = input.split_first_chunk()?;
    let mut frames = frames.to_vec();
    let links =
        if flags & REPAIRED == 0 { chain(&frames) } else { repair::frames(&mut frames, 0, LOG_START) };
    let ends: Vec<usize> = [0].into_iter().chain(links.iter().map(|(_, end)| *end)).collect();
    let files = usize::from(flags & 0x03).min(2) + 1;
    let step = usize::from(*cut) % ends.len();
    let cuts: Vec<usize> = (0..files).map(|file| ends[(file * step).min(ends.len() - 1)]).collect();
    let until = |file: usize| cuts.get(file + 1).copied().unwrap_or(frames.len());
    let mark = (flags & MARKED != 0).then(|| links.get(usize::from(*marked) % links.len().max(1))).flatten();
    let file = |file: usize| {
        let number = FileNumber(file as u64 + 1);
        let part = &frames[cuts[file]..until(file).max(cuts[file])];
        let marks = marks(number, mark, cuts[file]..until(file), *flags);
        log_file(number, &marks, part)
    };
    Some((0..files).map(file).collect())
}

/// The frames that are one chain already.
fn chain(frames: &[u8]) -> Vec<(Link, usize)> {
    let (mut links, mut link, mut offset) = (Vec::new(), LOG_START, 0);
    while let Some(length) = frames.get(offset..).and_then(|rest| frame::claimed_bytes(rest).ok()) {
        let Some(Ok(found)) = frames.get(offset..offset + length).map(|frame| frame::decode(frame, link))
        else {
            break;
        };
        (link, offset) = (found.link, offset + length);
        links.push((link, offset));
    }
    links
}

fn marks(number: FileNumber, mark: Option<&(Link, usize)>, part: Range<usize>, flags: u8) -> [Mark; 2] {
    let [first, second] = Mark::initial(number);
    let Some((through, end)) = mark.filter(|(_, end)| *end > part.start) else { return [first, second] };
    let within = if part.end >= *end { (end - part.start) as u64 } else { 0 };
    let offset = FRAMES_OFFSET + within + u64::from(flags & WRONGLY_MARKED != 0);
    [Mark { counter: 3, file: number, through: *through, offset, closed: flags & CLOSED != 0 }, second]
}

fn log_file(number: FileNumber, marks: &[Mark], frames: &[u8]) -> Vec<u8> {
    let mut bytes = FileHeader::new(FileKind::Log, number, STORE).encode();
    bytes.resize(usize::try_from(FRAMES_OFFSET).expect("a few pages"), 0);
    for mark in marks {
        let (at, mark) = (usize::try_from(mark.slot_offset()).expect("a few pages"), mark.encode(STORE));
        bytes[at..at + mark.len()].copy_from_slice(&mark);
    }
    bytes.extend_from_slice(frames);
    bytes
}
