//! Keys, whose order as bytes is the order of what they say, and file names.

use std::cmp::Ordering;

use agent_storage_engine::{
    catalog::keys,
    events::rows,
    format::{codec::Cursor, names::FileName},
    ids::{FileNumber, IdNumber, Position, Sequence, StreamNumber},
};

/// Two times, positions, ids and a name, from the input.
struct Parts<'a> {
    times: [f64; 2],
    positions: [Position; 2],
    ids: [IdNumber; 2],
    name: &'a str,
}

/// Numbers compare as their keys do, whatever they are, and a key gives back what it was made of.
pub(super) fn key(input: &[u8]) {
    let Some(parts) = parts(input) else { return };
    check_times(&parts);
    check_events(&parts);
    check_names(parts.name);
}

fn parts(input: &[u8]) -> Option<Parts<'_>> {
    let mut cursor = Cursor::new(input);
    let times = [cursor.f64().ok()?, cursor.f64().ok()?];
    let positions = [Position(cursor.varint().ok()?), Position(cursor.varint().ok()?)];
    let ids = [IdNumber(cursor.varint().ok()?), IdNumber(cursor.varint().ok()?)];
    let name = std::str::from_utf8(cursor.rest()).ok()?;
    Some(Parts { times, positions, ids, name })
}

fn check_times(parts: &Parts<'_>) {
    let Parts { times: [left, right], positions, ids, .. } = parts;
    let row = |index: usize| keys::by_first_save(positions[index], ids[index]);
    assert_eq!(row(0).cmp(&row(1)), (positions[0], ids[0]).cmp(&(positions[1], ids[1])));
    let Some(times) = left.partial_cmp(right) else { return };
    let keys =
        [(left, 0), (right, 1)].map(|(time, index)| keys::by_time(*time, positions[index], ids[index]));
    let order = times.then_with(|| (positions[0], ids[0]).cmp(&(positions[1], ids[1])));
    assert_eq!(keys[0].cmp(&keys[1]), order, "{left} and {right}");
    let range = keys::between_times(Some(*left), Some(*left));
    for (key, inside) in [(&keys[0], true), (&keys[1], times == Ordering::Equal)] {
        let before_end = range.until.as_ref().is_none_or(|until| key < until);
        assert_eq!(*key >= range.from && before_end, inside, "{right} within the range of {left}");
        let time = keys::time_of(key).expect("a time");
        assert!(key.as_slice() >= time && *key < keys::after_time(time));
    }
}

fn check_events(parts: &Parts<'_>) {
    let pairs = [0, 1].map(|index| (StreamNumber(parts.positions[index].0), Sequence(parts.ids[index].0)));
    let keys = pairs.map(|(stream, sequence)| rows::key(stream, sequence));
    assert_eq!(keys[0].cmp(&keys[1]), pairs[0].cmp(&pairs[1]));
    assert_eq!(rows::parse_key(&keys[0]), Ok(pairs[0]));
}

fn check_names(name: &str) {
    for (key, range) in [(keys::stream(name), keys::streams()), (keys::id(name), keys::ids())] {
        assert_eq!(keys::name(&key), Some(name));
        assert!(key >= range.from && range.until.is_none_or(|until| key < until));
    }
    let Some(file) = FileName::parse(name) else { return };
    let numbered = |number: FileNumber, extension: &str| format!("{:016x}.{extension}", number.0);
    let again = match file {
        FileName::Log(number) => numbered(number, "log"),
        FileName::Run(number) => numbered(number, "run"),
        FileName::Pack(number) => numbered(number, "pack"),
        _ => return,
    };
    assert_eq!(again, name);
}
