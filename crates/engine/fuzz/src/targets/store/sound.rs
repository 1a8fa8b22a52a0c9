//! Makes the checksums of a store's edited files right, so that what its edits say is reached.
//!
//! Constraint: what carries no content of its own follows too: file headers, the place of a log's mark, the file lengths in the manifest. They have
//! targets of their own, and would refuse here what is to be reached.

use agent_storage_engine::{
    format::{header::HEADER_BYTES, names::FileName},
    ids::StoreId,
    manifest::Manifest,
    packs::probe::FOOTER_BYTES,
};

use crate::{repair, support::victim::Files};

/// Repairs `files`, which were edited and before that `original`.
pub(super) fn make_sound(files: &mut Files, original: &Files) {
    for (name, bytes) in files.iter_mut() {
        if let Some(header) = original.get(name).and_then(|bytes| bytes.get(..HEADER_BYTES))
            && let Some(place) = bytes.get_mut(..HEADER_BYTES)
        {
            place.copy_from_slice(header);
        }
    }
    let Some(store) = files.get("MANIFEST").and_then(|bytes| bytes.get(24..)?.first_chunk()) else { return };
    let store = StoreId(*store);
    let Some(mut manifest) = files.get_mut("MANIFEST").and_then(|bytes| {
        repair::manifest(bytes, store);
        Manifest::decode(bytes, "/MANIFEST".as_ref()).ok()
    }) else {
        return;
    };
    let mut link = manifest.log_start;
    for (name, bytes) in files.iter_mut() {
        match FileName::parse(name) {
            Some(FileName::Log(_)) => link = repair::log(bytes, store, link),
            Some(FileName::Pack(number)) => {
                repair_pack(bytes, store);
                let sealed = manifest.packs.iter_mut().filter(|pack| pack.number == number && pack.sealed);
                sealed.for_each(|pack| pack.length = bytes.len() as u64);
            }
            Some(FileName::Run(number)) => {
                let end = bytes.len();
                repair::sealed(bytes, end.saturating_sub(FOOTER_BYTES)..end, store);
                let runs = manifest.runs.iter_mut().filter(|run| run.number == number);
                runs.for_each(|run| run.length = bytes.len() as u64);
            }
            _ => {}
        }
    }
    files.insert("MANIFEST".to_owned(), manifest.encode());
}

/// The records of a pack, and where it is sealed the checksums of its index and footer.
fn repair_pack(bytes: &mut [u8], store: StoreId) {
    repair::record_headers(bytes, store);
    let Some(footer) = bytes.len().checked_sub(FOOTER_BYTES) else { return };
    if !bytes[footer..].starts_with(b"AGENTEND") {
        return;
    }
    let index = repair::u64_at(bytes, footer + 16).and_then(|offset| usize::try_from(offset).ok());
    if let Some(index) = index.and_then(|index| bytes.get(index..footer)) {
        let checksum = store.checksum(&[index]);
        repair::put_u32(bytes, footer + 40, checksum);
    }
    let end = bytes.len();
    repair::sealed(bytes, footer..end, store);
}
