//! The write-ahead log: one frame, and the scan of whole files.

use std::{path::Path, sync::Arc};

use agent_storage_engine::{
    error::Error,
    format::{
        frame::{self, FRAME_HEADER_BYTES, MAX_CHANGES_BYTES, OPENING_BYTES},
        mark::FRAMES_OFFSET,
        names,
    },
    ids::{FileNumber, Position},
    io::{Access, Backend},
    wal::{Link, LogEnd, LogFile, scan},
};

use crate::{STORE, forge, memory, repair, support::sim::SimDisk};

const DIRECTORY: &str = "/log";

/// A frame behind the one that the first 12 bytes name by position and checksum.
///
/// One that fits is encoded to the same bytes, and fits no other predecessor.
pub(super) fn frame(input: &[u8]) {
    let (Some(position), Some(checksum), Some(bytes)) =
        (repair::u64_at(input, 0), repair::u32_at(input, 8), input.get(12..))
    else {
        return;
    };
    let previous = Link { position: Position(position), checksum };
    let mut repaired = bytes.to_vec();
    if let Some(body) = bytes.len().checked_sub(FRAME_HEADER_BYTES) {
        repair::put_u32(&mut repaired, 0, u32::try_from(body).unwrap_or(u32::MAX));
        repair::frames(&mut repaired, 0, previous);
    }
    check_frame(bytes, previous);
    check_frame(&repaired, previous);
}

fn check_frame(bytes: &[u8], previous: Link) {
    let Ok(frame) = memory::bounded(0, || frame::decode(bytes, previous)) else { return };
    assert!(!frame.changes.is_empty() && frame.changes.len() <= MAX_CHANGES_BYTES);
    assert_eq!(frame::claimed_bytes(bytes), Ok(bytes.len()));
    let random = &bytes[FRAME_HEADER_BYTES..bytes.len() - frame.changes.len()];
    let opening = frame.opening.then(|| <[u8; OPENING_BYTES]>::try_from(random).expect("random bytes"));
    let mut again = Vec::new();
    let link = frame::encode(&mut again, previous, frame.time_ms, opening, frame.changes).expect("fits");
    assert!(again == bytes && link == frame.link);
    for other in [Link { checksum: previous.checksum ^ 1, ..previous }, link] {
        frame::decode(bytes, other).unwrap_err();
    }
}

/// Up to three files of frames: the first byte says how many, whether their checksums are made right and what their marks say; the frames
/// follow, cut at the places that the next two bytes name.
///
/// What is visited is one chain, and where and what the files hold; twice the same comes out; and a log that ends before its mark is refused.
pub(super) fn log(input: &[u8]) {
    let Some(files) = forge::log_files(input) else { return };
    let disk = SimDisk::new();
    let directory = disk.open_directory(Path::new(DIRECTORY), true).expect("creates");
    let names: Vec<_> = (1..=files.len() as u64).map(FileNumber).collect();
    for (number, bytes) in names.iter().zip(&files) {
        disk.put(Path::new(DIRECTORY), &names::log(*number), bytes);
    }
    let open = |number: &FileNumber| LogFile::open(&*directory, *number, STORE, Access::Read);
    let Ok(logs) = names.iter().map(open).collect::<Result<Vec<_>, _>>() else { return };
    let longest = files.iter().map(Vec::len).max().unwrap_or_default();
    // One window, and what the simulated disk notes of each call.
    let once = memory::bounded(memory::times(8, input) + 4 * longest, || walk(&logs, &files));
    let twice = walk(&logs, &files);
    match (&once, &twice) {
        (Ok(once), Ok(twice)) => {
            assert_eq!((once.point.link, once.dropped_bytes), (twice.point.link, twice.dropped_bytes));
        }
        (Err(once), Err(twice)) => assert_eq!(once.to_string(), twice.to_string()),
        _ => panic!("{once:?}, then {twice:?}"),
    }
    match once {
        Ok(end) => {
            assert!(end.point.link.position >= end.durable, "the log ends before its mark");
            assert!(!end.closed || end.dropped_bytes == 0);
        }
        Err(Error::Corrupt { path, .. }) => assert!(path.starts_with(DIRECTORY)),
        Err(other) => panic!("{other}"),
    }
}

fn walk(logs: &[Arc<LogFile>], files: &[Vec<u8>]) -> Result<LogEnd, Error> {
    let mut last = forge::LOG_START;
    let end = scan(logs, last, &mut |frame| {
        assert_eq!(frame.link.position, last.position.next(), "a hole in the chain");
        let bytes = &files[usize::try_from(frame.file.number().0 - 1).expect("small")];
        let from = usize::try_from(frame.changes_offset).expect("within the file");
        assert!(from as u64 >= FRAMES_OFFSET);
        assert_eq!(&bytes[from..from + frame.changes.len()], frame.changes, "not what lies there");
        last = frame.link;
        Ok(())
    })?;
    assert_eq!(end.point.link, last, "the end is not that of the last frame");
    assert!(end.point.offset <= files[end.file_index].len() as u64);
    Ok(end)
}
