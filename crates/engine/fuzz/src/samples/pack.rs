//! Of packs and their records.

use agent_storage_engine::{
    checkpoints::{
        chain::{Link, RecordFacts},
        encode::{EncodedRecord, encode_checkpoint},
    },
    format::{
        codec::Put,
        header::{FileHeader, FileKind},
        record::Base,
    },
    ids::{FileNumber, RecordNumber},
    packs::probe as packs,
};

use crate::{STORE, forge, support::rng::Rng};

pub(crate) fn pack_footers() -> Vec<Vec<u8>> {
    let forged = pack_files().into_iter().filter_map(|input| forge::pack_file(&input));
    forged
        .filter(|pack| pack.sealed)
        .map(|pack| pack.bytes[pack.bytes.len() - packs::FOOTER_BYTES..].to_vec())
        .collect()
}

pub(crate) fn pack_indexes() -> Vec<Vec<u8>> {
    let header = FileHeader::new(FileKind::Pack, FileNumber(forge::PACK_NUMBER), STORE).encode();
    let bytes = [header, records_of_a_pack()].concat();
    let index = packs::encode_index(&forge::records_of(&bytes, STORE));
    vec![[&(bytes.len() as u64).to_le_bytes()[..], &index].concat()]
}

/// Sealed and not; the last ones' checksums are to be made right.
pub(crate) fn pack_files() -> Vec<Vec<u8>> {
    let records = records_of_a_pack();
    [[0x00, 0, 0], [0x01, 0, 0], [0x05, 3, 0], [0x04, 0, 0]]
        .map(|head| [&head[..], &records].concat())
        .to_vec()
}

fn records_of_a_pack() -> Vec<u8> {
    let encoded = |record: EncodedRecord| [&record.header.encode(STORE)[..], &record.stored].concat();
    chain_of_records().into_iter().flat_map(encoded).collect()
}

pub(crate) fn record_headers() -> Vec<Vec<u8>> {
    chain_of_records().iter().map(|record| record.header.encode(STORE).to_vec()).collect()
}

pub(crate) fn records() -> Vec<Vec<u8>> {
    let chain = chain_of_records();
    let input = |raw_length: u32, base: &[u8], rest: &[u8]| {
        let mut input = vec![2];
        input.put_varint(raw_length.into());
        input.put_bytes(base);
        input.extend_from_slice(rest);
        input
    };
    let whole = input(chain[0].header.raw_length, b"", &chain[0].stored);
    let delta = input(chain[1].header.raw_length, &version_of(0), &chain[1].stored);
    vec![whole, delta, input(10, &version_of(0), &version_of(1))]
}

/// A chain, and one whose first records are each other's base.
pub(crate) fn record_chains() -> Vec<Vec<u8>> {
    let chain = chain_of_records();
    let mut circle = chain.clone();
    let bases: Vec<Base> = circle
        .iter()
        .map(|record| Base { number: record.header.number, raw_checksum: record.header.raw_checksum })
        .collect();
    (circle[0].header.base, circle[0].header.depth) = (Some(bases[1]), 2);
    let input = |records: &[EncodedRecord]| {
        let mut input = Vec::new();
        for record in records {
            input.extend(record.header.encode(STORE));
            input.put_bytes(&record.stored);
        }
        input
    };
    vec![input(&chain), input(&circle)]
}

/// A whole record and three deltas, each against the one before.
pub(super) fn chain_of_records() -> Vec<EncodedRecord> {
    let mut records: Vec<EncodedRecord> = Vec::new();
    for ordinal in 0..4_u8 {
        let base = records.last().map(|record| RecordFacts {
            number: record.header.number,
            ordinal: record.header.ordinal,
            depth: record.header.depth,
            base: record.header.base.map(|base| base.number),
            raw_length: record.header.raw_length,
            raw_checksum: record.header.raw_checksum,
        });
        let before = ordinal.checked_sub(1).map(version_of);
        let number = RecordNumber(u64::from(ordinal) + 10);
        let link = Link { ordinal, base };
        let record = encode_checkpoint(number, &link, &version_of(ordinal), before.as_deref(), 3);
        records.push(record.expect("memory"));
    }
    records
}

/// Mostly what was before and a little more.
fn version_of(ordinal: u8) -> Vec<u8> {
    let mut data = Rng::new(9).bytes(150);
    for step in 0..=ordinal {
        data.extend_from_slice(format!("step {step} went well; ").as_bytes());
    }
    data
}
