//! Tests of writing a pack: grouped syncs, full disks, failures that stay.

use std::{
    io::{self, ErrorKind},
    sync::{Barrier, atomic::Ordering},
    thread,
};

use super::*;
use crate::packs::{
    Pack,
    testing::{MemoryDirectory, MemoryFile, STORE, record},
};

const NUMBER: FileNumber = FileNumber(4);

fn create() -> (MemoryDirectory, PackWriter, Arc<MemoryFile>) {
    let directory = MemoryDirectory::default();
    let pack = PackWriter::create(&directory, NUMBER, STORE).unwrap();
    let file = directory.file(&names::pack(NUMBER));
    (directory, pack, file)
}

fn append(pack: &PackWriter, number: u64) -> Result<Option<RecordPlace>> {
    let stored = number.to_le_bytes();
    pack.append(&record(number, &stored), &stored)
}

#[test]
fn a_record_is_readable_before_any_sync() {
    let (_, pack, file) = create();
    let place = append(&pack, 1).unwrap().unwrap();
    assert_eq!(pack.find(RecordNumber(1)), Some(place));
    assert_eq!(pack.find(RecordNumber(2)), None);
    assert_eq!(pack.read_stored(&place).unwrap().1, 1u64.to_le_bytes());
    assert_eq!(file.syncs.load(Ordering::SeqCst), 0);
}

#[test]
fn a_record_that_its_header_does_not_describe_is_refused_unwritten() {
    let (_, pack, file) = create();
    let header = record(1, b"stored");
    for (header, stored) in
        [(header, b"storee".as_slice()), (header, b"store"), (RecordHeader { depth: 2, ..header }, b"stored")]
    {
        assert!(matches!(pack.append(&header, stored), Err(Error::InvalidArgument { .. })));
    }
    append(&pack, 1).unwrap();
    assert!(matches!(append(&pack, 1), Err(Error::InvalidArgument { .. })));
    assert_eq!(file.bytes().len() as u64, pack.length());
}

#[test]
fn a_write_that_finds_no_room_changes_nothing() {
    let (directory, pack, file) = create();
    append(&pack, 1).unwrap();
    *file.next_write.lock() = Some((0, ErrorKind::StorageFull));
    assert!(matches!(append(&pack, 2), Err(Error::Full { .. })));
    assert_eq!(pack.find(RecordNumber(2)), None);
    append(&pack, 3).unwrap();
    *file.next_write.lock() = Some((0, ErrorKind::StorageFull));
    assert!(matches!(pack.seal(), Err(Error::Full { .. })));
    append(&pack, 4).unwrap().unwrap();
    let meta = pack.seal().unwrap();
    let sealed = Pack::open_sealed(&directory, NUMBER, STORE, meta.length).unwrap();
    let numbers: Vec<_> = sealed.entries().unwrap().map(|place| place.number.0).collect();
    assert_eq!(numbers, [1, 3, 4]);
}

// The bug: going on behind bytes of a record that was not placed whole, where a later scan would never look.
#[test]
fn after_any_other_failed_write_nothing_more_is_taken() {
    for (placed, kind) in [(0, ErrorKind::Other), (1, ErrorKind::StorageFull), (60, ErrorKind::Other)] {
        let (directory, pack, file) = create();
        let first = append(&pack, 1).unwrap().unwrap();
        pack.sync_through(&first).unwrap();
        let second = append(&pack, 2).unwrap().unwrap();
        *file.next_write.lock() = Some((placed, kind));
        assert!(matches!(append(&pack, 3), Err(Error::Io { .. })));
        assert!(matches!(append(&pack, 4), Err(Error::Poisoned { .. })));
        assert!(matches!(pack.seal(), Err(Error::Poisoned { .. })));
        assert!(matches!(pack.sync_through(&second), Err(Error::Poisoned { .. })));
        pack.sync_through(&first).unwrap();
        pack.read_stored(&second).unwrap();
        let reopened = Pack::open_unsealed(&directory, NUMBER, STORE).unwrap();
        assert_eq!(reopened.records().unwrap(), 2);
    }
}

