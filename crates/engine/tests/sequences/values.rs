//! What the operations of a sequence are about: few values, and odd ones.

use proptest::{prelude::*, sample::select};

use super::operation::{Bytes, Condition, Name, Place, Version};

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
pub(super) const PREFIXES: [&str; 4] = ["", "a", "a/", "é"];
const TIMES: [f64; 6] = [0., 1.5, -0., -1e300, f64::INFINITY, f64::NEG_INFINITY];
const PLACES: [Place; 6] =
    [Place::First, Place::Last, Place::Next, Place::Middle, Place::Zero, Place::Beyond];
const VERSIONS: [Version; 5] =
    [Version::Newest, Version::NewestByNumber, Version::Oldest, Version::Gone, Version::NotYet];

/// What does not fit a frame, in its log or as a whole, is drawn in so many of 100 cases.
const LARGE: u32 = 4;

pub(super) fn event() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        100 - LARGE => small(),
        LARGE - 1 => bytes(60_000..140_000),
        1 => (1_040_000usize..1_100_000, any::<u8>()).prop_map(|(length, which)| Bytes::Text(length, which)),
    ]
}

pub(super) fn checkpoint() -> impl Strategy<Value = Bytes> {
    prop_oneof![
        80 => small(),
        16 => bytes(32_000..40_000),
        LARGE => bytes(200_000..300_000),
    ]
}

pub(super) fn small() -> impl Strategy<Value = Bytes> {
    prop_oneof![6 => bytes(0..40), 1 => bytes(40..3000)]
}

pub(super) fn bytes(length: std::ops::Range<usize>) -> impl Strategy<Value = Bytes> {
    (length, 0u8..4, any::<bool>()).prop_map(|(length, which, is_noise)| {
        if is_noise { Bytes::Noise(length, which) } else { Bytes::Text(length, which) }
    })
}

pub(super) fn stream() -> impl Strategy<Value = Name> {
    select(&STREAMS[..])
}

pub(super) fn id() -> impl Strategy<Value = Name> {
    select(&IDS[..])
}

pub(super) fn lineage() -> impl Strategy<Value = Name> {
    select(&LINEAGES[..])
}

pub(super) fn time() -> impl Strategy<Value = f64> {
    select(&TIMES[..])
}

pub(super) fn place() -> impl Strategy<Value = Place> {
    select(&PLACES[..])
}

pub(super) fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![2 => Just(Condition::Holds), 1 => Just(Condition::Stale)]
}

pub(super) fn version() -> impl Strategy<Value = Version> {
    select(&VERSIONS[..])
}
