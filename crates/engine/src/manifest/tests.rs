//! A manifest comes back as it was, or is refused, and names what is live.

use std::path::Path;

use super::*;
use crate::{format::header::FileHeader, ids::Position};

fn sample() -> Manifest {
    Manifest {
        store: StoreId(*b"0123456789abcdef"),
        generation: 3,
        log_start: Link { position: Position(41), checksum: 0xdead_beef },
        next_file: FileNumber(9),
        next_record: RecordNumber(1000),
        next_id: IdNumber(5),
        next_stream: StreamNumber(2),
        checkpoints: 3,
        versions: 8,
        dropped_versions: 6,
        logs: vec![FileNumber(7), FileNumber(8)],
        runs: vec![RunEntry {
            kind: FileKind::EventRun,
            number: FileNumber(3),
            length: 9999,
            entries: 70,
            dead_bytes: 4,
        }],
        packs: vec![PackEntry {
            number: FileNumber(4),
            sealed: true,
            length: 512,
            records: 3,
            dead_bytes: 0,
        }],
    }
}

fn decode(bytes: &[u8]) -> Result<Manifest> {
    Manifest::decode(bytes, Path::new("m"))
}

#[test]
fn a_manifest_round_trips() {
    assert_eq!(decode(&sample().encode()).unwrap(), sample());
}

#[test]
fn every_flipped_bit_and_every_truncation_is_refused() {
    let bytes = sample().encode();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        decode(&damaged).unwrap_err();
    }
    for length in 0..bytes.len() {
        decode(&bytes[..length]).unwrap_err();
    }
}

/// Catches a recovery that makes its log under the number of a live file, or finds no log: both fail, by errors that are none of damage.
#[test]
fn a_manifest_without_a_log_or_with_a_number_twice_is_refused() {
    let without = Manifest { logs: Vec::new(), ..sample() };
    let next = Manifest { next_file: FileNumber(8), ..sample() };
    let twice = Manifest { logs: vec![FileNumber(7), FileNumber(7)], ..sample() };
    let both = Manifest { logs: vec![FileNumber(3)], ..sample() };
    for manifest in [without, next, twice, both] {
        let refused = decode(&manifest.encode()).unwrap_err();
        assert!(matches!(refused, Error::Corrupt { what: "manifest body", .. }), "{refused}");
    }
}

#[test]
fn only_live_files_are_named() {
    let manifest = sample();
    assert!(manifest.names(names::FileName::Log(FileNumber(8))));
    assert!(!manifest.names(names::FileName::Log(FileNumber(3))));
    assert!(manifest.names(names::FileName::Run(FileNumber(3))));
    assert!(!manifest.names(names::FileName::Pack(FileNumber(5))));
}

/// Catches a manifest of which a part is not understood, and another file's bytes in its place.
#[test]
fn bytes_left_and_another_kind_are_refused_however_right_the_checksum() {
    let mut longer = sample().encode();
    longer.push(0);
    let body = longer.split_off(BODY_OFFSET);
    longer.truncate(HEADER_BYTES);
    longer.extend(u32::try_from(body.len()).unwrap().to_le_bytes());
    longer.extend(sample().store.checksum(&[&body]).to_le_bytes());
    longer.extend(&body);
    let mut other = sample().encode();
    let header = FileHeader::new(FileKind::Log, FileNumber(0), sample().store).encode();
    other[..HEADER_BYTES].copy_from_slice(&header);
    for (bytes, told) in [(longer, "manifest body"), (other, "file header of another file")] {
        let refused = decode(&bytes).unwrap_err();
        assert!(matches!(refused, Error::Corrupt { what, .. } if what == told), "{refused}");
    }
}
