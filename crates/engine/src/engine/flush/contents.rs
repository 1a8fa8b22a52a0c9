//! What of a frozen table goes into runs.

use crate::{
    error::Result,
    events::{
        reader::PlaceReader,
        rows::{self, EventRow},
        streams::DeadEvents,
    },
    ids::{Position, Sequence},
    runs::{Entry, RunWriter},
    tables::{Memtable, Tables, rows::Row},
};

/// How many places are read at once.
const PLACES_AT_ONCE: usize = 4096;

/// Writes the events of `table` that are not dead.
pub(super) fn write_events(
    writer: &mut RunWriter,
    tables: &Tables,
    table: &Memtable,
    dead: &DeadEvents,
) -> Result<()> {
    let mut reader = PlaceReader::default();
    let mut value = Vec::new();
    for (stream, first) in table.tails.streams() {
        let Some(kept) = dead.kept_from(stream) else { continue };
        let mut next = first.max(kept);
        loop {
            let places = table.tails.copy(stream, next, PLACES_AT_ONCE);
            if places.is_empty() {
                break;
            }
            let mut facts = places.iter();
            reader.read(tables, table, places.iter().map(|event| &event.place), |data| {
                let Some(event) = facts.next() else { return Ok(()) };
                let (position, time_ms, bytes_before) = (event.position, event.time_ms, event.bytes_before);
                EventRow { position, time_ms, bytes_before, data }.encode(&mut value);
                writer.add(&rows::key(stream, next), Entry::Put(&value))?;
                next = Sequence(next.0 + 1);
                Ok(())
            })?;
        }
    }
    Ok(())
}

/// Writes the newest row of each key of `table`.
pub(super) fn write_rows(
    writer: &mut RunWriter,
    tables: &Tables,
    table: &Memtable,
    at: Position,
    keep_removals: bool,
) -> Result<()> {
    let mut key: Box<[u8]> = Box::default();
    let mut after = false;
    while let Some((next, row)) = table.rows.first(&key, after, None, at) {
        match row {
            Row::Removed if keep_removals => writer.add(&next, Entry::Removed)?,
            Row::Removed => {}
            Row::Set { head, tail: None } => writer.add(&next, Entry::Put(&head))?,
            Row::Set { head, tail: Some(place) } => {
                let value = [&*head, &*tables.read_place(table, place)?].concat();
                writer.add(&next, Entry::Put(&value))?;
            }
        }
        key = next;
        after = true;
    }
    Ok(())
}
