//! Tests of reading a pack: sealed, left unsealed, damaged, cut short.

use std::io;

use super::*;
use crate::{
    format::record::RECORD_HEADER_BYTES,
    packs::{
        PackMeta, PackWriter,
        testing::{MemoryDirectory, STORE, record},
    },
};

const NUMBER: FileNumber = FileNumber(7);

fn payload(number: u64) -> Vec<u8> {
    format!("stored bytes of record {number}").into_bytes()
}

/// A pack of three records, not in order of their numbers.
fn written(directory: &MemoryDirectory) -> (PackWriter, Vec<RecordPlace>) {
    let pack = PackWriter::create(directory, NUMBER, STORE).unwrap();
    let places = [5, 3, 9].map(|number| {
        let stored = payload(number);
        pack.append(&record(number, &stored), &stored).unwrap().unwrap()
    });
    (pack, places.to_vec())
}

fn sealed() -> (Vec<u8>, PackMeta) {
    let directory = MemoryDirectory::default();
    let meta = written(&directory).0.seal().unwrap();
    (directory.file(&names::pack(NUMBER)).bytes(), meta)
}

fn with(bytes: Vec<u8>) -> MemoryDirectory {
    let directory = MemoryDirectory::default();
    directory.put(&names::pack(NUMBER)).set_bytes(bytes);
    directory
}

fn read(pack: &Pack, number: u64) -> Result<Option<Vec<u8>>> {
    match pack.find(RecordNumber(number))? {
        Some(place) => pack.read_stored(&place).map(|(_, stored)| Some(stored)),
        None => Ok(None),
    }
}

fn open(bytes: Vec<u8>, length: u64) -> Result<Pack> {
    Pack::open_sealed(&with(bytes), NUMBER, STORE, length)
}

#[test]
fn a_sealed_pack_gives_back_its_records() {
    let (bytes, meta) = sealed();
    assert_eq!(bytes.len() as u64, meta.length);
    let pack = open(bytes, meta.length).unwrap();
    assert!(pack.is_sealed());
    assert_eq!(pack.records().unwrap(), 3);
    assert_eq!(pack.number_range().unwrap(), Some((RecordNumber(3), RecordNumber(9))));
    for number in [3, 5, 9] {
        assert_eq!(read(&pack, number).unwrap(), Some(payload(number)));
    }
    assert_eq!(read(&pack, 4).unwrap(), None);
    let numbers: Vec<_> = pack.entries().unwrap().map(|place| place.number.0).collect();
    assert_eq!(numbers, [3, 5, 9]);
}

#[test]
fn an_empty_pack_can_be_sealed() {
    let directory = MemoryDirectory::default();
    let meta = PackWriter::create(&directory, NUMBER, STORE).unwrap().seal().unwrap();
    let pack = Pack::open_sealed(&directory, NUMBER, STORE, meta.length).unwrap();
    assert_eq!(pack.number_range().unwrap(), None);
    assert_eq!(pack.record_bytes(), 0);
}

// The bug: any byte of a pack that no checksum covers, so that damage gives other bytes or hides a record in silence.
#[test]
fn every_flipped_bit_is_refused_or_harmless() {
    let (bytes, meta) = sealed();
    let mut refused = 0;
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        let outcome = open(damaged, meta.length).and_then(|pack| {
            for number in [3, 5, 9] {
                assert_eq!(read(&pack, number)?, Some(payload(number)), "bit {bit}");
            }
            Ok(())
        });
        if let Err(error) = outcome {
            assert!(matches!(error, Error::Corrupt { .. }), "{error}");
            refused += 1;
        }
    }
    assert_eq!(refused, bytes.len() * 8, "every byte of a sealed pack is covered");
}

#[test]
fn a_sealed_pack_of_another_length_is_damage() {
    let (bytes, meta) = sealed();
    for length in 0..bytes.len() {
        let refused = open(bytes[..length].to_vec(), meta.length).unwrap_err();
        assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
        let refused = open(bytes[..length].to_vec(), length as u64).unwrap_err();
        assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
    }
    let missing = Pack::open_sealed(&MemoryDirectory::default(), NUMBER, STORE, 1).unwrap_err();
    assert!(matches!(missing, Error::Corrupt { .. }), "{missing}");
}

