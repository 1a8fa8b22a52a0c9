//! The state of a task graph, folded from a store's events.
//!
//! Constraint: the state crosses to JavaScript once, in columns, as replayed events do.

use std::iter;

use agent_storage_columns::Transcoder;
use agent_storage_engine::{
    folds::{Fold, Folded, Run, Stretch},
    ids::Sequence,
};
use agent_storage_messagepack::write_list;
use agent_task_graph::Graph;
use napi::bindgen_prelude::{Float64ArraySlice, Uint8ArraySlice};
use napi_derive::napi;

use crate::{
    buffers::Bytes,
    columns::NativeColumns,
    shapes::{integer, number},
};

/// How many nodes or edges cross in one batch.
const COLUMN_VALUES: usize = 4096;

/// A task graph as a fold of the engine.
#[derive(Default)]
pub struct GraphFold(Graph);

impl Fold for GraphFold {
    const NAME: &'static str = "task-graph";

    fn apply(&mut self, event: &[u8]) {
        self.0.apply(event);
    }

    fn encode(&self) -> Vec<u8> {
        self.0.encode()
    }

    fn decode(bytes: &[u8]) -> Option<Self> {
        Graph::decode(bytes).ok().map(Self)
    }
}

/// A state.
#[napi(object, object_from_js = false)]
pub struct NativeGraph {
    /// The nodes, in the order of their creation.
    pub nodes: Vec<NativeColumns>,
    /// The edges, in the order of their insertion.
    pub edges: Vec<NativeColumns>,
    /// As MessagePack, a list of: the count of evicted nodes, the count of compactions, the last event's `sequenceId`, its `id` and its `timestamp` (each the empty
    /// text where it has none), and the gaps, each a list of its two ends.
    #[napi(ts_type = "Buffer")]
    pub head: Bytes,
    /// How many events were read for it.
    pub events_read: f64,
}

impl From<Folded<GraphFold>> for NativeGraph {
    fn from(folded: Folded<GraphFold>) -> Self {
        let mut graph = folded.state.0;
        let head = head(&graph).into();
        let mut nodes = ColumnsBuilder::default();
        graph.take_nodes(|node| nodes.add(node));
        let mut edges = ColumnsBuilder::default();
        graph.edges().for_each(|edge| edges.add(edge));
        Self { nodes: nodes.finish(), edges: edges.finish(), head, events_read: number(folded.events) }
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

fn head(graph: &Graph) -> Vec<u8> {
    let mut bytes = Vec::new();
    write_list(&mut bytes, 6);
    graph.encode_head(&mut bytes);
    bytes
}

/// Values on their way into columns, a batch at a time.
#[derive(Default)]
pub(crate) struct ColumnsBuilder {
    transcoder: Transcoder,
    slab: Vec<u8>,
    ends: Vec<usize>,
    batches: Vec<NativeColumns>,
}

impl ColumnsBuilder {
    pub(crate) fn add(&mut self, value: &[u8]) {
        self.slab.extend_from_slice(value);
        self.ends.push(self.slab.len());
        if self.ends.len() == COLUMN_VALUES {
            self.end_batch();
        }
    }

    fn end_batch(&mut self) {
        let starts = iter::once(0).chain(self.ends.iter().copied());
        let value = |(start, end): (usize, &usize)| self.slab.get(start..*end).unwrap_or_default();
        let values: Vec<&[u8]> = starts.zip(&self.ends).map(value).collect();
        let columns = self.transcoder.transcode(values.iter().copied());
        self.batches.push(NativeColumns::new(Sequence(0), &values, columns));
        self.slab.clear();
        self.ends.clear();
    }

    pub(crate) fn finish(mut self) -> Vec<NativeColumns> {
        if !self.ends.is_empty() {
            self.end_batch();
        }
        self.batches
    }
}
