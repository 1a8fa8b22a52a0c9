//! Tests of loading through bases: damage of each kind, loops, and what the cache keeps.

use std::{cell::RefCell, collections::HashMap};

use super::*;
use crate::{
    checkpoints::{
        cache::BaseCache,
        chain::{Ancestry, Link, RecordFacts, choose},
        encode::{encode_checkpoint, encode_large_change},
        testing::Growing,
    },
    format::names,
    ids::FileNumber,
    packs::{
        Pack, PackWriter,
        testing::{MemoryDirectory, STORE},
    },
};

/// Records in memory, and which were read.
#[derive(Default)]
struct Records {
    stored: HashMap<u64, StoredRecord>,
    read: RefCell<Vec<u64>>,
}

impl Locate for Records {
    fn stored(&self, number: RecordNumber) -> Result<Option<StoredRecord>> {
        self.read.borrow_mut().push(number.0);
        Ok(self.stored.get(&number.0).cloned())
    }
}

impl Ancestry for Records {
    fn facts(&self, number: RecordNumber) -> Result<RecordFacts> {
        let header = &self.stored[&number.0].header;
        Ok(RecordFacts {
            number,
            ordinal: header.ordinal,
            depth: header.depth,
            base: header.base.map(|base| base.number),
            raw_length: header.raw_length,
            raw_checksum: header.raw_checksum,
        })
    }
}

impl Records {
    /// Saves `versions` as one chain, numbered from 1.
    fn chain(versions: &[Vec<u8>], max: u32) -> Self {
        let mut records = Self::default();
        for (number, raw) in (1..).zip(versions) {
            let previous = Some(RecordNumber(number - 1)).filter(|previous| previous.0 > 0);
            let link = choose(previous, max, &records).unwrap();
            let base = link.base.map(|facts| records.load(facts.number.0).unwrap().unwrap());
            let base = base.as_deref().map(Vec::as_slice);
            let encoded = encode_checkpoint(RecordNumber(number), &link, raw, base, 3).unwrap();
            let origin = Origin { path: "pack".into(), offset: number };
            let record = StoredRecord { header: encoded.header, stored: encoded.stored, origin };
            records.stored.insert(number, record);
        }
        records.read.borrow_mut().clear();
        records
    }

    fn load(&self, number: u64) -> Result<Option<Arc<Vec<u8>>>> {
        load_record(RecordNumber(number), self, None, Keep::Nothing)
    }

    fn refused(&self, number: u64) -> (u64, &'static str) {
        match self.load(number).unwrap_err() {
            Error::Corrupt { offset, what, .. } => (offset, what),
            other => panic!("{other}"),
        }
    }
}

fn versions(count: usize) -> Vec<Vec<u8>> {
    let mut growing = Growing::new(0xfeed, 400);
    (0..count).map(|_| growing.step()).collect()
}

#[test]
fn every_version_of_a_growing_checkpoint_loads() {
    let versions = versions(70);
    let raw: usize = versions.iter().map(Vec::len).sum();
    for max in [0, 2, 8] {
        let records = Records::chain(&versions, max);
        for (number, raw) in (1..).zip(&versions) {
            records.read.borrow_mut().clear();
            assert_eq!(records.load(number).unwrap().as_deref(), Some(raw));
            assert!(records.read.borrow().len() <= usize::try_from(max.max(1)).unwrap());
        }
        let stored: usize = records.stored.values().map(|record| record.stored.len()).sum();
        assert!(max < 8 || stored < raw / 20, "{stored} of {raw} bytes");
    }
    assert_eq!(Records::default().load(1).unwrap(), None);
}

#[test]
fn a_delta_that_saves_nothing_is_stored_whole() {
    let mut growing = Growing::new(0xabc, 3000);
    let first = growing.step();
    let unrelated: Vec<u8> = Growing::new(0xdef, 3000).step().iter().map(|byte| byte ^ 0x80).collect();
    let records = Records::chain(&[first.clone(), unrelated, [first, growing.step()].concat()], 8);
    let header = |number: u64| records.stored[&number].header;
    assert_eq!((header(2).base, header(2).depth, header(2).ordinal), (None, 1, 1));
    assert_eq!(header(3).ordinal, 2);
}

