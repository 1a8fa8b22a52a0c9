//! Tests of the verification: that all damage is told, and nothing else.

use super::*;
use crate::{
    format::{header::FileHeader, names, record::RECORD_HEADER_BYTES},
    packs::{
        PackMeta, PackWriter,
        index::Index,
        testing::{MemoryDirectory, STORE, record},
    },
};

const NUMBER: FileNumber = FileNumber(2);

fn sealed() -> (Vec<u8>, Vec<RecordPlace>, PackMeta) {
    let directory = MemoryDirectory::default();
    let pack = PackWriter::create(&directory, NUMBER, STORE).unwrap();
    let places = (1..=5).rev().map(|number| {
        let stored = vec![u8::try_from(number).unwrap(); 30];
        pack.append(&record(number, &stored), &stored).unwrap().unwrap()
    });
    let places = places.collect();
    let meta = pack.seal().unwrap();
    (directory.file(&names::pack(NUMBER)).bytes(), places, meta)
}

fn check(bytes: Vec<u8>, length: u64) -> (u64, Vec<(u64, &'static str)>) {
    let directory = MemoryDirectory::default();
    directory.put(&names::pack(NUMBER)).set_bytes(bytes);
    let mut damages = Vec::new();
    let mut on_damage = |damage| match damage {
        Error::Corrupt { offset, what, .. } => damages.push((offset, what)),
        other => damages.push((0, other.code())),
    };
    let good = verify_sealed(&directory, NUMBER, STORE, length, &mut on_damage, &mut |_| Ok(())).unwrap();
    (good, damages)
}

fn flip(bytes: &mut [u8], offset: u64) {
    bytes[usize::try_from(offset).unwrap()] ^= 0x10;
}

#[test]
fn a_good_pack_has_no_damage() {
    let (bytes, _, meta) = sealed();
    assert_eq!(check(bytes, meta.length), (5, vec![]));
}

// The bug: a check that ends at the first damage, or loses the rest of the file when a header in the middle is gone.
#[test]
fn every_damage_is_reported() {
    let (mut bytes, places, meta) = sealed();
    flip(&mut bytes, 20);
    flip(&mut bytes, places[0].end() - 1);
    flip(&mut bytes, places[2].offset + 9);
    flip(&mut bytes, places[4].end() - 1);
    let expected = vec![
        (0, "file header"),
        (places[0].offset, "record"),
        (places[2].offset, "record header"),
        (places[4].offset, "record"),
    ];
    assert_eq!(check(bytes, meta.length), (2, expected));
}

#[test]
fn behind_a_damaged_index_or_footer_the_records_are_still_checked() {
    let (bytes, places, meta) = sealed();
    let index = places[4].end();
    for (flipped, reported) in
        [(index, (index, "pack index")), (meta.length - 1, (meta.length - 64, "pack footer"))]
    {
        let mut damaged = bytes.clone();
        flip(&mut damaged, flipped);
        flip(&mut damaged, places[1].end() - 1);
        let expected = vec![reported, (places[1].offset, "record")];
        assert_eq!(check(damaged, meta.length), (4, expected));
    }
    let mut damaged = bytes;
    flip(&mut damaged, index);
    flip(&mut damaged, places[3].offset);
    let expected = vec![(index, "pack index"), (places[3].offset, "record header")];
    assert_eq!(check(damaged, meta.length), (3, expected));
}

#[test]
fn every_flipped_bit_and_truncation_is_reported() {
    let (bytes, _, meta) = sealed();
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert!(!check(damaged, meta.length).1.is_empty(), "bit {bit}");
    }
    for length in 0..bytes.len() {
        assert!(!check(bytes[..length].to_vec(), meta.length).1.is_empty(), "cut at {length}");
    }
    assert_eq!(
        bytes.len(),
        FileHeader::new(crate::format::header::FileKind::Pack, NUMBER, STORE).encode().len()
            + 5 * (RECORD_HEADER_BYTES + 30 + 40)
            + 64
    );
}

/// Catches an index that leaves a record out: its bytes would be checked by nothing.
#[test]
fn a_gap_between_the_records_is_reported() {
    let (bytes, places, meta) = sealed();
    let index_offset = places[4].end();
    let mut listed: Vec<_> =
        places.iter().enumerate().filter(|(at, _)| *at != 2).map(|(_, place)| place).collect();
    listed.sort_unstable_by_key(|place| place.number);
    let index = Index::new(listed.into_iter());
    let footer = Footer {
        number: NUMBER,
        index_offset,
        records: 4,
        // The lengths fit, as those of records without a gap would.
        stored_bytes: meta.stored_bytes + RECORD_HEADER_BYTES as u64,
        index_checksum: STORE.checksum(&[index.bytes()]),
    };
    let records = &bytes[..usize::try_from(index_offset).unwrap()];
    let bytes = [records, index.bytes(), &footer.encode(STORE)].concat();
    let length = bytes.len() as u64;
    assert_eq!(check(bytes, length), (4, vec![(places[2].offset, "gap between records")]));
}

#[test]
fn progress_can_end_the_check() {
    let (bytes, places, meta) = sealed();
    let directory = MemoryDirectory::default();
    directory.put(&names::pack(NUMBER)).set_bytes(bytes);
    let mut seen = Vec::new();
    let mut on_progress = |done| {
        seen.push(done);
        if seen.len() == 2 { Err(Error::Aborted) } else { Ok(()) }
    };
    let ended =
        verify_sealed(&directory, NUMBER, STORE, meta.length, &mut |_| panic!("no damage"), &mut on_progress);
    assert!(matches!(ended, Err(Error::Aborted)));
    assert_eq!(seen, [places[0].end(), places[1].end()]);
}
