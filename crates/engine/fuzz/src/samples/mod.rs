//! Valid inputs of each target: what its folder of inputs holds and what mutations start from.
//!
//! Constraint: they follow from the code alone, so that the folders can be written anew (`examples/write_corpus.rs`) when the format changes.

mod columns;
mod log;
mod pack;
mod run;
mod table;
mod task_graph;

use agent_storage_engine::{
    format::{
        codec::Put,
        header::{FileHeader, FileKind},
    },
    ids::FileNumber,
};

pub(crate) use self::{
    columns::{columns, skeletons},
    log::{changes, frames, log_marks, logs},
    pack::{pack_files, pack_footers, pack_indexes, record_chains, record_headers, records},
    run::{run_blocks, run_entries, run_files, run_footers, run_indexes},
    table::{keys, manifests, rows},
    task_graph::task_graphs,
};
use crate::STORE;

/// How many kinds of edit of a store's files an input can ask for.
pub(crate) const KINDS_OF_EDIT: u8 = 10;

pub(crate) fn fields() -> Vec<Vec<u8>> {
    let mut one_of_each = Vec::new();
    for kind in 0..10_u8 {
        one_of_each.push(kind);
        match kind {
            4 => one_of_each.put_varint(u64::MAX),
            5 => one_of_each.put_varint(300),
            6 | 7 => one_of_each.put_bytes("tüxt".as_bytes()),
            8 => one_of_each.extend([2, 1, 2]),
            0 => one_of_each.push(9),
            1 => one_of_each.extend([9; 4]),
            2 | 3 => one_of_each.extend([9; 8]),
            _ => one_of_each.extend([0; 3]),
        }
    }
    vec![one_of_each, vec![4, 0x80, 0x00, 4, 0xff, 0xff, 0x03]]
}

pub(crate) fn file_headers() -> Vec<Vec<u8>> {
    [FileKind::Manifest, FileKind::Log, FileKind::EventRun, FileKind::CatalogRun, FileKind::Pack]
        .map(|kind| FileHeader::new(kind, FileNumber(7), STORE).encode())
        .to_vec()
}

/// No edit; and one of each kind, with and without repair, on each store.
pub(crate) fn stores() -> Vec<Vec<u8>> {
    let mut inputs = Vec::new();
    for victim in 0..3_u8 {
        inputs.push(vec![victim, 0]);
        for kind in 0..KINDS_OF_EDIT {
            let file = kind / 2 + victim;
            let edit = [kind, file, 0x19 * kind + 1, 3 * victim, 5, 0x80, 2, 0xff, 0x01, 0x5a];
            inputs.push([&[victim, kind & 1], &edit[..]].concat());
        }
    }
    // The body of a frame and the rows of a run, each with a byte more and a byte less.
    for (kind, at) in [(8, 1), (8, 3), (9, 3), (9, 9)] {
        inputs.push(vec![1, 1, kind, 0, at, 0, 3, 0x60, 0, 0x01, kind, 1, at, 0, 2, 0x90, 1]);
    }
    inputs
}
