//! Reading a pack's records one after the other, without an index.

use crate::{
    error::Result,
    format::{
        codec::Malformed,
        header::HEADER_BYTES,
        record::{RECORD_HEADER_BYTES, RecordHeader},
    },
    ids::StoreId,
    io::File,
    packs::place::RecordPlace,
};

/// Gives each record's place to `visit`, front to back, up to the first that does not fit in the first `length` bytes of `file` or
/// that `visit` answers with `false`; returns where that is. Checks the headers, not the stored bytes: of a record that was never
/// synced they may be anything, and one that was is checked when it is read.
pub(super) fn scan(
    file: &dyn File,
    store: StoreId,
    length: u64,
    mut visit: impl FnMut(RecordPlace) -> bool,
) -> Result<u64> {
    let mut offset = HEADER_BYTES as u64;
    let mut header = [0; RECORD_HEADER_BYTES];
    while length.saturating_sub(offset) >= RECORD_HEADER_BYTES as u64 {
        file.read_exact_at(&mut header, offset)?;
        let place = match RecordHeader::decode(&header, store) {
            Ok(header) => RecordPlace::of(&header, offset),
            Err(Malformed) => break,
        };
        if place.end() > length || !visit(place) {
            break;
        }
        offset = place.end();
    }
    Ok(offset)
}
