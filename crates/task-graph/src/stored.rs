//! A state as bytes, so that it need not be folded again from the beginning.
//!
//! Layout: `u8` version 1 · `u64` evicted nodes · `u64` compactions, little-endian, then in MessagePack a list of the nodes and a list of the edges, each a map.
//!
//! Constraint: what comes back has the same nodes, edges and counters, and goes on in the same way; bytes that are anything else are refused whole.

use std::{error::Error, fmt};

use agent_storage_messagepack::{Reader, Token, write_list};

use crate::{
    fields::value,
    graph::{Counters, Graph},
};

const VERSION: u8 = 1;

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
        let Counters { evicted_nodes, compactions } = self.counters();
        bytes.extend_from_slice(&evicted_nodes.to_le_bytes());
        bytes.extend_from_slice(&compactions.to_le_bytes());
        write_list(&mut bytes, self.node_count());
        self.nodes(|node| bytes.extend_from_slice(node));
        write_list(&mut bytes, self.edge_count());
        self.edges().for_each(|edge| bytes.extend_from_slice(edge));
        bytes
    }

    /// The state that `bytes` are.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let Some((&VERSION, rest)) = bytes.split_first() else { return Err(Malformed) };
        read(rest).ok_or(Malformed)
    }
}

fn read(bytes: &[u8]) -> Option<Graph> {
    let (evicted_nodes, rest) = bytes.split_first_chunk()?;
    let (compactions, lists) = rest.split_first_chunk()?;
    let mut graph = Graph::default();
    graph.set_counters(Counters {
        evicted_nodes: u64::from_le_bytes(*evicted_nodes),
        compactions: u64::from_le_bytes(*compactions),
    });
    let mut reader = Reader::new(lists);
    for node in 0..list(&mut reader)? {
        let added = graph.add_node(value(&mut reader)?);
        // Two nodes of one id are no state.
        if !added || graph.node_count() as u64 != u64::from(node) + 1 {
            return None;
        }
    }
    for _ in 0..list(&mut reader)? {
        graph.add_edge(value(&mut reader)?)?;
    }
    reader.is_done().then_some(graph)
}

fn list(reader: &mut Reader<'_>) -> Option<u32> {
    match reader.token()? {
        Token::List(count) => Some(count),
        _ => None,
    }
}
