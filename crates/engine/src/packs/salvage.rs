//! Finding the whole records of a damaged pack, for a repair.
//!
//! Constraints: a record counts only where its header and its stored bytes have their checksums; behind a header that cannot be used the next one is looked
//! for by its magic: a header's checksum is keyed by the store, so that other bytes do not pass for one.

use crate::{
    error::{Error, Result},
    format::{
        header::HEADER_BYTES,
        record::{MAGIC, RECORD_HEADER_BYTES, RecordHeader},
    },
    ids::{FileNumber, StoreId},
    io::{Directory, File},
    packs::{pack::open_file, place::RecordPlace},
};

/// How much is searched at once for a header.
const SEARCH_BYTES: usize = 1 << 20;

/// Gives each whole record of pack `number` to `visit`: its header and its stored bytes. That the file is missing, or any of it damaged, is passed over.
pub fn salvage_pack(
    directory: &dyn Directory,
    number: FileNumber,
    store: StoreId,
    visit: &mut dyn FnMut(&RecordHeader, &[u8]) -> Result<()>,
) -> Result<()> {
    let file = match open_file(directory, number) {
        Ok(file) => file,
        Err(Error::Corrupt { .. }) => return Ok(()),
        Err(other) => return Err(other),
    };
    let length = file.length()?;
    let mut offset = HEADER_BYTES as u64;
    while let Some(place) = next_header(&*file, store, offset, length)? {
        offset = match place.read(&*file, store) {
            Ok((header, stored)) => {
                visit(&header, &stored)?;
                place.end()
            }
            Err(Error::Corrupt { .. }) => place.end(),
            Err(other) => return Err(other),
        };
    }
    Ok(())
}

/// The first record at or behind `offset` whose header can be used.
fn next_header(file: &dyn File, store: StoreId, offset: u64, length: u64) -> Result<Option<RecordPlace>> {
    let mut from = offset;
    while from + RECORD_HEADER_BYTES as u64 <= length {
        let left = usize::try_from(length - from).unwrap_or(usize::MAX);
        let mut piece = vec![0; left.min(SEARCH_BYTES)];
        file.read_exact_at(&mut piece, from)?;
        for (index, header) in piece.windows(RECORD_HEADER_BYTES).enumerate() {
            if !header.starts_with(MAGIC) {
                continue;
            }
            let Ok(header) = RecordHeader::decode(header, store) else { continue };
            let place = RecordPlace::of(&header, from + index as u64);
            if place.end() <= length {
                return Ok(Some(place));
            }
        }
        from += (piece.len() - RECORD_HEADER_BYTES + 1) as u64;
    }
    Ok(None)
}
