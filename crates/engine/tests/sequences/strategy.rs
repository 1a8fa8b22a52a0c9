//! How sequences are drawn. What comes first in a choice is what shrinking tries.

use agent_storage_engine::catalog::listing::Order;
use proptest::{
    collection::vec,
    option::{of, weighted},
    prelude::*,
    sample::select,
};

use super::{
    operation::{
        Body, Bytes, Change, Condition, End, Handle, List, Loss, Name, Operation, Place, Sequence, Version,
    },
    support::observe::INTERNAL_KEYS,
};

const STREAMS: [Name; 4] =
    [Name::Plain("log"), Name::Plain(""), Name::Plain("__proto__"), Name::LongestOf("ö")];
const IDS: [Name; 5] = [
    Name::Plain("a"),
    Name::Plain("a/../b"),
    Name::Plain("__proto__"),
    Name::Plain("\0\u{10ffff}"),
    Name::LongestOf("é"),
];
const LINEAGES: [Name; 3] = [Name::Plain(""), Name::Plain("run"), Name::Plain("__proto__")];
const PREFIXES: [&str; 4] = ["", "a", "a/", "é"];
const TIMES: [f64; 6] = [0., 1.5, -0., -1e300, f64::INFINITY, f64::NEG_INFINITY];
const PLACES: [Place; 6] =
    [Place::First, Place::Last, Place::Next, Place::Middle, Place::Zero, Place::Beyond];
const VERSIONS: [Version; 5] =
    [Version::Newest, Version::NewestByNumber, Version::Oldest, Version::Gone, Version::NotYet];

/// What does not fit a frame, in its log or as a whole, is drawn in so many of 100 cases.
const LARGE: u32 = 4;

pub(super) fn sequence() -> impl Strategy<Value = Sequence> {
    (handle(), vec(operation(), 1..70))
        .prop_map(|(opened, operations)| Sequence { opened: Handle { lazy: false, ..opened }, operations })
}

fn handle() -> impl Strategy<Value = Handle> {
    (
        prop::bool::weighted(0.25),
        prop::bool::weighted(0.25),
        select(&[3, 1, 9][..]),
        select(&[3, 0, 1, 8][..]),
    )
        .prop_map(|(sync, lazy, level, max_delta_chain)| Handle { sync, lazy, level, max_delta_chain })
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        12 => (stream(), vec(event(), 0..5), of(condition()))
            .prop_map(|(stream, events, condition)| Operation::Append(stream, events, condition)),
        12 => save().prop_map(|save| Operation::Commit(vec![save])),
        10 => vec(change(), 0..6).prop_map(Operation::Commit),
        3 => (vec(prop_oneof![3 => save(), 1 => delete()], 1..4), stream(), small())
            .prop_map(|(changes, stream, event)| Operation::Together(changes, stream, event)),
        3 => (stream(), place()).prop_map(|(stream, before)| Operation::Prune(stream, before)),
        1 => stream().prop_map(Operation::DeleteStream),
        14 => read(),
        3 => Just(Operation::Flush),
        8 => Just(Operation::FlushTables),
        5 => Just(Operation::Compact),
        2 => Just(Operation::Verify),
        1 => any::<u64>().prop_map(Operation::Backup),
        1 => Just(Operation::Rest),
        5 => (any::<bool>(), handle()).prop_map(|(looked_at, next)| Operation::Reopen { looked_at, next }),
        7 => end().prop_map(Operation::Crash),
        4 => (1u64..60, end()).prop_map(|(calls, end)| Operation::CrashSoon(calls, end)),
    ]
}

fn read() -> impl Strategy<Value = Operation> {
    let at_once = (prop_oneof![Just(1000), 1usize..4], prop_oneof![Just(1 << 20), 0usize..300]);
    prop_oneof![
        5 => (stream(), place(), weighted(0.7, 0u64..6), at_once)
            .prop_map(|(stream, from, limit, at_once)| Operation::Replay { stream, from, limit, at_once }),
        1 => (stream(), place()).prop_map(|(stream, from)| Operation::BeginReplay(stream, from)),
        2 => (1usize..4).prop_map(Operation::ReplayOn),
        4 => (id(), select(&VERSIONS[..])).prop_map(|(id, version)| Operation::Load(id, version)),
        5 => list().prop_map(Operation::List),
        2 => id().prop_map(Operation::History),
        1 => Just(Operation::Figures),
    ]
}

fn list() -> impl Strategy<Value = List> {
    (
        select(&[Order::FirstSaved, Order::Time][..]),
        any::<bool>(),
        of(0usize..4),
        prop_oneof![3 => Just(""), 1 => select(&PREFIXES[..])],
        weighted(0.2, lineage()),
        weighted(0.2, time()),
        weighted(0.2, time()),
    )
        .prop_map(|(order, reverse, limit, prefix, lineage, from, until)| List {
            order,
            reverse,
            limit,
            prefix,
            lineage,
            from,
            until,
        })
}

fn end() -> impl Strategy<Value = End> {
    let loss = prop_oneof![1 => Just(Loss::Everything), 3 => any::<u64>().prop_map(Loss::Some)];
    (weighted(0.7, loss), any::<bool>(), handle()).prop_map(|(power_cut, looked_at, next)| End {
        power_cut,
        looked_at,
        next,
    })
}

fn change() -> impl Strategy<Value = Change> {
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

fn save() -> impl Strategy<Value = Change> {
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

fn delete() -> impl Strategy<Value = Change> {
    (id(), of(condition())).prop_map(|(id, condition)| match condition {
        None => Change::Delete(id),
        Some(condition) => Change::DeleteUnlessSaved(id, condition),
    })
}

fn event() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        100 - LARGE => small(),
        LARGE - 1 => bytes(60_000..140_000),
        1 => (1_040_000usize..1_100_000, any::<u8>()).prop_map(|(length, which)| Bytes::Text(length, which)),
    ]
}

fn checkpoint() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        80 => small(),
        16 => bytes(32_000..40_000),
        LARGE => bytes(200_000..300_000),
    ]
}

fn small() -> impl Strategy<Value = Bytes> {
    prop_oneof![6 => bytes(0..40), 1 => bytes(40..3000)]
}

fn bytes(length: std::ops::Range<usize>) -> impl Strategy<Value = Bytes> {
    (length, 0u8..4, any::<bool>()).prop_map(|(length, which, is_noise)| {
        if is_noise { Bytes::Noise(length, which) } else { Bytes::Text(length, which) }
    })
}

fn stream() -> impl Strategy<Value = Name> {
    select(&STREAMS[..])
}

fn id() -> impl Strategy<Value = Name> {
    select(&IDS[..])
}

fn lineage() -> impl Strategy<Value = Name> {
    select(&LINEAGES[..])
}

fn time() -> impl Strategy<Value = f64> {
    select(&TIMES[..])
}

fn place() -> impl Strategy<Value = Place> {
    select(&PLACES[..])
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![2 => Just(Condition::Holds), 1 => Just(Condition::Stale)]
}
