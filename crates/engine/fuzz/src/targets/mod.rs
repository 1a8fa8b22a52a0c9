//! The targets, one file for each kind of structure.

mod change;
mod columns;
mod field;
mod header;
mod key;
mod log;
mod manifest;
mod pack;
mod record;
mod row;
mod run;
mod store;
mod task_graph;

use crate::samples;

/// A target and what is known of it.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: of its program for libFuzzer and of its folder of inputs.
    pub name: &'static str,
    /// Panics where bytes make the engine break a promise.
    pub run: fn(&[u8]),
    /// Valid inputs, which the folder of inputs holds and mutations start from.
    pub samples: fn() -> Vec<Vec<u8>>,
    /// How many inputs are tried in the time in which another target's are: fewer of the costly ones.
    pub share: u64,
}

const fn target(name: &'static str, share: u64, run: fn(&[u8]), samples: fn() -> Vec<Vec<u8>>) -> Target {
    Target { name, run, samples, share }
}

/// All of them.
pub const TARGETS: &[Target] = &[
    target("field", 1000, field::field, samples::fields),
    target("file_header", 1000, header::file_header, samples::file_headers),
    target("log_mark", 1000, header::log_mark, samples::log_marks),
    target("record_header", 1000, header::record_header, samples::record_headers),
    target("frame", 1000, log::frame, samples::frames),
    target("log", 200, log::log, samples::logs),
    target("change", 1000, change::change, samples::changes),
    target("row", 1000, row::row, samples::rows),
    target("key", 1000, key::key, samples::keys),
    target("manifest", 1000, manifest::manifest, samples::manifests),
    target("run_footer", 1000, run::footer, samples::run_footers),
    target("run_index", 1000, run::index, samples::run_indexes),
    target("run_block", 300, run::block, samples::run_blocks),
    target("run_entries", 1000, run::entries, samples::run_entries),
    target("run_file", 100, run::file, samples::run_files),
    target("pack_footer", 1000, pack::footer, samples::pack_footers),
    target("pack_index", 1000, pack::index, samples::pack_indexes),
    target("pack_file", 200, pack::file, samples::pack_files),
    target("record", 100, record::record, samples::records),
    target("record_chain", 200, record::chain, samples::record_chains),
    target("columns", 300, columns::columns, samples::columns),
    target("skeleton", 1000, columns::skeleton, samples::skeletons),
    target("task_graph", 1000, task_graph::task_graph, samples::task_graphs),
    target("store", 10, store::store, samples::stores),
];
