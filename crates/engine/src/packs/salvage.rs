//! Finding the whole records of a damaged pack, for a repair.
//!
//! Constraints: a record counts only where its header and its stored bytes have their checksums; behind a header that cannot be used the next one is looked
//! for by its magic: a header's checksum is keyed by the store, so that other bytes do not pass for one.

use std::collections::BTreeMap;

use crate::{
    error::{Error, Result},
    format::{
        header::HEADER_BYTES,
        record::{MAGIC, RECORD_HEADER_BYTES, RecordHeader},
    },
    ids::{RecordNumber, StoreId},
    io::{File, search},
    packs::place::RecordPlace,
};

/// The place of each whole record in `file`, the first one of each number.
pub(super) fn places(file: &dyn File, store: StoreId) -> Result<BTreeMap<RecordNumber, RecordPlace>> {
    let length = file.length()?;
    let mut places = BTreeMap::new();
    let mut offset = HEADER_BYTES as u64;
    while let Some(place) = next_header(file, store, offset, length)? {
        match place.read(file, store) {
            Ok(_) => drop(places.entry(place.number).or_insert(place)),
            Err(Error::Corrupt { .. }) => {}
            Err(other) => return Err(other),
        }
        offset = place.end();
    }
    Ok(places)
}

/// The first record at or behind `offset` whose header can be used.
fn next_header(file: &dyn File, store: StoreId, offset: u64, length: u64) -> Result<Option<RecordPlace>> {
    search::find(file, offset, length, RECORD_HEADER_BYTES, |at, header| {
        if !header.starts_with(MAGIC) {
            return Ok(None);
        }
        let place = RecordHeader::decode(header, store).map(|header| RecordPlace::of(&header, at));
        Ok(place.ok().filter(|place| place.end() <= length))
    })
}
