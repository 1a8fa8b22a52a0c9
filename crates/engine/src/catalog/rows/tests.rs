//! Every row comes back as it was, or is refused.

use super::*;
use crate::ids::{IdNumber, Position, RecordNumber, Sequence, StreamNumber};

#[test]
fn rows_round_trip() {
    let stream = StreamRow {
        number: StreamNumber(1),
        first: Sequence(4),
        last: Sequence(900),
        hold: Some(Sequence(0)),
        total_bytes: 1 << 40,
    };
    assert_eq!(StreamRow::decode(&stream.encode()), Ok(stream));
    let id = IdRow {
        number: IdNumber(3),
        first_position: Position(9),
        oldest: 1,
        newest: 300,
        time: -0.5,
        record: RecordNumber(77),
    };
    assert_eq!(IdRow::decode(&id.encode()), Ok(id));
    let version = VersionRow {
        record: RecordNumber(7),
        bytes: 1000,
        stored_bytes: 10,
        saved_at: 1_760_000_000_000,
        time: 1.5,
        position: Position(8),
        called_after: Position(6),
        lineage: "agent".to_owned(),
        meta: b"meta".to_vec(),
    };
    assert_eq!(VersionRow::decode(&version.encode()), Ok(Some(version)));
    assert_eq!(VersionRow::decode(VersionRow::LOST), Ok(None));
    let by_time = TimeRow { newest: 200, id: "agent/1" };
    assert_eq!(TimeRow::decode(&by_time.encode()), Ok(by_time));
    let lineage = LineageRow { id: IdNumber(1), version: 2, record: RecordNumber(3) };
    assert_eq!(LineageRow::decode(&lineage.encode()), Ok(lineage));
}

/// Catches a stream of more events, or an id of more versions, than numbers tell: counting them would overflow; and a save that was called after it was done.
#[test]
fn rows_that_contradict_themselves_are_malformed() {
    let stream = |first, last| StreamRow {
        number: StreamNumber(1),
        first: Sequence(first),
        last: Sequence(last),
        hold: None,
        total_bytes: 0,
    };
    for (first, last, fits) in
        [(1, 0, true), (10, 9, true), (10, 8, false), (0, 9, false), (1, u64::MAX, false)]
    {
        assert_eq!(StreamRow::decode(&stream(first, last).encode()).is_ok(), fits, "{first} to {last}");
    }
    let id = |oldest, newest| IdRow {
        number: IdNumber(3),
        first_position: Position(9),
        oldest,
        newest,
        time: 0.,
        record: RecordNumber(77),
    };
    for (oldest, newest, fits) in [(1, 1, true), (2, 1, false), (0, 1, false)] {
        assert_eq!(IdRow::decode(&id(oldest, newest).encode()).is_ok(), fits, "{oldest} to {newest}");
    }
    let version = |called_after| VersionRow {
        record: RecordNumber(7),
        bytes: 1,
        stored_bytes: 1,
        saved_at: 1,
        time: 1.,
        position: Position(8),
        called_after: Position(called_after),
        lineage: String::new(),
        meta: Vec::new(),
    };
    for (called_after, fits) in [(0, true), (7, true), (8, false), (9, false)] {
        assert_eq!(VersionRow::decode(&version(called_after).encode()).is_ok(), fits, "{called_after}");
    }
}

#[test]
fn a_row_that_ends_early_is_malformed() {
    let bytes = LineageRow { id: IdNumber(1), version: 2, record: RecordNumber(3) }.encode();
    assert_eq!(LineageRow::decode(&bytes[..2]), Err(Malformed));
}
