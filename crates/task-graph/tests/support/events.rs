//! Random events, odd ones among them.

use proptest::prelude::*;
use rmpv::Value;

use super::plain::map;

const IDS: [&str; 5] = ["a", "b", "c", "", "ü"];
const STATUSES: [&str; 5] = ["running", "blocked", "completed", "failed", "pending"];

fn id() -> impl Strategy<Value = Value> {
    prop_oneof![
        9 => prop::sample::select(&IDS[..]).prop_map(Value::from),
        1 => Just(lone()),
    ]
}

/// A lone surrogate, as it is stored.
fn lone() -> Value {
    Value::Ext(1, vec![0x00, 0xd8])
}

/// What a caller of its own may have put there.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Nil),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "[a-z]{0,3}".prop_map(Value::from),
        "[a-z]{30,300}".prop_map(Value::from),
        prop::collection::vec(any::<u8>(), 0..4).prop_map(Value::Binary),
        Just(Value::Ext(-1, vec![0; 4])),
        Just(Value::Array(vec![1.into(), "x".into()])),
        Just(map(&[("id", "a".into()), ("from", "b".into())])),
        Just(Value::Map(vec![(7.into(), 8.into())])),
    ]
}

fn node() -> impl Strategy<Value = Value> {
    let fields =
        ["title", "status", "dependsOn", "toolCallId", "updatedAt", "lastAccessedAt", "mine", "type"];
    let fields = prop::sample::subsequence(fields.to_vec(), 0..=8);
    (id(), fields, odd(), any::<bool>()).prop_map(|(id, fields, value, id_is_last)| {
        let mut node: Vec<_> = fields.into_iter().map(|name| (name, value.clone())).collect();
        node.insert(if id_is_last { node.len() } else { 0 }, ("id", id));
        let Value::Map(mut fields) = map(&node) else { unreachable!("a map is made of fields") };
        if fields.len() % 3 == 0 {
            fields.push((lone(), "of a key that is no text".into()));
        }
        Value::Map(fields)
    })
}

fn edge() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![4 => Just(Value::from("depends_on")), 4 => Just("blocks".into()), 1 => odd()];
    (id(), id(), kind, odd())
        .prop_map(|(from, to, kind, odd)| map(&[("from", from), ("mine", odd), ("to", to), ("type", kind)]))
}

fn update() -> impl Strategy<Value = Value> {
    let fields = ["title", "dependsOn", "toolCallId", "artifactId", "status", "id", "mine"];
    (prop::sample::subsequence(fields.to_vec(), 0..=4), odd()).prop_map(|(fields, value)| {
        map(&fields.into_iter().map(|name| (name, value.clone())).collect::<Vec<_>>())
    })
}

fn payload() -> impl Strategy<Value = Value> {
    prop_oneof![
        6 => node().prop_map(|node| map(&[("node", node)])),
        6 => prop::sample::select(&STATUSES[..]).prop_map(|status| map(&[("status", status.into())])),
        4 => update().prop_map(|update| map(&[("update", update)])),
        6 => edge().prop_map(|edge| map(&[("updateType", "edge_added".into()), ("edge", edge)])),
        1 => (edge(), update()).prop_map(|(edge, update)| map(&[("edge", edge), ("update", update)])),
        1 => odd().prop_map(|count| map(&[("removedCount", count)])),
        1 => odd(),
        1 => node().prop_map(|node| Value::Map(vec![(7.into(), 8.into()), ("node".into(), node)])),
    ]
}

/// The fields of an event.
pub type Fields = Vec<(&'static str, Value)>;

/// Events as they lie in a log: most follow the one before, some come behind a gap, and a few have no place of their own.
pub fn events() -> impl Strategy<Value = Vec<Value>> {
    let step = prop_oneof![8 => Just(Some(1)), 1 => (2u64..5).prop_map(Some), 1 => Just(None)];
    prop::collection::vec((step, event()), 0..60).prop_map(|events| {
        let mut last = 0;
        let placed = events.into_iter().map(|(step, mut fields)| {
            if let Some(step) = step {
                last += step;
                fields.insert(1, ("sequenceId", last.into()));
            }
            map(&fields)
        });
        placed.collect()
    })
}

/// An event without a place of its own.
pub fn event() -> impl Strategy<Value = Fields> {
    let types = [
        ("node_created", 6),
        ("node_started", 3),
        ("node_blocked", 1),
        ("node_completed", 2),
        ("node_failed", 1),
        ("node_updated", 8),
        ("node_evicted", 2),
        ("compaction", 1),
        ("tool_call_started", 1),
        ("my_own", 1),
    ];
    let types: Vec<_> = types.iter().flat_map(|(name, times)| vec![*name; *times]).collect();
    let time = prop_oneof![9 => "[0-9]{3}".prop_map(Value::from), 1 => odd()];
    (prop::sample::select(types), id(), time, payload(), any::<bool>()).prop_map(
        |(name, id, time, payload, more)| {
            let mut event =
                vec![("id", "e".into()), ("type", name.into()), ("nodeId", id), ("timestamp", time)];
            event.push(("payload", payload));
            if more {
                event.insert(0, ("source", "test".into()));
            }
            event
        },
    )
}
