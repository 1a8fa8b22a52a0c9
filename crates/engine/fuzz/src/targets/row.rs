//! The values of the catalog's rows and of an event's entry.

use std::fmt::Debug;

use agent_storage_engine::{
    catalog::rows::{IdRow, LineageRow, StreamRow, TimeRow, VersionRow},
    events::rows::EventRow,
    format::codec::Malformed,
};

use crate::memory;

/// The same bytes as each kind of row: what decodes is encoded to no more bytes, which are those of the same row.
pub(super) fn row(input: &[u8]) {
    check(input, StreamRow::decode, StreamRow::encode);
    check(input, IdRow::decode, IdRow::encode);
    check(input, LineageRow::decode, LineageRow::encode);
    check(input, VersionRow::decode, |row| {
        row.as_ref().map_or_else(|| VersionRow::LOST.to_vec(), VersionRow::encode)
    });
    time(input);
    event(input);
}

fn check<Row: Debug>(
    input: &[u8],
    decode: impl Fn(&[u8]) -> Result<Row, Malformed>,
    encode: impl Fn(&Row) -> Vec<u8>,
) {
    let Ok(row) = memory::bounded(memory::times(2, input), || decode(input)) else { return };
    let again = encode(&row);
    assert!(again.len() <= input.len(), "{row:?} grew");
    let reread = decode(&again).expect("what was written reads");
    assert_eq!(encode(&reread), again);
}

fn time(input: &[u8]) {
    let Ok(row) = TimeRow::decode(input) else { return };
    let again = row.encode();
    assert!(again.len() <= input.len() && input.ends_with(row.id.as_bytes()));
    assert_eq!(TimeRow::decode(&again), Ok(row));
}

fn event(input: &[u8]) {
    let Ok(row) = EventRow::decode(input) else { return };
    let mut again = Vec::new();
    row.encode(&mut again);
    assert!(again.len() <= input.len() && input.ends_with(row.data));
    assert_eq!(EventRow::decode(&again), Ok(row));
}
