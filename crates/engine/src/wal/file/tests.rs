//! A log file is made, opened, marked and grown, also where that fails or the file is damaged.

use super::*;
use crate::{
    ids::Position,
    wal::testing::{MemoryDirectory, NUMBER, STORE},
};

fn open(directory: &MemoryDirectory) -> Result<Arc<LogFile>> {
    LogFile::open(directory, NUMBER, STORE, Access::ReadWrite)
}

fn link(position: u64) -> Link {
    Link { position: Position(position), checksum: 9 }
}

#[test]
fn a_new_log_is_small_durable_and_opens_again() {
    let directory = MemoryDirectory::default();
    let created = LogFile::create(&directory, NUMBER, STORE).unwrap();
    assert_eq!(created.allocated(), 16 << 10);
    let crashed = directory.after_power_cut();
    assert_eq!(open(&crashed).unwrap().mark(), created.mark());
    assert_eq!(open(&crashed).unwrap().allocated(), 16 << 10);
}

/// Catches marks that overwrite the slot of the newest one: a torn write would then lose both.
#[test]
fn marks_alternate_and_a_torn_one_leaves_the_one_before() {
    let directory = MemoryDirectory::default();
    let log = LogFile::create(&directory, NUMBER, STORE).unwrap();
    for position in 1..=6 {
        let before = log.mark();
        log.write_mark(link(position), FRAMES_OFFSET + position, position == 6).unwrap();
        assert_eq!(open(&directory).unwrap().mark(), log.mark());
        let torn = directory.copy();
        torn.file("0000000000000007.log")
            .edit(|bytes| bytes[usize::try_from(log.mark().slot_offset()).unwrap() + 30] ^= 1);
        assert_eq!(open(&torn).unwrap().mark(), before, "{position}");
    }
    assert!(log.mark().closed);
}

#[test]
fn a_log_opened_again_goes_on_counting_whichever_slot_is_bad() {
    for bad in [4096, 8192] {
        let directory = MemoryDirectory::default();
        LogFile::create(&directory, NUMBER, STORE).unwrap();
        directory.file("0000000000000007.log").edit(|bytes| bytes[bad] ^= 1);
        let opened = open(&directory).unwrap();
        assert_ne!(opened.mark().slot_offset(), bad as u64);
        opened.write_mark(link(1), FRAMES_OFFSET, false).unwrap();
        assert_eq!(opened.mark().slot_offset(), bad as u64);
        assert_eq!(open(&directory).unwrap().mark(), opened.mark());
    }
}

#[test]
fn damage_of_header_and_marks_is_told_with_its_place() {
    type Damage = fn(&mut Vec<u8>);
    let cases: [(&str, Damage, u64); 6] = [
        ("empty", Vec::clear, 0),
        ("header", |bytes| bytes[20] ^= 1, 0),
        ("cut in the header", |bytes| bytes.truncate(63), 0),
        ("cut in the slots", |bytes| bytes.truncate(9000), 9000),
        ("both slots", |bytes| bytes[4096..8200].fill(0), 4096),
        ("both slots' checksums", |bytes| [4150, 8246].iter().for_each(|at| bytes[*at] ^= 1), 4096),
    ];
    for (name, damage, place) in cases {
        let directory = MemoryDirectory::default();
        LogFile::create(&directory, NUMBER, STORE).unwrap();
        directory.file("0000000000000007.log").edit(damage);
        let refused = open(&directory).unwrap_err();
        assert!(matches!(refused, Error::Corrupt { offset, .. } if offset == place), "{name}: {refused}");
    }
}

#[test]
fn a_missing_log_is_damage_and_an_unreadable_one_is_not() {
    let directory = MemoryDirectory::default();
    let refused = open(&directory).unwrap_err();
    assert!(matches!(refused, Error::Corrupt { what: "missing log", .. }), "{refused}");
    LogFile::create(&directory, NUMBER, STORE).unwrap();
    directory.file("0000000000000007.log").fail_reads(true);
    let refused = open(&directory).unwrap_err();
    assert!(matches!(refused, Error::Io { .. }), "{refused}");
}

#[test]
fn a_creation_without_room_leaves_nothing() {
    for (allocates, placed) in [(false, 0), (true, 0), (true, 5000)] {
        let directory = MemoryDirectory::default();
        directory.on_create(move |file| {
            if !allocates {
                file.fail_allocation();
            }
            file.fail_next_write(placed, std::io::ErrorKind::StorageFull);
        });
        let refused = LogFile::create(&directory, NUMBER, STORE).unwrap_err();
        assert!(matches!(refused, Error::Full { .. }), "{refused}");
        assert!(directory.list().unwrap().is_empty());
    }
}

#[test]
fn a_creation_that_cannot_be_synced_fails() {
    let directory = MemoryDirectory::default();
    directory.on_create(|file| file.fail_syncs(true));
    let refused = LogFile::create(&directory, NUMBER, STORE).unwrap_err();
    assert!(matches!(refused, Error::Io { operation: "fdatasync", .. }), "{refused}");
}

/// Catches a log that was put in another's place, of this store or of a copy's.
#[test]
fn a_log_of_another_number_or_store_is_damage() {
    let directory = MemoryDirectory::default();
    let other = FileNumber(NUMBER.0 + 1);
    LogFile::create(&directory, other, STORE).unwrap();
    let bytes = directory.file("0000000000000008.log").durable();
    LogFile::create(&directory, NUMBER, STORE).unwrap();
    directory
        .file("0000000000000007.log")
        .edit(|log| log[..HEADER_BYTES].copy_from_slice(&bytes[..HEADER_BYTES]));
    let refused = open(&directory).unwrap_err();
    assert!(matches!(refused, Error::Corrupt { what: "file header of another file", .. }), "{refused}");
}
