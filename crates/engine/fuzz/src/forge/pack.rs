//! Packs.

use agent_storage_engine::{
    format::{
        header::{FileHeader, FileKind, HEADER_BYTES},
        record::{RECORD_HEADER_BYTES, RecordHeader},
    },
    ids::{FileNumber, StoreId},
    packs::{RecordPlace, probe as packs},
};

use super::{PACK_NUMBER, REPAIRED};
use crate::{STORE, repair};

/// A pack.
#[derive(Debug)]
pub(crate) struct ForgedPack {
    /// Its file.
    pub(crate) bytes: Vec<u8>,
    /// Whether it has an index and a footer.
    pub(crate) sealed: bool,
}

/// A pack. The first byte says whether it is sealed and whether the records' checksums are made right; the two bytes behind it change one byte of
/// the index; the records follow.
pub(crate) fn pack_file(input: &[u8]) -> Option<ForgedPack> {
    const SEALED: u8 = 0x01;
    let ([flags, at, change], records) = input.split_first_chunk()?;
    let mut bytes = FileHeader::new(FileKind::Pack, FileNumber(PACK_NUMBER), STORE).encode();
    bytes.extend_from_slice(records);
    if flags & REPAIRED != 0 {
        repair::record_headers(&mut bytes, STORE);
    }
    let sealed = flags & SEALED != 0;
    if sealed {
        let places = records_of(&bytes, STORE);
        let end = places.last().map_or(HEADER_BYTES as u64, RecordPlace::end);
        bytes.truncate(usize::try_from(end).expect("within the bytes"));
        let mut index = packs::encode_index(&places);
        let length = index.len().max(1);
        if let Some(byte) = index.get_mut(usize::from(*at) % length) {
            *byte ^= change;
        }
        seal(&mut bytes, &index, &places);
    }
    Some(ForgedPack { bytes, sealed })
}

/// Adds an index and the footer that fits `places`.
fn seal(bytes: &mut Vec<u8>, index: &[u8], places: &[RecordPlace]) {
    let fields = packs::FooterFields {
        number: PACK_NUMBER,
        index_offset: bytes.len() as u64,
        records: places.len() as u64,
        stored_bytes: places.iter().map(|place| u64::from(place.stored_length)).sum(),
        index_checksum: STORE.checksum(&[index]),
    };
    bytes.extend_from_slice(index);
    bytes.extend(packs::encode_footer(fields, STORE));
}

/// Where the records of a pack lie, up to the first that does not fit.
pub(crate) fn records_of(bytes: &[u8], store: StoreId) -> Vec<RecordPlace> {
    let mut places = Vec::new();
    let mut offset = HEADER_BYTES;
    while let Some(header) = bytes.get(offset..offset + RECORD_HEADER_BYTES) {
        let Ok(header) = RecordHeader::decode(header, store) else { break };
        let place = RecordPlace {
            number: header.number,
            offset: offset as u64,
            base: header.base.map(|base| base.number),
            stored_length: header.stored_length,
            raw_length: header.raw_length,
            raw_checksum: header.raw_checksum,
            ordinal: header.ordinal,
            depth: header.depth,
            kind: header.kind,
        };
        if place.end() > bytes.len() as u64 {
            break;
        }
        offset = usize::try_from(place.end()).expect("within the bytes");
        places.push(place);
    }
    places
}