#[test]
fn a_sealed_pack_turns_records_away_and_is_durable() {
    let (_, pack, file) = create();
    let place = append(&pack, 1).unwrap().unwrap();
    let meta = pack.seal().unwrap();
    assert_eq!(
        meta,
        PackMeta { number: NUMBER, length: file.length().unwrap(), records: 1, stored_bytes: 8 }
    );
    assert_eq!(file.durable.load(Ordering::SeqCst) as u64, meta.length);
    assert_eq!(append(&pack, 2).unwrap(), None);
    assert_eq!(pack.seal().unwrap(), meta);
    pack.sync_through(&place).unwrap();
    assert_eq!(file.syncs.load(Ordering::SeqCst), 1);
    assert_eq!(pack.find(RecordNumber(1)), Some(place));
}

/// Lets the first sync end with `outcome` once all of `threads` have appended, and gives what each one's sync answered.
fn sync_together(outcome: fn() -> io::Result<()>) -> (Arc<MemoryFile>, PackWriter, Vec<Result<()>>) {
    const THREADS: u64 = 4;
    let (_, pack, file) = create();
    let leading = Arc::new(Barrier::new(2));
    let appended = Arc::new(Barrier::new(usize::try_from(THREADS).unwrap() + 1));
    let (entered, released) = (Arc::clone(&leading), Arc::clone(&appended));
    *file.on_sync.lock() = Some(Arc::new(move |before| {
        if before > 0 {
            return Ok(());
        }
        entered.wait();
        released.wait();
        outcome()
    }));
    let first = append(&pack, 1).unwrap().unwrap();
    let answers = thread::scope(|scope| {
        let leader = scope.spawn(|| pack.sync_through(&first));
        leading.wait();
        let followers: Vec<_> = (2..2 + THREADS)
            .map(|number| {
                let (pack, file, appended) = (&pack, &file, &appended);
                scope.spawn(move || {
                    let place = append(pack, number).unwrap().unwrap();
                    appended.wait();
                    pack.sync_through(&place)?;
                    assert!(file.durable.load(Ordering::SeqCst) as u64 >= place.end());
                    Ok(())
                })
            })
            .collect();
        std::iter::once(leader).chain(followers).map(|thread| thread.join().unwrap()).collect()
    });
    (file, pack, answers)
}

// The bugs: an answer before the sync that covers the record has ended, and a sync for each record.
#[test]
fn records_written_during_a_sync_share_the_next() {
    let (file, _, answers) = sync_together(|| Ok(()));
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(file.syncs.load(Ordering::SeqCst), 2);
}

// The bug: a second sync that succeeds after a failed one, although the kernel has dropped the pages.
#[test]
fn a_failed_sync_answers_all_and_is_never_repeated() {
    let (file, pack, answers) = sync_together(|| Err(io::Error::other("medium error")));
    assert!(matches!(answers[0], Err(Error::Io { .. })), "{answers:?}");
    assert!(answers[1..].iter().all(|answer| matches!(answer, Err(Error::Poisoned { .. }))), "{answers:?}");
    assert!(matches!(append(&pack, 9), Err(Error::Poisoned { .. })));
    assert!(matches!(pack.seal(), Err(Error::Poisoned { .. })));
    assert_eq!(file.syncs.load(Ordering::SeqCst), 1);
}

#[test]
fn many_threads_append_and_sync() {
    let (directory, pack, file) = create();
    thread::scope(|scope| {
        for thread in 0..4u64 {
            let (pack, file) = (&pack, &file);
            scope.spawn(move || {
                for i in 0..50 {
                    let place = append(pack, 1 + i * 4 + thread).unwrap().unwrap();
                    pack.sync_through(&place).unwrap();
                    assert!(file.durable.load(Ordering::SeqCst) as u64 >= place.end());
                }
            });
        }
    });
    let meta = pack.seal().unwrap();
    let sealed = Pack::open_sealed(&directory, NUMBER, STORE, meta.length).unwrap();
    for number in 1..=200 {
        let place = sealed.find(RecordNumber(number)).unwrap().unwrap();
        assert_eq!(sealed.read_stored(&place).unwrap().1, number.to_le_bytes());
    }
}
