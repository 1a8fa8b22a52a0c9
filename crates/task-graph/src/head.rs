//! What a state tells beside its nodes and edges.

use agent_storage_messagepack::{Reader, write_integer, write_list, write_text};

use crate::{
    fields::{content, is_name, next_integer},
    progress::{Gap, Progress},
};

/// What is counted beside what there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counters {
    /// Nodes that were evicted.
    pub evicted_nodes: u64,
    /// Compactions that were recorded.
    pub compactions: u64,
}

/// See the module.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// What was counted.
    pub counters: Counters,
    /// How far the run had come.
    pub progress: Progress,
}

impl Head {
    /// Appends six values of MessagePack: the count of evicted nodes, the count of compactions, the last `sequenceId`, the last event's id and its timestamp (each the empty text where
    /// there was none), and a list of gaps, each a list of its two ends.
    pub fn encode(&self, bytes: &mut Vec<u8>) {
        let Self { counters: Counters { evicted_nodes, compactions }, progress } = self;
        for number in [*evicted_nodes, *compactions, progress.last_id] {
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

    /// What comes next, as it is encoded.
    pub(crate) fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let counters = Counters { evicted_nodes: next_integer(reader)?, compactions: next_integer(reader)? };
        let last_id = next_integer(reader)?;
        let (event_id, timestamp) = (name(reader)?, name(reader)?);
        let mut gaps = Vec::new();
        for _ in 0..reader.list()? {
            let 2 = reader.list()? else { return None };
            gaps.push(Gap { from: next_integer(reader)?, to: next_integer(reader)? });
        }
        Some(Self { counters, progress: Progress { last_id, gaps, event_id, timestamp } })
    }
}

/// A text as it is encoded, and nothing for the empty one.
fn name(reader: &mut Reader<'_>) -> Option<Box<[u8]>> {
    let name = reader.value().filter(|name| is_name(name))?;
    Some(if content(name) == Some(&[]) { Box::default() } else { name.into() })
}
