//! Checkpoint records: one zstd frame with any base and any length, and chains of deltas.

use std::{collections::BTreeMap, path::PathBuf};

use agent_storage_engine::{
    checkpoints::{
        compress::{compress, decompress},
        load::{Keep, Locate, Origin, StoredRecord, load_record},
    },
    error::{Error, Result},
    format::{
        codec::Cursor,
        record::{RECORD_HEADER_BYTES, RecordHeader},
    },
    ids::RecordNumber,
};

use crate::{STORE, memory, repair};

/// Frames that name more raw bytes are refused here, as those over the format's limit are in a store.
const LIMIT_BYTES: u32 = 1 << 20;

/// A level, a raw length, a base and a frame: the frame is decompressed as it is, and compressed as raw bytes.
///
/// Decompressing gives exactly as many bytes as were asked for and takes no more memory; compressing is undone with the same base, and another
/// base gives other bytes of the same length, or none.
pub(super) fn record(input: &[u8]) {
    let mut cursor = Cursor::new(input);
    let (Ok(level), Ok(raw_length), Ok(base)) = (cursor.u8(), cursor.varint_u32(), cursor.bytes()) else {
        return;
    };
    let rest = cursor.rest();
    for base in [None, Some(base)] {
        let most = raw_length.min(LIMIT_BYTES) as usize + memory::times(0, input);
        if let Ok(raw) = memory::bounded(most, || decompress(rest, raw_length, base, LIMIT_BYTES)) {
            assert_eq!(raw.len(), raw_length as usize);
        }
    }
    let stored = compress(i32::from(level % 3) + 1, rest, Some(base)).expect("memory");
    let length = u32::try_from(rest.len()).expect("small");
    assert_eq!(decompress(&stored, length, Some(base), LIMIT_BYTES).as_deref(), Ok(rest));
    decompress(&stored, length.wrapping_add(1), Some(base), LIMIT_BYTES).unwrap_err();
    let other: Vec<u8> = base.iter().map(|byte| byte.wrapping_add(1)).collect();
    for base in [None, Some(&*other)] {
        if let Ok(raw) = decompress(&stored, length, base, LIMIT_BYTES) {
            assert_eq!(raw.len(), rest.len());
        }
    }
}

/// Records with headers that may say anything, but have right checksums, and stored bytes: each is loaded through its bases.
///
/// Each load ends, with the bytes that the record's header tells of or with the damage.
pub(super) fn chain(input: &[u8]) {
    let records = read_records(input);
    for (number, record) in &records.0 {
        match load_record(RecordNumber(*number), &records, None, Keep::Nothing) {
            Ok(raw) => {
                let raw = raw.expect("the record is there");
                assert_eq!(raw.len(), record.header.raw_length as usize);
                assert_eq!(crc32fast::hash(&raw), record.header.raw_checksum);
            }
            Err(Error::Corrupt { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
    assert!(load_record(RecordNumber(0), &records, None, Keep::Nothing).expect("nothing is read").is_none());
}

struct Records(BTreeMap<u64, StoredRecord>);

impl Locate for Records {
    fn stored(&self, number: RecordNumber) -> Result<Option<StoredRecord>> {
        Ok(self.0.get(&number.0).cloned())
    }
}

fn read_records(input: &[u8]) -> Records {
    let mut cursor = Cursor::new(input);
    let mut records = BTreeMap::new();
    while let (Ok(mut header), Ok(stored)) = (cursor.array::<RECORD_HEADER_BYTES>(), cursor.bytes()) {
        repair::sealed(&mut header, 0..RECORD_HEADER_BYTES, STORE);
        if let Ok(header) = RecordHeader::decode(&header, STORE) {
            let origin = Origin { path: PathBuf::from("/pack"), offset: 0 };
            records.insert(header.number.0, StoredRecord { header, stored: stored.to_vec(), origin });
        }
    }
    Records(records)
}
