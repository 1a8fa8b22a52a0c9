//! A state as bytes, so that it need not be folded again from the beginning.
//!
//! Layout: `u8` version 3, and then in MessagePack: what the state tells beside nodes and edges (`head.rs`) · for each frame of nodes how many nodes it holds, how many bytes it holds and as how many it is stored, all in one list · the
//! same for the frames of edges; and then the frames (`frames/mod.rs`), one behind the other. The mark of a node is where in it the value of `id` begins; an edge has none.
//!
//! Constraints: what comes back has the same nodes, edges and counters, and goes on in the same way; bytes that do not add up are refused whole. That they are those which were
//! written is for whoever keeps them to know: of a state that nobody goes on from, what is in a frame is not looked at before it is needed.

use agent_storage_messagepack::Reader;

use crate::{
    edges::Edges,
    finished::FinishedGraph,
    frames::{Frame, FrameReader, write_frames},
    graph::Graph,
    head::Head,
    malformed::Malformed,
    node::Node,
    nodes::Nodes,
    numbers::{next_numbers, write_numbers},
    slab::{Slab, Slot},
    values::Values,
};

const VERSION: u8 = 3;

impl Graph {
    /// The state as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut stored = Vec::new();
        let mut nodes = self.nodes.iter().map(|(node, id_at)| (node, Some(id_at)));
        let mut edges = self.edges().map(|edge| (edge, None));
        let frames = [write_frames(&mut nodes, &mut stored), write_frames(&mut edges, &mut stored)];
        let mut bytes = vec![VERSION];
        self.head.encode(&mut bytes);
        for frames in frames {
            let numbers = |frame: Frame| [frame.values, frame.raw_bytes, frame.stored_bytes];
            write_numbers(&mut bytes, frames.into_iter().map(numbers).collect::<Vec<_>>().as_flattened());
        }
        bytes.reserve_exact(stored.len());
        bytes.extend_from_slice(&stored);
        bytes
    }

    /// The state that `bytes` are, to go on from.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, Malformed> {
        read(bytes).and_then(unfold).ok_or(Malformed)
    }
}

impl FinishedGraph {
    /// The state that `bytes` are, whose nodes and edges stay compressed until it is their turn.
    pub fn decode(bytes: Vec<u8>) -> Result<Self, Malformed> {
        let Stored { head, nodes, edges } = read(bytes).ok_or(Malformed)?;
        Ok(Self { head, nodes: Values::of_frames(nodes), edges: Values::of_frames(edges) })
    }
}

/// A state of which no frame was read.
struct Stored {
    head: Head,
    nodes: FrameReader,
    edges: FrameReader,
}

fn read(mut bytes: Vec<u8>) -> Option<Stored> {
    let (&VERSION, rest) = bytes.split_first()? else { return None };
    let mut reader = Reader::new(rest);
    let head = Head::read(&mut reader)?;
    let (nodes, edges) = (read_frames(&mut reader)?, read_frames(&mut reader)?);
    let start = bytes.len() - reader.rest().len();
    let end = nodes.iter().try_fold(start, |sum, frame| sum.checked_add(frame.stored_bytes));
    let edge_bytes = bytes.split_off(end.filter(|end| *end <= bytes.len())?);
    let (nodes, edges) = (FrameReader::new(nodes, bytes, start)?, FrameReader::new(edges, edge_bytes, 0)?);
    Some(Stored { head, nodes, edges })
}

fn read_frames(reader: &mut Reader<'_>) -> Option<Vec<Frame>> {
    let numbers = next_numbers(reader)?;
    let (frames, rest) = numbers.as_chunks();
    let frame = |[values, raw_bytes, stored_bytes]: &[usize; 3]| Frame {
        values: *values,
        raw_bytes: *raw_bytes,
        stored_bytes: *stored_bytes,
    };
    rest.is_empty().then(|| frames.iter().map(frame).collect())
}

fn unfold(Stored { head, nodes, edges }: Stored) -> Option<Graph> {
    let (mut all_nodes, mut all_edges) = (Vec::new(), Vec::new());
    let nodes = read_all(nodes, &mut |slot, id_at| {
        all_nodes.push(Some(Node::of(slot, id_at?)));
        Some(())
    })?;
    let edges = read_all(edges, &mut |slot, _| {
        all_edges.push(Some(slot));
        Some(())
    })?;
    Some(Graph { nodes: Nodes::of(nodes, all_nodes), edges: Edges::of(edges, all_edges), head })
}

/// All that `frames` hold, each value's slot and mark given to `put`.
fn read_all(mut frames: FrameReader, put: &mut dyn FnMut(Slot, Option<usize>) -> Option<()>) -> Option<Slab> {
    let (mut raw, mut unused) = (Vec::new(), 0);
    raw.try_reserve_exact(frames.likely_bytes()).ok()?;
    while !frames.is_done() {
        let laid = frames.next(&mut raw)?;
        unused += laid.unused;
        for (index, slot) in laid.slots.into_iter().enumerate() {
            put(slot, laid.marks.get(index).copied())?;
        }
    }
    Some(Slab::of(raw, unused))
}
