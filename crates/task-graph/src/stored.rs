//! A state as bytes, so that it need not be folded again from the beginning.
//!
//! Layout: `u8` version 2, and then in MessagePack: the count of evicted nodes · the count of compactions · the last `sequenceId` · the last event's id · its
//! timestamp (each the empty text where there was none) · a list of gaps, each a list of its two ends · a list of, for each node, its length and where in it the value of `id` begins · a list of the edges' lengths · how many bytes the nodes have · the nodes and the edges, maps one behind the other.
//!
//! Constraints: what comes back has the same nodes, edges and counters, and goes on in the same way; bytes that do not add up are refused whole. That they are those which were
//! written is for whoever keeps them to know: what is in a node is not looked at before it is needed.

use std::{error::Error, fmt};

use agent_storage_messagepack::{Reader, Token, write_integer, write_list, write_text};

use crate::{
    edges::Edges,
    fields::{content, is_name, next_integer, value},
    graph::{Counters, Graph},
    node::Node,
    nodes::Nodes,
    progress::{Gap, Progress},
    slab::{Lying, Slab},
};

const VERSION: u8 = 2;

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
        write_list(&mut bytes, 2 * self.node_count());
        for (node, id_at) in self.nodes.iter() {
            write_integer(&mut bytes, node.len() as u64);
            write_integer(&mut bytes, id_at as u64);
        }
        write_list(&mut bytes, self.edge_count());
        self.edges().for_each(|edge| write_integer(&mut bytes, edge.len() as u64));
        let node_bytes: usize = self.nodes().map(<[u8]>::len).sum();
        write_integer(&mut bytes, node_bytes as u64);
        bytes.reserve(node_bytes);
        self.nodes().chain(self.edges()).for_each(|value| bytes.extend_from_slice(value));
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
        for text in [progress.event_id(), progress.timestamp()] {
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
    pub fn decode(bytes: Vec<u8>) -> Result<Self, Malformed> {
        read(bytes).ok_or(Malformed)
    }
}

fn read(mut bytes: Vec<u8>) -> Option<Graph> {
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let mut reader = Reader::new(rest);
    let counters =
        Counters { evicted_nodes: next_integer(&mut reader)?, compactions: next_integer(&mut reader)? };
    let progress = read_progress(&mut reader)?;
    let (mut sizes, mut lengths) = (Sizes::pass(&mut reader)?, Sizes::pass(&mut reader)?);
    let node_bytes = usize::try_from(next_integer(&mut reader)?).ok()?;
    let start = bytes.len() - reader.rest().len();
    let end = start.checked_add(node_bytes).filter(|end| *end <= bytes.len())?;
    let mut lying = Lying::new(start..end);
    let nodes = sizes.read(2, |sizes| Some(Node::of(lying.next(sizes.next()?)?, sizes.next()?)))?;
    let mut lying_edges = Lying::new(0..bytes.len() - end);
    let edges = lengths.read(1, |lengths| lying_edges.next(lengths.next()?))?;
    let edge_bytes = bytes.split_off(end);
    bytes.shrink_to_fit();
    (lying.is_done() && lying_edges.is_done()).then(|| Graph {
        nodes: Nodes::of(Slab::of(bytes, start), nodes),
        edges: Edges::of(Slab::of(edge_bytes, 0), edges),
        counters,
        progress,
    })
}

/// A list of lengths and places.
struct Sizes<'a> {
    reader: Reader<'a>,
    count: usize,
}

impl<'a> Sizes<'a> {
    /// The list that comes next.
    fn pass(reader: &mut Reader<'a>) -> Option<Self> {
        let mut ahead = reader.clone();
        reader.skip_value()?;
        let count = list(&mut ahead)? as usize;
        Some(Self { reader: ahead, count })
    }

    /// What `read` makes of each `group` of them.
    fn read<T>(
        &mut self,
        group: usize,
        mut read: impl FnMut(&mut Self) -> Option<T>,
    ) -> Option<Vec<Option<T>>> {
        if !self.count.is_multiple_of(group) {
            return None;
        }
        let count = self.count / group;
        // Passing over the list has shown that there are so many.
        let mut all = Vec::with_capacity(count);
        for _ in 0..count {
            all.push(Some(read(self)?));
        }
        Some(all)
    }

    fn next(&mut self) -> Option<usize> {
        usize::try_from(next_integer(&mut self.reader)?).ok()
    }
}

fn read_progress(reader: &mut Reader<'_>) -> Option<Progress> {
    let last_id = next_integer(reader)?;
    let (event_id, timestamp) = (name(reader)?, name(reader)?);
    let mut gaps = Vec::new();
    for _ in 0..list(reader)? {
        let 2 = list(reader)? else { return None };
        gaps.push(Gap { from: next_integer(reader)?, to: next_integer(reader)? });
    }
    Some(Progress { last_id, gaps, event_id, timestamp })
}

/// A text as it is encoded, and nothing for the empty one.
fn name(reader: &mut Reader<'_>) -> Option<Box<[u8]>> {
    let name = value(reader).filter(|name| is_name(name))?;
    Some(if content(name) == Some(&[]) { Box::default() } else { name.into() })
}

fn list(reader: &mut Reader<'_>) -> Option<u32> {
    match reader.token()? {
        Token::List(count) => Some(count),
        _ => None,
    }
}
