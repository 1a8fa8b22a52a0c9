//! The task graph, against one that is written down from the table of its effects.

use std::iter;

use agent_storage_engine::{
    folds::{Run, Stretch},
    ids::Sequence,
};
use agent_task_graph::FinishedGraph;
use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use rmpv::Value;

use super::{KEY, OPEN, STREAM, keep, open, subject::Subject};
use crate::{
    graph_fold::GraphFold,
    graph_support::{
        events::{Fields, event},
        plain::{PlainGraph, decode, encode, gone_through, map},
    },
    support::{rng::Rng, sim::SimDisk},
};

/// As much as makes a state that takes several records.
const LARGE_BYTES: usize = 20_000;

impl Subject for GraphFold {
    type Plain = PlainGraph;

    /// Most follow the one before, some come behind a gap, and a few have no place of their own.
    fn random_event(rng: &mut Rng, before: &PlainGraph) -> Vec<u8> {
        let seed: Vec<u8> = iter::repeat_with(|| rng.next_u64().to_le_bytes()).take(4).flatten().collect();
        let source = TestRng::from_seed(RngAlgorithm::ChaCha, &seed);
        let mut runner = TestRunner::new_with_rng(Config::default(), source);
        let mut fields: Fields = event().new_tree(&mut runner).expect("an event").current();
        if !rng.chance(1, 10) {
            let step = if rng.chance(1, 8) { 1 + rng.below(4) } else { 1 };
            fields.insert(1, ("sequenceId", (before.last_id + step).into()));
        }
        if rng.chance(1, 8) {
            enlarge(&mut fields);
        }
        encode(&map(&fields))
    }

    fn apply_to(plain: &mut PlainGraph, event: &[u8]) {
        plain.apply(&decode(event));
    }

    fn plain(finished: FinishedGraph) -> PlainGraph {
        gone_through(finished, 7)
    }
}

/// Gives the node that an event creates a large field that nobody knows.
fn enlarge(fields: &mut Fields) {
    for (_, value) in fields {
        let Value::Map(payload) = value else { continue };
        for (name, node) in payload {
            if let (Some("node"), Value::Map(node)) = (name.as_str(), node) {
                node.push(("large".into(), Value::Binary(vec![7; LARGE_BYTES])));
            }
        }
    }
}

/// Would catch states that are kept far too often, or far too seldom: the log paces itself by what is told here.
#[test]
fn what_is_kept_tells_its_size_whatever_the_state_is() {
    let (_registry, store) = open(&SimDisk::new());
    let event = |id: u64| encode(&map(&[("type", "my_own".into()), ("sequenceId", id.into())]));
    let run = Run {
        stretches: vec![Stretch { from: Sequence(1), until: Sequence(OPEN) }],
        key: KEY.to_vec(),
        record: None,
    };
    store.append_events(STREAM, &[event(1)], None).expect("appends");
    let kept = keep::<GraphFold>(&store, run.clone(), 2).expect("keeps").expect("a state");
    assert!(kept.state_bytes > 0, "0 is told where none is kept");
    let with_gaps: Vec<_> = (2..2000).map(|number| event(2 * number)).collect();
    store.append_events(STREAM, &with_gaps, None).expect("appends");
    let kept = keep::<GraphFold>(&store, run, OPEN).expect("keeps").expect("a state");
    assert!(kept.state_bytes > 2 * 1998, "{} bytes for as many gaps", kept.state_bytes);
}
