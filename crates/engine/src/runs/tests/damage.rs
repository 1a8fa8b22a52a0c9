//! Runs whose files are no longer what was written.

use super::*;
use crate::{
    error::Error,
    runs::{Entry as RunEntry, Found},
};

fn damage_of(run: &Run) -> Vec<Error> {
    let mut damage = Vec::new();
    let mut checked = 0;
    run.verify(&mut |error| damage.push(error), &mut |bytes| checked += bytes);
    assert_eq!(checked, run.length(), "the progress does not sum up to the file");
    damage
}

/// Reads everything in every way: what is given must be right, whatever else is refused.
fn assert_right_or_refused(run: &Arc<Run>, model: &Model, what: &str) {
    let expected = pairs(model);
    let is_damage = |error: &Error| assert!(matches!(error, Error::Corrupt { .. }), "{what}: {error}");
    let mut cursors =
        [(run.scan(Bounds::all()), expected.clone()), (run.cursor(Bounds::all(), true), reversed(expected))];
    for (cursor, expected) in &mut cursors {
        let mut given = 0;
        loop {
            match cursor.next_entry() {
                Ok(Some((key, value))) => {
                    let (expected_key, expected_value) = &expected[given];
                    assert_eq!(
                        (key, value),
                        (expected_key.as_slice(), entry(expected_value.as_ref())),
                        "{what}"
                    );
                    given += 1;
                }
                Ok(None) => break assert_eq!(given, expected.len(), "{what}: ended early"),
                Err(error) => {
                    is_damage(&error);
                    assert_eq!(cursor.next().unwrap_err().to_string(), error.to_string(), "{what}");
                    break;
                }
            }
        }
    }
    for (key, value) in model {
        match run.get(key) {
            Ok(Found::Value(found)) => assert_eq!(RunEntry::Put(&found), entry(value.as_ref()), "{what}"),
            Ok(Found::Removed) => assert_eq!(*value, None, "{what}"),
            Ok(Found::Absent) => panic!("{what}: lost a key"),
            Err(error) => is_damage(&error),
        }
    }
}

/// Would catch any byte of the file that no checksum covers, and any use of a byte before its checksum.
#[test]
fn every_flipped_bit_is_found_and_never_given() {
    let directory = MemoryDirectory::default();
    let model = sample(12);
    write(&directory, NUMBER, &model, 150);
    let bytes = directory.bytes(NUMBER);
    assert!(open(&directory, NUMBER).unwrap().blocks().len() >= 3);
    let mut opened = 0;
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        directory.set_bytes(NUMBER, &damaged);
        let what = format!("bit {bit}");
        match open(&directory, NUMBER) {
            Ok(run) => {
                opened += 1;
                assert_right_or_refused(&run, &model, &what);
                assert_eq!(damage_of(&run).len(), 1, "{what}");
            }
            Err(Error::Corrupt { .. }) => {}
            Err(error) => panic!("{what}: {error}"),
        }
    }
    println!("{} bits flipped, {opened} of them in data blocks", bytes.len() * 8);
}

#[test]
fn every_zeroed_stretch_is_found() {
    let directory = MemoryDirectory::default();
    let model = sample(300);
    write(&directory, NUMBER, &model, 500);
    let bytes = directory.bytes(NUMBER);
    for start in (0..bytes.len()).step_by(64) {
        let mut damaged = bytes.clone();
        let end = bytes.len().min(start + 64);
        damaged[start..end].fill(0);
        directory.set_bytes(NUMBER, &damaged);
        if let Ok(run) = open(&directory, NUMBER) {
            assert!(!damage_of(&run).is_empty(), "zeros at {start}");
        }
    }
}

#[test]
fn a_file_of_another_length_is_refused() {
    let directory = MemoryDirectory::default();
    let length = write(&directory, NUMBER, &sample(12), 200).length;
    let bytes = directory.bytes(NUMBER);
    let longer = [&bytes[..], &[0]].concat();
    for damaged in (0..bytes.len()).map(|length| &bytes[..length]).chain([&longer[..]]) {
        directory.set_bytes(NUMBER, damaged);
        for expected in [length, damaged.len() as u64] {
            let refused = Run::open(&directory, NUMBER, STORE, Family::Catalog, expected).unwrap_err();
            assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
        }
    }
    // A mapping beyond the file's end would end the process where it is read.
    directory.set_bytes(NUMBER, &bytes);
    let refused = Run::open(&directory, NUMBER, STORE, Family::Catalog, length + 1).unwrap_err();
    assert!(matches!(refused, Error::Corrupt { what: "run length", .. }), "{refused}");
}

/// Would catch a check of an open store that believes what it read when it was opened.
#[test]
fn damage_of_header_index_or_footer_is_found_though_the_run_is_open() {
    for from_end in [false, true] {
        let directory = MemoryDirectory::default();
        write(&directory, NUMBER, &sample(12), 200);
        let run = open(&directory, NUMBER).unwrap();
        let mut bytes = directory.bytes(NUMBER);
        let at = if from_end { bytes.len() - 10 } else { 20 };
        bytes[at] ^= 1;
        directory.set_bytes(NUMBER, &bytes);
        assert!(matches!(damage_of(&run)[..], [Error::Corrupt { .. }]), "{at}");
    }
}

#[test]
fn another_run_in_its_place_and_no_run_at_all_are_damage() {
    let directory = MemoryDirectory::default();
    let length = write(&directory, NUMBER, &sample(12), 200).length;
    let other = FileNumber(6);
    write(&directory, other, &sample(12), 200);
    directory.set_bytes(other, &directory.bytes(NUMBER));
    for (number, store, family) in [
        (other, STORE, Family::Catalog),
        (NUMBER, StoreId([0; 16]), Family::Catalog),
        (NUMBER, STORE, Family::Events),
        (FileNumber(7), STORE, Family::Catalog),
    ] {
        let refused = Run::open(&directory, number, store, family, length).unwrap_err();
        assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
    }
}

#[test]
fn all_damage_is_told_each_with_its_place() {
    let directory = MemoryDirectory::default();
    write(&directory, NUMBER, &sample(300), 500);
    let run = open(&directory, NUMBER).unwrap();
    let offsets: Vec<u64> = run.blocks().step_by(3).map(|block| block.offset).collect();
    assert!(damage_of(&run).is_empty() && offsets.len() > 3);
    let mut bytes = directory.bytes(NUMBER);
    for offset in &offsets {
        bytes[usize::try_from(*offset).unwrap() + 20] ^= 1;
    }
    directory.set_bytes(NUMBER, &bytes);
    let places: Vec<u64> = damage_of(&run)
        .iter()
        .map(|error| if let Error::Corrupt { offset, .. } = error { *offset } else { panic!("{error}") })
        .collect();
    assert_eq!(places, offsets);
}

#[test]
fn a_medium_that_cannot_be_read_is_no_damage() {
    let directory = MemoryDirectory::default();
    let length = write(&directory, NUMBER, &sample(100), 500).length;
    let run = open(&directory, NUMBER).unwrap();
    let block = run.blocks().nth(1).unwrap();
    directory.set_unreadable(NUMBER, block.offset..block.offset + block.bytes);
    let damage = damage_of(&run);
    assert!(matches!(damage[..], [Error::Io { .. }]), "{damage:?}");
    for at in [0, length - 1, length - 70] {
        directory.set_unreadable(NUMBER, at..at + 1);
        let refused = open(&directory, NUMBER).unwrap_err();
        assert!(matches!(refused, Error::Io { .. }), "{refused}");
    }
}
