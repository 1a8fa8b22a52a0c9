//! Sorted runs: the structures of their files one by one, without the checksums that hide them, and whole files.

use std::{path::Path, sync::Arc};

use agent_storage_engine::{
    error::Error,
    format::{
        codec::{Cursor, Malformed},
        header::HEADER_BYTES,
        names,
    },
    ids::FileNumber,
    io::Backend,
    runs::{
        Bounds, Entry, Family, Found, Merge, Run, Source,
        probe::{self, BLOCK_HEADER_BYTES, FOOTER_BYTES, MAX_RAW_BYTES, OwnedEntry},
    },
};

use crate::{STORE, forge, memory, repair, support::sim::SimDisk};

/// A larger block is not compressed again, since that would take most of the time.
const COMPRESSED_AGAIN_BYTES: usize = 1 << 20;

/// A footer, of the run and the file length that it names itself.
pub(super) fn footer(input: &[u8]) {
    let mut repaired = input.to_vec();
    repair::sealed(&mut repaired, 0..FOOTER_BYTES.min(input.len()), STORE);
    for bytes in [input, &repaired] {
        let number = repair::u64_at(bytes, 8).unwrap_or_default();
        let index_end = repair::u64_at(bytes, 16)
            .zip(repair::u32_at(bytes, 56))
            .map_or(0, |(offset, length)| offset.wrapping_add(length.into()));
        let length = index_end.wrapping_add(FOOTER_BYTES as u64);
        if let Ok(fields) = probe::decode_footer(bytes, STORE, number, length) {
            assert_eq!(probe::encode_footer(fields, STORE), bytes);
            assert!(fields.removals <= fields.entries && fields.index_offset < length);
            probe::decode_footer(bytes, STORE, number ^ 1, length).unwrap_err();
            probe::decode_footer(bytes, STORE, number, length ^ 1).unwrap_err();
        }
    }
}

/// The raw bytes of an index, for blocks that end where the first eight bytes say, and where its own lengths say.
///
/// What decodes lies without a gap, ascends, and is the same when written again; keys take no more than their prefixes can make of them.
pub(super) fn index(input: &[u8]) {
    let (Some(end), Some(raw)) = (repair::u64_at(input, 0), input.get(8..)) else { return };
    let start = HEADER_BYTES as u64;
    for end in [end, start.wrapping_add(sum_of_lengths(raw).unwrap_or_default())] {
        let most = memory::times(128, raw) + 4 * raw.len().saturating_mul(raw.len()).min(MAX_RAW_BYTES);
        let Ok(places) = memory::bounded(most, || probe::decode_index(raw, start, end)) else { continue };
        let mut next = start;
        for (_, offset, length, entries) in &places {
            assert!(*offset == next && *length as usize >= BLOCK_HEADER_BYTES && *entries > 0);
            next += u64::from(*length);
        }
        assert_eq!(next, end);
        assert!(places.is_sorted_by(|left, right| left.0 < right.0), "keys that do not ascend");
        let again = probe::encode_index(&places).expect("fits");
        assert_eq!(probe::decode_index(&again, start, end).as_ref(), Ok(&places));
    }
}

fn sum_of_lengths(raw: &[u8]) -> Result<u64, Malformed> {
    let mut cursor = Cursor::new(raw);
    let mut sum = 0_u64;
    while !cursor.is_empty() {
        let (_, unshared) = (cursor.varint()?, cursor.length()?);
        sum = sum.wrapping_add(cursor.varint()?);
        cursor.varint()?;
        cursor.take(unshared)?;
    }
    Ok(sum)
}

/// A block. Its raw bytes are as many as its checksummed header says and are the same in a block that is made of them.
pub(super) fn block(input: &[u8]) {
    let mut repaired = input.to_vec();
    repair::block(&mut repaired, STORE);
    for bytes in [input, &repaired] {
        let claimed = repair::u32_at(bytes, 4).unwrap_or_default() as usize;
        let decode = || probe::decode_block(STORE, bytes);
        let Some(raw) = memory::bounded(claimed.min(MAX_RAW_BYTES) + memory::times(0, bytes), decode) else {
            continue;
        };
        assert!(raw.len() == claimed && claimed <= MAX_RAW_BYTES);
        if claimed <= COMPRESSED_AGAIN_BYTES {
            let again = probe::encode_block(STORE, 1, &raw).expect("memory");
            assert_eq!(probe::decode_block(STORE, &again), Some(raw));
        }
    }
}

