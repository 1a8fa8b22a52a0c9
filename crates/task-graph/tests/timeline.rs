//! What a list of events tells.
//!
//! Would catch: an entry with another event's fields, a filter that lets through or keeps back the wrong ones, a repeat that is not told, or told too late.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

use agent_task_graph::{REPEAT_EVENTS, Timeline, TimelineFilter};
use rmpv::Value;

fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, value).expect("a vector takes all");
    bytes
}

fn map(fields: &[(&str, Value)]) -> Value {
    Value::Map(fields.iter().map(|(name, value)| ((*name).into(), value.clone())).collect())
}

fn event(id: u64, kind: &str, node: &str, key: Option<&str>) -> Value {
    let time = format!("2026-01-01T00:00:{id:02}.000Z");
    let mut fields = vec![
        ("id", Value::from("e")),
        ("sequenceId", id.into()),
        ("nodeId", node.into()),
        ("type", kind.into()),
        ("timestamp", time.into()),
        ("payload", map(&[("type", "of the payload".into()), ("nodeId", 7.into())])),
    ];
    fields.extend(key.map(|key| ("idempotencyKey", Value::from(key))));
    map(&fields)
}

fn entries(filter: TimelineFilter, events: &[Value]) -> Vec<Value> {
    let mut timeline = Timeline::new(filter);
    let looked: Vec<_> = events.iter().map(|event| timeline.look(&encode(event))).collect();
    let found = decoded(timeline);
    assert_eq!(found.len(), looked.into_iter().filter(|is_wanted| *is_wanted).count());
    found
}

fn decoded(timeline: Timeline) -> Vec<Value> {
    let mut entries = timeline.into_entries();
    let decode = |mut entry: &[u8]| rmpv::decode::read_value(&mut entry).expect("MessagePack");
    entries.next(usize::MAX, usize::MAX).expect("entries of its own").into_iter().map(decode).collect()
}

fn ids(filter: TimelineFilter) -> Vec<u64> {
    let events = [
        event(1, "node_created", "a", None),
        event(2, "node_created", "b", None),
        event(3, "node_started", "a", None),
        event(4, "my_own", "a", None),
    ];
    let id = |entry: &Value| {
        let fields = entry.as_map().expect("a map");
        let (_, id) = fields.iter().find(|(name, _)| name.as_str() == Some("sequenceId")).expect("an id");
        id.as_u64().expect("a number")
    };
    entries(filter, &events).iter().map(id).collect()
}

#[test]
fn an_entry_tells_place_type_node_and_time() {
    let entry = map(&[
        ("sequenceId", 1.into()),
        ("type", "node_created".into()),
        ("nodeId", "a".into()),
        ("timestamp", "2026-01-01T00:00:01.000Z".into()),
    ]);
    assert_eq!(entries(TimelineFilter::default(), &[event(1, "node_created", "a", Some("k"))]), [entry]);
    let bare = map(&[("sequenceId", 2.into())]);
    assert_eq!(entries(TimelineFilter::default(), std::slice::from_ref(&bare)), [bare]);
}

#[test]
fn filters_hold_together() {
    let text = |text: &str| Some(text.to_owned());
    let none = TimelineFilter::default;
    assert_eq!(ids(none()), [1, 2, 3, 4]);
    let types = vec!["node_started".to_owned(), "my_own".to_owned()];
    assert_eq!(ids(TimelineFilter { types: types.clone(), ..none() }), [3, 4]);
    assert_eq!(ids(TimelineFilter { node_id: text("b"), ..none() }), [2]);
    assert_eq!(ids(TimelineFilter { types, node_id: text("b"), ..none() }), []);
    let (since, until) = (text("2026-01-01T00:00:02.000Z"), text("2026-01-01T00:00:04.000Z"));
    assert_eq!(ids(TimelineFilter { since, until, ..none() }), [2, 3]);
}

#[test]
fn a_key_that_came_within_the_last_ten_thousand_events_is_a_repeat() {
    let distances = [(0, true), (REPEAT_EVENTS - 1, true), (REPEAT_EVENTS, false)];
    // Old keys are forgotten now and then: shortly behind the key, which does not go with them, or so much later that it is still known when it counts no more.
    let befores = [REPEAT_EVENTS / 2, 2 * REPEAT_EVENTS - 5].into_iter();
    let cases = befores.flat_map(|before| distances.map(|(between, is_repeat)| (before, between, is_repeat)));
    for (before, between, is_repeat) in cases {
        let mut timeline = Timeline::new(TimelineFilter::default());
        for number in 0..before {
            timeline.pass(&encode(&event(0, "x", "a", Some(&format!("{number}")))));
        }
        timeline.pass(&encode(&event(0, "x", "a", Some("key"))));
        for _ in 0..between {
            timeline.pass(&encode(&event(0, "x", "a", None)));
        }
        assert!(timeline.look(&encode(&event(0, "x", "a", Some("key")))));
        let told = decoded(timeline)[0]
            .as_map()
            .expect("a map")
            .iter()
            .any(|(name, _)| name.as_str() == Some("isRepeat"));
        assert_eq!(told, is_repeat, "{between} events between, {before} before");
    }
}
