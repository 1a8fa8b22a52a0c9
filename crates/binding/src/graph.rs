//! The state of a task graph, folded from a store's events.
//!
//! Constraint: the state crosses to JavaScript once, in columns, as replayed events do, when it is looked at.

use std::path::Path;

use agent_storage_engine::{
    folds::{Folded, Run, Stretch},
    ids::Sequence,
};
use agent_storage_messagepack::write_list;
use agent_task_graph::{FinishedGraph, Head};
use napi::{
    Env, Result,
    bindgen_prelude::{Float64ArraySlice, Uint8ArraySlice},
};
use napi_derive::napi;

use crate::{
    buffers::Bytes,
    column_walk::NativeColumnWalk,
    shapes::{integer, number},
};

/// A state. It is not the store's any more.
#[napi(object, object_from_js = false)]
pub struct NativeGraph {
    /// How many nodes there are.
    pub node_count: f64,
    /// How many edges there are.
    pub edge_count: f64,
    /// The nodes, in the order of their creation.
    #[napi(ts_type = "NativeColumnWalk")]
    pub nodes: NativeColumnWalk,
    /// The edges, in the order of their insertion.
    #[napi(ts_type = "NativeColumnWalk")]
    pub edges: NativeColumnWalk,
    /// As MessagePack, a list of: the count of evicted nodes, the count of compactions, the last event's `sequenceId`, its `id` and its `timestamp` (each the empty
    /// text where it has none), and the gaps, each a list of its two ends.
    #[napi(ts_type = "Buffer")]
    pub head: Bytes,
    /// How many events were read for it.
    pub events_read: f64,
    /// Whether so much was held already for walks that nobody has gone through that these are better gone through now.
    pub is_crowded: bool,
}

impl NativeGraph {
    /// A state that was folded from the store in `directory`.
    pub(crate) fn new(env: &Env, folded: Folded<FinishedGraph>, directory: &Path) -> Result<Self> {
        let is_crowded = NativeColumnWalk::is_crowded();
        let FinishedGraph { head, nodes, edges } = folded.state;
        let [node_count, edge_count] = [&nodes, &edges].map(|values| number(values.left() as u64));
        let walk = |values| NativeColumnWalk::of_values(env, values, directory);
        let (nodes, edges) = (walk(nodes)?, walk(edges)?);
        let (head, events_read) = (encoded(&head).into(), number(folded.events));
        Ok(Self { node_count, edge_count, nodes, edges, head, events_read, is_crowded })
    }
}

/// A run of a task graph, as it was told.
#[napi(object, object_to_js = false)]
pub struct NativeRun<'a> {
    /// Its stretches: pairs of the first sequence and the one behind the last.
    #[napi(ts_type = "Float64Array")]
    pub stretches: Float64ArraySlice<'a>,
    /// The key of the record that tells them.
    #[napi(ts_type = "Uint8Array")]
    pub key: Uint8ArraySlice<'a>,
    /// That record, where there is one.
    #[napi(ts_type = "Uint8Array")]
    pub record: Option<Uint8ArraySlice<'a>>,
}

impl From<NativeRun<'_>> for Run {
    fn from(run: NativeRun<'_>) -> Self {
        Self {
            stretches: stretches(&run.stretches),
            key: run.key.to_vec(),
            record: run.record.map(|record| record.to_vec()),
        }
    }
}

fn stretches(pairs: &[f64]) -> Vec<Stretch> {
    let (pairs, _) = pairs.as_chunks::<2>();
    let sequence = |value: f64| Sequence(integer(value));
    pairs.iter().map(|[from, until]| Stretch { from: sequence(*from), until: sequence(*until) }).collect()
}

fn encoded(head: &Head) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_list(&mut bytes, 6);
    head.encode(&mut bytes);
    bytes
}