/// The raw bytes of a data block.
///
/// Keys ascend strictly; walked backward they are the same ones; written again they read the same.
pub(super) fn entries(input: &[u8]) {
    let (forward, whole) = probe::entries_forward(input);
    assert!(forward.is_sorted_by(|left, right| left.0 < right.0), "keys that do not ascend");
    match probe::entries_backward(input) {
        Ok(mut backward) => {
            backward.reverse();
            assert_eq!((&backward, whole), (&forward, Ok(())));
        }
        Err(Malformed) => assert_eq!(whole, Err(Malformed)),
    }
    let again = probe::write_entries(&forward).expect("ascending and small");
    assert!(whole.is_err() || again.len() <= input.len());
    assert_eq!(probe::entries_forward(&again), (forward, Ok(())));
}

/// A whole file, made of raw blocks that the input gives, with right checksums.
///
/// Every way to its entries gives the same ones, or none gives them all; a file that a check finds sound reads to its end.
pub(super) fn file(input: &[u8]) {
    const DIRECTORY: &str = "/run";
    let Some(bytes) = forge::run_file(input) else { return };
    let disk = SimDisk::new();
    let directory = disk.open_directory(Path::new(DIRECTORY), true).expect("creates");
    let number = FileNumber(forge::RUN_NUMBER);
    disk.put(Path::new(DIRECTORY), &names::run(number), &bytes);
    let run = match Run::open(&*directory, number, STORE, Family::Catalog, bytes.len() as u64) {
        Ok(run) => run,
        Err(refused) => return assert!(matches!(refused, Error::Corrupt { .. }), "{refused}"),
    };
    let forward = walk(&mut run.scan(Bounds::all()));
    let backward = walk(&mut run.cursor(Bounds::all(), true));
    assert_eq!(forward.is_ok(), backward.is_ok(), "{forward:?} and {backward:?}");
    let mut damage = Vec::new();
    let mut checked = 0;
    run.verify(&mut |error| damage.push(error), &mut |bytes| checked += bytes);
    assert_eq!(checked, bytes.len() as u64);
    let Ok(forward) = forward else { return assert!(!damage.is_empty(), "a damaged run was found sound") };
    let mut backward = backward.expect("as forward");
    backward.reverse();
    assert!(forward == backward && forward.len() as u64 == run.entries());
    assert!(forward.is_sorted_by(|left, right| left.0 < right.0), "keys that do not ascend");
    check_look_ups(&run, &forward);
}

fn check_look_ups(run: &Arc<Run>, entries: &[OwnedEntry]) {
    for (key, value) in entries.iter().step_by(entries.len() / 16 + 1) {
        let expected = value.clone().map_or(Found::Removed, Found::Value);
        assert_eq!(run.get(key).expect("it was read before"), expected);
        for reverse in [false, true] {
            let mut cursor = run.cursor(Bounds::all(), reverse);
            cursor.seek(key);
            assert!(cursor.next().expect("reads") && cursor.key() == key, "seek, reverse: {reverse}");
        }
    }
    let twice = vec![run.scan(Bounds::all()), run.scan(Bounds::all())];
    let mut merge = Merge::new(twice, false).expect("reads");
    assert_eq!(walk(&mut merge).expect("reads"), entries, "a merge of the run with itself");
}

fn walk(source: &mut dyn Source) -> Result<Vec<OwnedEntry>, Error> {
    let mut found = Vec::new();
    while let Some((key, entry)) = source.next_entry()? {
        let value = match entry {
            Entry::Put(value) => Some(value.to_vec()),
            Entry::Removed => None,
        };
        found.push((key.to_vec(), value));
    }
    Ok(found)
}
