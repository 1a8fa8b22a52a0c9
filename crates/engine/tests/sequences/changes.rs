//! How the changes of a batch are drawn.

use proptest::{
    collection::vec,
    option::{of, weighted},
    prelude::*,
};

use super::{
    operation::{Body, Change},
    support::observe::INTERNAL_KEYS,
    values::{bytes, checkpoint, condition, event, id, lineage, place, small, stream, time},
};

pub(super) fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (stream(), vec(event(), 0..4), weighted(0.3, condition()))
            .prop_map(|(stream, events, condition)| Change::Append(stream, events, condition)),
        5 => save(),
        3 => delete(),
        1 => (stream(), condition()).prop_map(|(stream, condition)| Change::Expect(stream, condition)),
        2 => (stream(), place()).prop_map(|(stream, before)| Change::Prune(stream, before)),
        1 => (stream(), of(place())).prop_map(|(stream, from)| Change::Hold(stream, from)),
        1 => stream().prop_map(Change::DeleteStream),
        2 => (0..INTERNAL_KEYS.len(), small()).prop_map(|(key, value)| Change::Set(key, value)),
        1 => (0..INTERNAL_KEYS.len()).prop_map(Change::Remove),
    ]
}

pub(super) fn save() -> impl Strategy<Value = Change> {
    let body = prop_oneof![
        3 => checkpoint().prop_map(Body::New),
        4 => small().prop_map(Body::Grown),
        2 => small().prop_map(Body::Edited),
    ];
    // Some of what is listed is too long to be held in memory with its row.
    let meta = prop_oneof![4 => bytes(0..20), 1 => bytes(500..3000)];
    (id(), body, lineage(), meta, time()).prop_map(|(id, body, lineage, meta, time)| Change::Save {
        id,
        body,
        lineage,
        meta,
        time,
    })
}

pub(super) fn delete() -> impl Strategy<Value = Change> {
    (id(), of(condition())).prop_map(|(id, condition)| match condition {
        None => Change::Delete(id),
        Some(condition) => Change::DeleteUnlessSaved(id, condition),
    })
}
