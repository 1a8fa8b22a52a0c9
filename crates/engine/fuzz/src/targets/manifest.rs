//! The manifest.

use std::path::Path;

use agent_storage_engine::{error::Error, format::header::HEADER_BYTES, ids::StoreId, manifest::Manifest};

use crate::{memory, repair};

/// A file as it is and with its checksums made right: what decodes is written again in no more bytes, which are those of the same manifest.
pub(super) fn manifest(input: &[u8]) {
    check(input);
    let store = input.get(24..).and_then(|rest| rest.first_chunk::<16>());
    let Some(store) = store.filter(|_| input.len() > HEADER_BYTES) else { return };
    let mut repaired = input.to_vec();
    repair::manifest(&mut repaired, StoreId(*store));
    check(&repaired);
}

fn check(bytes: &[u8]) {
    // An entry of 40 bytes for each run or pack, which takes at least five.
    match memory::bounded(memory::times(64, bytes), || Manifest::decode(bytes, Path::new("/m"))) {
        Ok(manifest) => {
            let again = manifest.encode();
            assert!(again.len() <= bytes.len(), "{manifest:?} grew");
            assert_eq!(Manifest::decode(&again, Path::new("/m")).expect("what was written reads"), manifest);
        }
        Err(Error::Corrupt { .. } | Error::UnsupportedFormat { .. }) => {}
        Err(other) => panic!("{other}"),
    }
}
