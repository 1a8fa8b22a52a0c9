//! A state as bytes, so that it need not be folded again from the beginning.
//!
//! Layout: `u8` version 1, and then in MessagePack: the count of evicted nodes · the count of compactions · the last `sequenceId` · the last event's id · its
//! timestamp (each the empty text where there was none) · a list of gaps, each a list of its two ends · a list of nodes and a list of edges, each a map.
//!
//! Constraint: what comes back has the same nodes, edges and counters, and goes on in the same way; bytes that are anything else are refused whole.

use std::{error::Error, fmt};

use agent_storage_messagepack::{Reader, Token, write_integer, write_list, write_text};

use crate::{
    fields::{content, integer, is_name, value},
    graph::{Counters, Graph},
    node::Node,
    progress::{Gap, Progress},
};

const VERSION: u8 = 1;

/// A map of an `id` alone.
const LEAST_NODE_BYTES: usize = 5;

/// Bytes that are no state of this version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no state of a task graph")
    }
}

impl Error for Malformed {}

impl Graph {
    /// The state as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        self.encode_head(&mut bytes);
        write_list(&mut bytes, self.node_count());
        self.nodes(|node| bytes.extend_from_slice(node));
        write_list(&mut bytes, self.edge_count());
        self.edges().for_each(|edge| bytes.extend_from_slice(edge));
        bytes
    }

    /// Appends what a state tells beside its nodes and edges, six values of MessagePack: the count of evicted nodes, the count of compactions, the last `sequenceId`, the last event's
    /// id and its timestamp (each the empty text where there was none), and a list of gaps, each a list of its two ends.
    pub fn encode_head(&self, bytes: &mut Vec<u8>) {
        let Counters { evicted_nodes, compactions } = self.counters();
        let progress = self.progress();
        for number in [evicted_nodes, compactions, progress.last_id] {
            write_integer(bytes, number);
        }
        for text in [&progress.event_id, &progress.timestamp] {
            if text.is_empty() {
                write_text(bytes, "");
            }
            bytes.extend_from_slice(text);
        }
        write_list(bytes, progress.gaps.len());
        for gap in &progress.gaps {
            write_list(bytes, 2);
            write_integer(bytes, gap.from);
            write_integer(bytes, gap.to);
        }
    }

    /// The state that `bytes` are.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let Some((&VERSION, rest)) = bytes.split_first() else { return Err(Malformed) };
        read(rest).ok_or(Malformed)
    }
}

fn read(bytes: &[u8]) -> Option<Graph> {
    let mut reader = Reader::new(bytes);
    let counters = Counters { evicted_nodes: number(&mut reader)?, compactions: number(&mut reader)? };
    let progress = read_progress(&mut reader)?;
    let mut graph = Graph::without_nodes(counters, progress);
    let nodes = list(&mut reader)?;
    // A node takes several bytes, which bounds what a wrong count can make us allocate.
    graph.reserve((nodes as usize).min(bytes.len() / LEAST_NODE_BYTES));
    for node in 0..nodes {
        graph.add_node(Node::read(&mut reader)?);
        // Two nodes of one id are no state.
        if graph.node_count() as u64 != u64::from(node) + 1 {
            return None;
        }
    }
    for _ in 0..list(&mut reader)? {
        graph.add_edge(value(&mut reader)?)?;
    }
    reader.is_done().then_some(graph)
}

fn read_progress(reader: &mut Reader<'_>) -> Option<Progress> {
    let last_id = number(reader)?;
    let (event_id, timestamp) = (name(reader)?, name(reader)?);
    let mut gaps = Vec::new();
    for _ in 0..list(reader)? {
        let 2 = list(reader)? else { return None };
        gaps.push(Gap { from: number(reader)?, to: number(reader)? });
    }
    Some(Progress { last_id, gaps, event_id, timestamp })
}

/// A text as it is encoded, and nothing for the empty one.
fn name(reader: &mut Reader<'_>) -> Option<Box<[u8]>> {
    let name = value(reader).filter(|name| is_name(name))?;
    Some(if content(name) == Some(&[]) { Box::default() } else { name.into() })
}

fn number(reader: &mut Reader<'_>) -> Option<u64> {
    value(reader).and_then(integer)
}

fn list(reader: &mut Reader<'_>) -> Option<u32> {
    match reader.token()? {
        Token::List(count) => Some(count),
        _ => None,
    }
}
