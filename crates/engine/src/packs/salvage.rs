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
    io::{Directory, File, search},
    packs::{pack::open_file, place::RecordPlace},
};

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
    search::find(file, offset, length, RECORD_HEADER_BYTES, |at, header| {
        if !header.starts_with(MAGIC) {
            return Ok(None);
        }
        let place = RecordHeader::decode(header, store).map(|header| RecordPlace::of(&header, at));
        Ok(place.ok().filter(|place| place.end() <= length))
    })
}
