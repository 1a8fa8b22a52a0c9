//! Packs: footer and index without the checksums that hide them, and whole files.

use std::path::Path;

use agent_storage_engine::{
    error::Error,
    format::names,
    ids::FileNumber,
    io::{Backend, Directory},
    packs::{
        Pack,
        probe::{self, ENTRY_BYTES, FOOTER_BYTES},
        verify_sealed,
    },
};

use crate::{STORE, forge, memory, repair, support::sim::SimDisk};

const NUMBER: FileNumber = FileNumber(forge::PACK_NUMBER);

/// A footer, of the pack and the file length that it names itself.
pub(super) fn footer(input: &[u8]) {
    let mut repaired = input.to_vec();
    repair::sealed(&mut repaired, 0..FOOTER_BYTES.min(input.len()), STORE);
    for bytes in [input, &repaired] {
        let field = |at| repair::u64_at(bytes, at).unwrap_or_default();
        let index_length = field(24).wrapping_mul(ENTRY_BYTES as u64);
        let length = field(16).wrapping_add(index_length).wrapping_add(FOOTER_BYTES as u64);
        if let Ok(fields) = probe::decode_footer(bytes, STORE, field(8), length) {
            assert_eq!(probe::encode_footer(fields, STORE), bytes[..FOOTER_BYTES]);
            assert!(fields.index_offset < length && fields.stored_bytes < length && fields.records < length);
            probe::decode_footer(bytes, STORE, field(8), length ^ 1).unwrap_err();
        }
    }
}

/// An index of records that end where the first eight bytes say.
///
/// What decodes ascends, lies within the records, is found by its number, and is written again in the same bytes.
pub(super) fn index(input: &[u8]) {
    let (Some(end), Some(bytes)) = (repair::u64_at(input, 0), input.get(8..)) else { return };
    let decoded = memory::bounded(memory::times(16, bytes), || probe::decode_index(bytes, end));
    let Ok(places) = decoded else { return };
    assert_eq!(probe::encode_index(&places), bytes);
    assert!(places.is_sorted_by(|left, right| left.number < right.number));
    for place in places {
        assert!(place.end() <= end && place.number.0 != 0);
        assert_eq!(probe::find(bytes, end, place.number), Ok(Some(place)));
    }
}

/// A whole file of records that the input gives, sealed and not.
///
/// A record that is read is the one that was asked for and has its checksum; nothing is read beyond the records; a pack that a check finds
/// sound reads whole.
pub(super) fn file(input: &[u8]) {
    const DIRECTORY: &str = "/pack";
    let Some(forged) = forge::pack_file(input) else { return };
    let disk = SimDisk::new();
    let directory = disk.open_directory(Path::new(DIRECTORY), true).expect("creates");
    disk.put(Path::new(DIRECTORY), &names::pack(NUMBER), &forged.bytes);
    let length = forged.bytes.len() as u64;
    let most = memory::times(64, &forged.bytes);
    if forged.sealed {
        memory::bounded(most, || match Pack::open_sealed(&*directory, NUMBER, STORE, length) {
            Ok(pack) => check_sealed(&*directory, &pack, length),
            Err(refused) => expect_damage(&refused),
        });
    } else {
        memory::bounded(most, || {
            let pack = Pack::open_unsealed(&*directory, NUMBER, STORE).expect("its header is right");
            check_records(&pack);
            assert!(pack.record_bytes() <= length);
        });
    }
}

fn check_sealed(directory: &dyn Directory, pack: &Pack, length: u64) {
    let mut damage = Vec::new();
    let mut note = |error: Error| {
        expect_damage(&error);
        damage.push(error);
    };
    let good = verify_sealed(directory, NUMBER, STORE, length, &mut note, &mut |_| Ok(())).expect("reads");
    let read = check_records(pack);
    if damage.is_empty() {
        assert_eq!(pack.records().expect("reads"), good);
        assert_eq!(read, Some(good), "a pack that was found sound does not read");
    }
}

/// How many records can be read; `None` where the index cannot.
fn check_records(pack: &Pack) -> Option<u64> {
    let places: Vec<_> = pack.entries().inspect_err(expect_damage).ok()?.collect();
    let ends = places.first().zip(places.last()).map(|(first, last)| (first.number, last.number));
    assert_eq!(pack.number_range().expect("the index was read"), ends);
    let mut read = 0;
    for place in places {
        assert_eq!(pack.find(place.number).expect("the index was read"), Some(place));
        match pack.read_stored(&place) {
            Ok((header, stored)) => {
                assert!(header.number == place.number && header.stored_length as usize == stored.len());
                assert_eq!(crc32fast::hash(&stored), header.stored_checksum);
                read += 1;
            }
            Err(refused) => expect_damage(&refused),
        }
    }
    Some(read)
}

fn expect_damage(error: &Error) {
    assert!(matches!(error, Error::Corrupt { .. } | Error::UnsupportedFormat { .. }), "{error}");
}
