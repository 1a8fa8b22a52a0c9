//! Runs whose checksums are right and whose contents are not, as only a fault or an attacker makes them.

use super::*;
use crate::{
    error::Error,
    format::{
        frame::Link,
        header::{FileHeader, HEADER_BYTES},
        names,
    },
    ids::Position,
    io::Directory,
    runs::{Found, block::BlockEncoder, footer::Footer, index::IndexWriter},
};

/// A block as the index is to tell of it, and its raw bytes.
struct Forged {
    first_key: &'static [u8],
    entries: u32,
    raw: Vec<u8>,
}

/// The raw bytes of keys below 128 bytes without values, none of which shares anything.
fn raw(keys: &[&str]) -> Vec<u8> {
    let entry = |key: &&str| [&[0, u8::try_from(key.len()).unwrap(), 0], key.as_bytes()].concat();
    keys.iter().flat_map(entry).collect()
}

fn forge(directory: &MemoryDirectory, blocks: &[Forged], removals: u64) {
    forge_with(directory, blocks, removals, 0);
}

/// The same with a footer that tells of more entries than the index.
fn forge_with(directory: &MemoryDirectory, blocks: &[Forged], removals: u64, more_entries: u64) {
    let mut encoder = BlockEncoder::new(STORE, 1).unwrap();
    let mut index = IndexWriter::default();
    let mut bytes = FileHeader::new(Family::Catalog.kind(), NUMBER, STORE).encode();
    for block in blocks {
        let framed = encoder.encode(&block.raw);
        let length = u32::try_from(framed.length()).unwrap();
        index.push(block.first_key, length, block.entries).unwrap();
        bytes.extend([&framed.header[..], framed.stored].concat());
    }
    let framed = encoder.encode(index.raw());
    let footer = Footer {
        number: NUMBER,
        index_offset: bytes.len() as u64,
        blocks: blocks.len() as u64,
        entries: blocks.iter().map(|block| u64::from(block.entries)).sum::<u64>() + more_entries,
        removals,
        raw_bytes: blocks.iter().map(|block| block.raw.len() as u64).sum(),
        index_length: u32::try_from(framed.length()).unwrap(),
        through: Link { position: Position(0), checksum: 0 },
    };
    bytes.extend([&framed.header[..], framed.stored].concat());
    bytes.extend(footer.encode(STORE));
    directory.remove(&names::run(NUMBER)).unwrap();
    directory.create(&names::run(NUMBER)).unwrap();
    directory.set_bytes(NUMBER, &bytes);
}

fn damage_of(run: &Run) -> Vec<Error> {
    let mut damage = Vec::new();
    run.verify(&mut |error| damage.push(error), &mut |_| ());
    damage
}

fn second(first_key: &'static [u8], entries: u32, raw: Vec<u8>) -> [Forged; 3] {
    [
        Forged { first_key: b"a", entries: 2, raw: self::raw(&["a", "b"]) },
        Forged { first_key, entries, raw },
        Forged { first_key: b"x", entries: 1, raw: self::raw(&["x"]) },
    ]
}

/// Would catch entries that are given without being those the index tells of: lost, doubled or out of order in silence.
#[test]
fn blocks_that_are_not_what_the_index_tells_of_are_refused() {
    let directory = MemoryDirectory::default();
    forge(&directory, &second(b"f", 2, raw(&["f", "g"])), 5);
    let run = open(&directory, NUMBER).unwrap();
    assert!(damage_of(&run).is_empty());
    assert_eq!(collect(&mut run.scan(Bounds::all())).unwrap().len(), 5);

    for (what, second) in [
        ("another first key", second(b"e", 2, raw(&["f", "g"]))),
        ("fewer entries", second(b"f", 3, raw(&["f", "g"]))),
        ("more entries", second(b"f", 1, raw(&["f", "g"]))),
        ("no entries", second(b"f", 1, Vec::new())),
        ("a key beyond the next block", second(b"f", 2, raw(&["f", "x"]))),
        ("keys that descend", second(b"f", 3, raw(&["f", "h", "g"]))),
        ("a key twice", second(b"f", 2, raw(&["f", "f"]))),
        ("a first key that shares", second(b"f", 1, vec![1, 1, 0, b'f'])),
        ("a value beyond the block", second(b"f", 1, vec![0, 1, 9, b'f'])),
        ("a key beyond the block", second(b"f", 1, vec![0, 9, 0, b'f'])),
        ("more shared than there is", second(b"f", 2, vec![0, 1, 0, b'f', 2, 1, 0, b'g'])),
        ("an entry cut off", second(b"f", 2, vec![0, 1, 0, b'f', 0])),
    ] {
        let place = HEADER_BYTES as u64 + 16 + second[0].raw.len() as u64;
        forge(&directory, &second, 0);
        let run = open(&directory, NUMBER).unwrap();
        let mut refusals = vec![
            collect(&mut run.scan(Bounds::all())).expect_err(what),
            collect(&mut run.cursor(Bounds::all(), true)).expect_err(what),
            damage_of(&run).first().expect(what).clone(),
        ];
        match run.get(b"k") {
            Err(refused) => refusals.push(refused),
            // A key above it ends the search, before what is wrong behind that.
            Ok(found) => {
                assert!(what == "a key beyond the next block" && found == Found::Absent, "{what}: {found:?}");
            }
        }
        for refused in refusals {
            assert!(matches!(refused, Error::Corrupt { offset, .. } if offset == place), "{what}: {refused}");
        }
    }
}

#[test]
fn totals_that_are_not_those_of_the_blocks_are_found() {
    let directory = MemoryDirectory::default();
    forge(&directory, &second(b"f", 2, raw(&["f", "g"])), 4);
    let damage = damage_of(&open(&directory, NUMBER).unwrap());
    assert!(matches!(damage[..], [Error::Corrupt { what: "run footer", .. }]), "{damage:?}");
    forge(&directory, &second(b"f", 2, raw(&["f", "g"])), 6);
    open(&directory, NUMBER).unwrap_err();
}

/// Would catch a backward walk that keeps every key in full: here that would take more than a GiB.
#[test]
fn keys_that_share_long_prefixes_take_no_more_memory_than_the_block() {
    let long = 40_000;
    let mut raw = Vec::new();
    for n in 0..40_000u64 {
        use crate::format::codec::Put;
        let (shared, unshared) = if n == 0 { (0, long) } else { (long + n - 1, 1) };
        for field in [shared, unshared, 0] {
            raw.put_varint(field);
        }
        raw.extend(std::iter::repeat_n(b'k', usize::try_from(unshared).unwrap()));
    }
    let mut reversed = crate::runs::reversed::Reversed::default();
    reversed.load(&raw).unwrap();
    assert!(reversed.held_bytes() < 20 * raw.len(), "{} of {}", reversed.held_bytes(), raw.len());
    let mut steps = 0;
    while reversed.retreat() {
        assert_eq!(reversed.key().len(), 79_999 - steps);
        steps += 1;
    }
    assert_eq!(steps, 40_000);
}

/// Would catch an index that lost its last blocks, and the entries in them in silence.
#[test]
fn a_footer_that_tells_of_more_than_the_index_is_refused() {
    let directory = MemoryDirectory::default();
    forge_with(&directory, &second(b"f", 2, raw(&["f", "g"])), 0, 1);
    let refused = open(&directory, NUMBER).unwrap_err();
    assert!(matches!(refused, Error::Corrupt { what: "run footer", .. }), "{refused}");
}
