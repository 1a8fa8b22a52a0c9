//! What a writer refuses, and what it leaves.

use super::*;
use crate::error::Error;

const CONFIG: RunConfig = RunConfig { block_bytes: 1_000, level: 1 };

fn writer(directory: &MemoryDirectory) -> RunWriter {
    RunWriter::create(directory, NUMBER, STORE, Family::Events, CONFIG).unwrap()
}

#[test]
fn the_meta_is_that_of_the_synced_file() {
    let directory = MemoryDirectory::default();
    let model = sample(100);
    let meta = write(&directory, NUMBER, &model, 500);
    assert_eq!((meta.family, meta.number), (Family::Catalog, NUMBER));
    assert_eq!((meta.entries, meta.removals), (100, 20));
    assert_eq!(meta.length, directory.bytes(NUMBER).len() as u64);
    assert!(directory.is_synced(NUMBER));
    let run = open(&directory, NUMBER).unwrap();
    assert_eq!((run.entries(), run.removals(), run.raw_bytes()), (100, 20, meta.raw_bytes));
}

#[test]
fn a_key_that_does_not_ascend_is_refused_and_changes_nothing() {
    let directory = MemoryDirectory::default();
    let mut writer = writer(&directory);
    writer.add(b"b", Entry::Put(&[1; 990])).unwrap();
    for key in [&b"b"[..], b"a", b""] {
        let refused = writer.add(key, Entry::Removed).unwrap_err();
        assert!(matches!(refused, Error::InvalidArgument { .. }), "{refused}");
    }
    // The next block begins here; the order holds across it.
    writer.add(b"c", Entry::Put(&[2; 990])).unwrap();
    writer.add(b"c", Entry::Removed).unwrap_err();
    let meta = writer.finish().unwrap();
    assert_eq!((meta.entries, meta.removals), (2, 0));
    let run = Run::open(&directory, NUMBER, STORE, Family::Events, meta.length).unwrap();
    assert_eq!(run.blocks().len(), 2);
    assert_eq!(collect(&mut run.scan(Bounds::all())).unwrap().len(), 2);
}

#[test]
fn a_large_entry_has_a_block_of_its_own() {
    let large = noise(1, 3_000_000);
    let model = Model::from([
        (b"a".to_vec(), Some(b"small".to_vec())),
        (b"b".to_vec(), Some(large)),
        (b"c".to_vec(), Some(b"small".to_vec())),
        (b"d".to_vec(), Some(vec![0; 3_000_000])),
    ]);
    let run = written(&model, 1_000);
    assert_eq!(run.blocks().map(|block| block.entries).collect::<Vec<_>>(), [1, 1, 1, 1]);
    assert_eq!(collect(&mut run.scan(Bounds::all())).unwrap(), pairs(&model));
}

#[test]
fn an_entry_over_the_limit_is_refused() {
    let directory = MemoryDirectory::default();
    let mut writer = writer(&directory);
    let refused = writer.add(b"a", Entry::Put(&vec![0; 272 << 20])).unwrap_err();
    assert!(matches!(refused, Error::TooLarge { .. }), "{refused}");
    writer.add(b"a", Entry::Put(b"small")).unwrap();
    assert_eq!(writer.finish().unwrap().entries, 1);
}

/// Would catch a writer that goes on behind a hole after a piece could not be written.
#[test]
fn without_room_every_later_call_says_so() {
    let directory = MemoryDirectory::default();
    let mut writer = writer(&directory);
    directory.set_room(400_000);
    let mut add = |n: u32| writer.add(&n.to_be_bytes(), Entry::Put(&noise(n, 900)));
    let refused = (0..2_000).find_map(|n| add(n).err()).expect("2 MB do not fit 400 kB");
    assert!(matches!(refused, Error::Full { .. }), "{refused}");
    directory.set_room(u64::from(u32::MAX));
    let refused = writer.finish().unwrap_err();
    assert!(matches!(refused, Error::Full { .. }), "{refused}");
    assert!(!directory.is_synced(NUMBER));
}

#[test]
fn a_file_that_exists_is_not_written_over() {
    let directory = MemoryDirectory::default();
    write(&directory, NUMBER, &sample(10), 100);
    let before = directory.bytes(NUMBER);
    assert!(RunWriter::create(&directory, NUMBER, STORE, Family::Catalog, CONFIG).is_err());
    assert_eq!(directory.bytes(NUMBER), before);
}

#[test]
fn a_writer_that_was_dropped_leaves_nothing_that_opens() {
    let directory = MemoryDirectory::default();
    let mut writer = writer(&directory);
    writer.add(b"a", Entry::Removed).unwrap();
    drop(writer);
    let length = directory.bytes(NUMBER).len() as u64;
    assert!(Run::open(&directory, NUMBER, STORE, Family::Events, length).is_err());
}