// The bug: a delta against other bytes than those its header names, which nothing could ever load.
#[test]
fn bytes_that_are_not_the_base_are_not_compressed_against() {
    let mut growing = Growing::new(0xfeed, 400);
    // So long that a delta saves much, also one against what is not the base.
    let versions = [growing.grow_to(20_000), growing.step(), growing.step()];
    let link = choose(Some(RecordNumber(1)), 8, &Records::chain(&versions[..1], 8)).unwrap();
    let encode = |base| encode_checkpoint(RecordNumber(2), &link, &versions[1], base, 3).unwrap().header;
    assert!(encode(Some(versions[0].as_slice())).base.is_some());
    for base in [None, Some(versions[1].as_slice()), Some(versions[2].as_slice())] {
        let header = encode(base);
        assert_eq!((header.base, header.depth, header.ordinal), (None, 1, 1));
    }
}

#[test]
fn a_missing_or_wrong_base_is_damage_of_the_delta() {
    let mut records = Records::chain(&versions(4), 8);
    let first = records.stored.remove(&1).unwrap();
    assert_eq!(records.refused(2), (2, "the record's base is missing"));

    let mut other = first.clone();
    other.header.raw_checksum ^= 1;
    records.stored.insert(1, other);
    assert_eq!(records.refused(2), (2, "the record's base is another"));
    assert_eq!(records.refused(1), (1, "record's raw bytes"));

    let mut misplaced = first;
    misplaced.header.number = RecordNumber(77);
    records.stored.insert(1, misplaced);
    assert_eq!(records.refused(2), (2, "record of another number"));
    assert_eq!(records.refused(1), (1, "record of another number"));
}

// The bug: a load that reads more records than the header says, which lets it go round in circles.
#[test]
fn a_base_as_deep_as_its_delta_is_damage() {
    let mut records = Records::chain(&versions(2), 8);
    let depth = records.stored[&1].header.depth;
    records.stored.get_mut(&2).unwrap().header.depth = depth;
    assert_eq!(records.refused(2), (2, "the record's base is as deep as the record"));
}

// The bug: records that name each other as base and keep a load busy for ever.
#[test]
fn a_loop_of_bases_is_damage() {
    let mut records = Records::chain(&versions(4), 8);
    let (second, fourth) = (records.stored[&2].header, records.stored[&4].header);
    let base = Base { number: RecordNumber(4), raw_checksum: fourth.raw_checksum };
    records.stored.get_mut(&2).unwrap().header.base = Some(base);
    let base = Base { number: RecordNumber(2), raw_checksum: second.raw_checksum };
    records.stored.get_mut(&4).unwrap().header.base = Some(base);
    assert_eq!(records.refused(2), (2, "the record's base is as deep as the record"));
    assert!(records.read.borrow().len() <= 3);
}

#[test]
fn wrong_lengths_are_refused() {
    let mut records = Records::chain(&versions(2), 8);
    records.stored.get_mut(&1).unwrap().header.raw_length = MAX_RAW_BYTES;
    assert_eq!(records.refused(1), (1, "record has another length than its header says"));
    records.stored.get_mut(&1).unwrap().header.raw_length = u32::MAX;
    assert_eq!(records.refused(2), (1, "record is longer than any may be"));
}

#[test]
fn an_io_error_below_is_the_answer() {
    struct Failing(Records);
    impl Locate for Failing {
        fn stored(&self, number: RecordNumber) -> Result<Option<StoredRecord>> {
            match number.0 {
                1 => Err(Error::io("pread", "pack".as_ref(), std::io::Error::other("medium"))),
                _ => self.0.stored(number),
            }
        }
    }
    let failing = Failing(Records::chain(&versions(3), 8));
    let error = load_record(RecordNumber(3), &failing, None, Keep::Nothing).unwrap_err();
    assert!(matches!(error, Error::Io { .. }), "{error}");
}

