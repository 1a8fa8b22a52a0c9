//! Runs.

use agent_storage_engine::{
    format::{
        codec::Cursor,
        frame::Link,
        header::{FileHeader, FileKind},
    },
    ids::{FileNumber, Position},
    runs::probe as runs,
};

use super::RUN_NUMBER;
use crate::STORE;

/// A block of a run as it is to be forged.
#[derive(Debug, Clone, Default)]
pub(crate) struct ForgedBlock {
    /// What the index is to give as its first key.
    pub(crate) first_key: Vec<u8>,
    /// What the index is to give as the number of its entries.
    pub(crate) entries: u32,
    /// Its raw bytes.
    pub(crate) raw: Vec<u8>,
}

impl ForgedBlock {
    /// As its raw bytes say; of those that are malformed, the entries before.
    pub(crate) fn honest(raw: Vec<u8>) -> Self {
        let (entries, _) = runs::entries_forward(&raw);
        let first_key = entries.first().map(|(key, _)| key.clone()).unwrap_or_default();
        Self { first_key, entries: u32::try_from(entries.len()).expect("small"), raw }
    }
}

/// A catalog run. The first byte says whether the index is to be honest, whether blocks are compressed and whether the totals are wrong; then for
/// each block its first key, number of entries and raw bytes.
pub(crate) fn run_file(input: &[u8]) -> Option<Vec<u8>> {
    const HONEST: u8 = 0x01;
    const WRONG_TOTALS: u8 = 0x02;
    let mut cursor = Cursor::new(input);
    let flags = cursor.u8().ok()?;
    let mut blocks = Vec::new();
    while let (Ok(key), Ok(entries), Ok(raw)) = (cursor.bytes(), cursor.varint_u32(), cursor.bytes()) {
        let honest = ForgedBlock::honest(raw.to_vec());
        let claimed = ForgedBlock { first_key: key.to_vec(), entries, raw: raw.to_vec() };
        blocks.push(if flags & HONEST == 0 { claimed } else { honest });
    }
    let header = FileHeader::new(FileKind::CatalogRun, FileNumber(RUN_NUMBER), STORE);
    Some(run_of(&header, &blocks, u64::from(flags & WRONG_TOTALS != 0)))
}

/// The bytes of a run with these blocks. `removals`: how many more removals its footer counts than there are.
pub(crate) fn run_of(header: &FileHeader, blocks: &[ForgedBlock], removals: u64) -> Vec<u8> {
    let store = header.store;
    let mut bytes = header.encode();
    let mut places = Vec::new();
    let mut fields = runs::FooterFields {
        number: header.number.0,
        index_offset: 0,
        index_length: 0,
        blocks: blocks.len() as u64,
        entries: 0,
        removals,
        raw_bytes: 0,
        through: Link { position: Position(0), checksum: 0 },
    };
    for block in blocks {
        let framed = runs::encode_block(store, 1, &block.raw).expect("memory");
        let length = u32::try_from(framed.len()).expect("small");
        places.push((block.first_key.clone(), bytes.len() as u64, length, block.entries));
        fields.entries += u64::from(block.entries);
        fields.raw_bytes += block.raw.len() as u64;
        let (entries, _) = runs::entries_forward(&block.raw);
        fields.removals += entries.iter().filter(|(_, value)| value.is_none()).count() as u64;
        bytes.extend(framed);
    }
    fields.index_offset = bytes.len() as u64;
    let index = runs::encode_index(&places).expect("small");
    let index = runs::encode_block(store, 1, &index).expect("memory");
    fields.index_length = u32::try_from(index.len()).expect("small");
    bytes.extend(index);
    bytes.extend(runs::encode_footer(fields, store));
    bytes
}