// The bug: a scan that gives out a record that is cut off, or loses one that is whole.
#[test]
fn an_unsealed_pack_cut_anywhere_keeps_exactly_the_whole_records() {
    let directory = MemoryDirectory::default();
    let (_, places) = written(&directory);
    let bytes = directory.file(&names::pack(NUMBER)).bytes();
    for length in HEADER_BYTES..=bytes.len() {
        let pack = Pack::open_unsealed(&with(bytes[..length].to_vec()), NUMBER, STORE).unwrap();
        for place in &places {
            let whole = place.end() <= length as u64;
            let expected = whole.then(|| payload(place.number.0));
            assert_eq!(read(&pack, place.number.0).unwrap(), expected, "cut at {length}");
        }
    }
    Pack::open_unsealed(&with(bytes[..HEADER_BYTES - 1].to_vec()), NUMBER, STORE).unwrap_err();
}

#[test]
fn an_unsealed_scan_ends_at_the_first_header_that_does_not_fit() {
    let directory = MemoryDirectory::default();
    let (_, places) = written(&directory);
    let bytes = directory.file(&names::pack(NUMBER)).bytes();
    let second = usize::try_from(places[1].offset).unwrap();
    for bit in 0..RECORD_HEADER_BYTES * 8 {
        let mut damaged = bytes.clone();
        damaged[second + bit / 8] ^= 1 << (bit % 8);
        let pack = Pack::open_unsealed(&with(damaged), NUMBER, STORE).unwrap();
        let found: Vec<_> = pack.entries().unwrap().collect();
        assert_eq!(found, places[..1], "bit {bit}");
        assert_eq!(pack.record_bytes(), places[0].length());
    }
}

#[test]
fn an_unsealed_pack_with_wrong_stored_bytes_refuses_only_those() {
    let directory = MemoryDirectory::default();
    let (_, places) = written(&directory);
    let mut bytes = directory.file(&names::pack(NUMBER)).bytes();
    bytes[usize::try_from(places[0].end()).unwrap() - 1] ^= 1;
    let pack = Pack::open_unsealed(&with(bytes), NUMBER, STORE).unwrap();
    let refused = read(&pack, places[0].number.0).unwrap_err();
    assert!(matches!(refused, Error::Corrupt { offset, .. } if offset == places[0].offset), "{refused}");
    assert_eq!(read(&pack, places[1].number.0).unwrap(), Some(payload(places[1].number.0)));
}

// A pack that was sealed although the manifest does not say so yet is read by its records; its index is no record.
#[test]
fn a_sealed_pack_scans_as_an_unsealed_one() {
    let pack = Pack::open_unsealed(&with(sealed().0), NUMBER, STORE).unwrap();
    assert_eq!(pack.records().unwrap(), 3);
    assert!(!pack.is_sealed());
}

#[test]
fn a_failed_read_is_no_damage() {
    let (bytes, meta) = sealed();
    let directory = with(bytes);
    let pack = Pack::open_sealed(&directory, NUMBER, STORE, meta.length).unwrap();
    let file = directory.file(&names::pack(NUMBER));
    *file.reads.lock() = Some(io::ErrorKind::Other);
    assert!(matches!(pack.find(RecordNumber(3)), Err(Error::Io { .. })));
    *file.reads.lock() = None;
    assert_eq!(read(&pack, 3).unwrap(), Some(payload(3)), "the index is read again");
}

// The bug: a record that lies where the index says another one does, given as that one.
#[test]
fn a_record_that_is_not_what_the_index_says_is_refused() {
    let (bytes, meta) = sealed();
    let pack = open(bytes, meta.length).unwrap();
    let place = pack.find(RecordNumber(5)).unwrap().unwrap();
    let refused = pack.read_stored(&RecordPlace { ordinal: place.ordinal + 1, ..place }).unwrap_err();
    assert!(matches!(refused, Error::Corrupt { offset, .. } if offset == place.offset), "{refused}");
}