#[test]
fn bases_are_kept_and_used() {
    let versions = versions(8);
    let records = Records::chain(&versions, 8);
    let cache = BaseCache::new(10 << 20);
    let bases = cache.open();
    let load = |number: u64, keep| {
        records.read.borrow_mut().clear();
        let raw = load_record(RecordNumber(number), &records, Some(&bases), keep).unwrap().unwrap();
        assert_eq!(*raw, versions[usize::try_from(number).unwrap() - 1]);
        records.read.borrow().clone()
    };
    // Record 8 has ordinal 7; its bases are those with ordinals 6, 4 and 0.
    assert_eq!(load(8, Keep::Nothing), [8, 7, 5, 1]);
    assert_eq!(load(8, Keep::Bases), [8, 7, 5, 1]);
    assert_eq!(load(8, Keep::Bases), [8]);
    // And of record 4 they are 3 and 1.
    assert_eq!(load(4, Keep::Record), [4, 3]);
    assert_eq!(load(4, Keep::Nothing), []);
    assert_eq!(load(3, Keep::Nothing), [3]);
}

// The bug: a cached base of the right number but other bytes, silently taken as prefix.
#[test]
fn a_cached_base_of_another_checksum_is_not_used() {
    let versions = versions(2);
    let records = Records::chain(&versions, 8);
    let cache = BaseCache::new(10 << 20);
    let bases = cache.open();
    let other = Arc::new(versions[1].clone());
    bases.insert(RecordNumber(1), &other, crc32fast::hash(&other));
    let raw = load_record(RecordNumber(2), &records, Some(&bases), Keep::Bases).unwrap().unwrap();
    assert_eq!(*raw, versions[1]);
}

struct OnePack(Pack);

impl Locate for OnePack {
    fn stored(&self, number: RecordNumber) -> Result<Option<StoredRecord>> {
        let Self(pack) = self;
        let Some(place) = pack.find(number)? else { return Ok(None) };
        let (header, stored) = pack.read_stored(&place)?;
        let origin = Origin { path: pack.path().to_owned(), offset: place.offset };
        Ok(Some(StoredRecord { header, stored, origin }))
    }
}

// The promise of the whole part: right or refused, for each bit of a pack with a chain of deltas.
#[test]
fn each_bit_flip_in_a_pack_gives_the_right_bytes_or_an_error() {
    let versions = versions(4);
    let directory = MemoryDirectory::default();
    let writer = PackWriter::create(&directory, FileNumber(1), STORE).unwrap();
    let records = Records::chain(&versions, 8);
    for number in 1..=4 {
        let record = &records.stored[&number];
        writer.append(&record.header, &record.stored).unwrap().unwrap();
    }
    let large = encode_large_change(RecordNumber(5), b"a frame's body", 3).unwrap();
    writer.append(&large.header, &large.stored).unwrap().unwrap();
    let meta = writer.seal().unwrap();
    let name = names::pack(FileNumber(1));
    let bytes = directory.file(&name).bytes();
    let load_all = |bytes: &[u8]| -> Result<Vec<Option<Arc<Vec<u8>>>>> {
        directory.put(&name).set_bytes(bytes.to_vec());
        let pack = OnePack(Pack::open_sealed(&directory, FileNumber(1), STORE, meta.length)?);
        (1..=5).map(|number| load_record(RecordNumber(number), &pack, None, Keep::Nothing)).collect()
    };
    let expected = load_all(&bytes).unwrap();
    for (raw, version) in expected.iter().zip(&versions) {
        assert_eq!(raw.as_deref(), Some(version));
    }
    assert_eq!(expected[4].as_deref().map(Vec::as_slice), Some(b"a frame's body".as_slice()));
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match load_all(&damaged) {
            Ok(loaded) => assert!(loaded == expected, "bit {bit}"),
            Err(Error::Corrupt { .. }) => {}
            Err(other) => panic!("bit {bit}: {other}"),
        }
    }
}

#[test]
fn a_record_alone_in_its_chain_is_whole() {
    let raw = b"only version".to_vec();
    let encoded = encode_checkpoint(RecordNumber(1), &Link::FIRST, &raw, None, 3).unwrap();
    assert!(encoded.header.is_consistent());
    assert_eq!(encoded.header.raw_checksum, crc32fast::hash(&raw));
}
