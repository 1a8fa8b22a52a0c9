//! Whole runs, written and read back through a directory in memory.

mod damage;
mod forged;
mod merging;
mod reading;
mod writing;

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Bounds, Entry, Family, Run, RunConfig, RunMeta, RunWriter, Source,
    testing::{MemoryDirectory, noise},
};
use crate::{
    error::Result,
    ids::{FileNumber, StoreId},
};

const STORE: StoreId = StoreId(*b"a store of tests");
const NUMBER: FileNumber = FileNumber(5);

/// What a run must say: `None` for a removal.
type Model = BTreeMap<Vec<u8>, Option<Vec<u8>>>;
type Pairs = Vec<(Vec<u8>, Option<Vec<u8>>)>;

fn entry(value: Option<&Vec<u8>>) -> Entry<'_> {
    value.map_or(Entry::Removed, |value| Entry::Put(value))
}

fn write(directory: &MemoryDirectory, number: FileNumber, model: &Model, block_bytes: usize) -> RunMeta {
    let config = RunConfig { block_bytes, level: 3 };
    let mut writer = RunWriter::create(directory, number, STORE, Family::Catalog, config).unwrap();
    for (key, value) in model {
        writer.add(key, entry(value.as_ref())).unwrap();
    }
    writer.finish().unwrap()
}

fn open(directory: &MemoryDirectory, number: FileNumber) -> Result<Arc<Run>> {
    let length = directory.bytes(number).len() as u64;
    Run::open(directory, number, STORE, Family::Catalog, length)
}

fn written(model: &Model, block_bytes: usize) -> Arc<Run> {
    let directory = MemoryDirectory::default();
    write(&directory, NUMBER, model, block_bytes);
    open(&directory, NUMBER).unwrap()
}

/// The rest of a source, up to its end or an error.
fn collect(source: &mut impl Source) -> Result<Pairs> {
    let mut pairs = Vec::new();
    while let Some((key, entry)) = source.next_entry()? {
        let value = if let Entry::Put(value) = entry { Some(value.to_vec()) } else { None };
        pairs.push((key.to_vec(), value));
    }
    Ok(pairs)
}

fn pairs(model: &Model) -> Pairs {
    model.iter().map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn reversed(mut pairs: Pairs) -> Pairs {
    pairs.reverse();
    pairs
}

/// A model whose keys share long prefixes, with removals and with values that compress and ones that do not.
fn sample(count: u32) -> Model {
    let key = |n: u32| format!("stream/{:03}/{n:08}", n / 7).into_bytes();
    let value = |n: u32| match n % 5 {
        0 => None,
        1 => Some(Vec::new()),
        2 => Some(noise(n, 50)),
        _ => Some(format!("value {n} ").repeat(5).into_bytes()),
    };
    (0..count).map(|n| (key(n), value(n))).collect()
}

fn between(from: &[u8], until: Option<&[u8]>) -> Bounds {
    Bounds { from: from.to_vec(), until: until.map(<[u8]>::to_vec) }
}
