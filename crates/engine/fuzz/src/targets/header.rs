//! The fixed structures that carry a checksum of their own: the header of a file, the mark of a log, the header of a record.
//!
//! All promise the same: what decodes is encoded to the very bytes it was decoded from.

use std::path::Path;

use agent_storage_engine::{
    error::Error,
    format::{
        codec::NUMBERS_END,
        header::{FORMAT_VERSION, FileHeader, HEADER_BYTES},
        mark::{FRAMES_OFFSET, MARK_BYTES, Mark, SLOT_OFFSETS},
        record::{MAX_RAW_BYTES, MAX_STORED_BYTES, RECORD_HEADER_BYTES, RecordHeader},
    },
    ids::FileNumber,
};

use crate::{STORE, repair};

/// A file's header; another version is refused as that and never as damage, and damage never as another version.
pub(super) fn file_header(input: &[u8]) {
    let mut repaired = input.to_vec();
    repair::file_header(&mut repaired);
    for bytes in [input, &repaired] {
        match FileHeader::decode(bytes, Path::new("/file")) {
            Ok(header) => assert_eq!(header.encode(), &bytes[..HEADER_BYTES]),
            Err(Error::UnsupportedFormat { found, .. }) => {
                assert!(found != FORMAT_VERSION && bytes.starts_with(b"AGENT"));
                assert_eq!(bytes[..HEADER_BYTES], repaired[..HEADER_BYTES], "a wrong checksum");
            }
            Err(Error::Corrupt { path, offset, .. }) => {
                assert!(path == Path::new("/file") && offset < HEADER_BYTES as u64);
            }
            Err(other) => panic!("{other}"),
        }
    }
}

/// A log's mark, which holds in one slot only.
pub(super) fn log_mark(input: &[u8]) {
    let mut repaired = input.to_vec();
    repair::sealed(&mut repaired, 0..MARK_BYTES.min(input.len()), STORE);
    for bytes in [input, &repaired] {
        let file = FileNumber(repair::u64_at(bytes, 16).unwrap_or_default());
        let marks =
            SLOT_OFFSETS.map(|slot| Mark::decode(bytes, STORE, file, slot).ok().map(|mark| (mark, slot)));
        assert!(marks.iter().flatten().count() < 2, "a mark holds in both slots");
        for (mark, slot) in marks.into_iter().flatten() {
            assert_eq!(mark.encode(STORE), &bytes[..MARK_BYTES]);
            assert!(mark.slot_offset() == slot && mark.offset >= FRAMES_OFFSET);
            assert!(mark.counter.checked_add(1).is_some(), "a mark without a successor");
        }
    }
}

/// A record's header, whose fields agree with each other.
pub(super) fn record_header(input: &[u8]) {
    let mut repaired = input.to_vec();
    repair::sealed(&mut repaired, 0..RECORD_HEADER_BYTES.min(input.len()), STORE);
    for bytes in [input, &repaired] {
        if let Ok(header) = RecordHeader::decode(bytes, STORE) {
            assert_eq!(header.encode(STORE), bytes[..RECORD_HEADER_BYTES]);
            assert!(header.raw_length <= MAX_RAW_BYTES && header.stored_length <= MAX_STORED_BYTES);
            assert_eq!(header.base.is_none(), header.depth == 1);
            assert!((1..NUMBERS_END).contains(&header.number.0));
            assert!(header.base.is_none_or(|base| base.number != header.number));
        }
    }
}
