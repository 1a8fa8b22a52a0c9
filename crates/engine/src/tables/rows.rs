//! Catalog rows of changes that no run holds yet, each with the position that made it.
//!
//! Constraints: a reader at a position sees, for each key, the newest row at or before it, whatever is written meanwhile; rows are only
//! ever added. What a row's `tail` points to stays in the log, so that a large `meta` costs no memory.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    ops::Bound::{Excluded, Included, Unbounded},
};

use super::place::Place;
use crate::{ids::Position, sync::RwLock};

/// Tails up to this many bytes are kept in memory: a read from the log costs more than they do.
pub const INLINE_TAIL_BYTES: usize = 512;

/// What a key stands for from some position on.
#[derive(Debug, Clone)]
pub enum Row {
    /// The key has a value: `head`, followed by what lies at `tail`.
    Set {
        /// The bytes kept in memory.
        head: Box<[u8]>,
        /// Where the rest lies.
        tail: Option<Place>,
    },
    /// The key has none, whatever older rows say.
    Removed,
}

impl Row {
    /// A row that lies whole in memory.
    pub fn set(value: impl Into<Box<[u8]>>) -> Self {
        Self::Set { head: value.into(), tail: None }
    }
}

type Key = Box<[u8]>;

/// The rows, by key and, for one key, the newest first.
#[derive(Debug, Default)]
pub struct Rows {
    rows: RwLock<BTreeMap<(Key, Reverse<Position>), Row>>,
}

impl Rows {
    /// Adds what `key` stands for from `position` on.
    pub fn insert(&self, key: Vec<u8>, position: Position, row: Row) {
        self.rows.write().insert((key.into(), Reverse(position)), row);
    }

    /// The row of `key` as of `at`.
    pub fn get(&self, key: &[u8], at: Position) -> Option<Row> {
        let rows = self.rows.read();
        visible(&rows, key, at).cloned()
    }

    /// The first key of `[from, until)` with a row as of `at`, and that row. `after` leaves out `from` itself. No `until` is no bound.
    pub fn first(&self, from: &[u8], after: bool, until: Option<&[u8]>, at: Position) -> Option<(Key, Row)> {
        let rows = self.rows.read();
        // Within a key the newest row comes first, so position 0 is behind its last row.
        let mut low = if after {
            Excluded((from.into(), Reverse(Position(0))))
        } else {
            Included((Key::from(from), Reverse(Position(u64::MAX))))
        };
        let high = until.map_or(Unbounded, |until| Excluded((Key::from(until), Reverse(Position(u64::MAX)))));
        loop {
            if is_empty_range(&low, &high) {
                return None;
            }
            let key = rows.range((low, high.clone())).next()?.0.0.clone();
            if let Some(row) = visible(&rows, &key, at) {
                return Some((key, row.clone()));
            }
            low = Excluded((key, Reverse(Position(0))));
        }
    }

    /// The last key of `[from, until)` with a row as of `at`, and that row.
    pub fn last(&self, from: &[u8], until: Option<&[u8]>, at: Position) -> Option<(Key, Row)> {
        let rows = self.rows.read();
        let low = Included((Key::from(from), Reverse(Position(u64::MAX))));
        let mut high =
            until.map_or(Unbounded, |until| Excluded((Key::from(until), Reverse(Position(u64::MAX)))));
        loop {
            if is_empty_range(&low, &high) {
                return None;
            }
            let key = rows.range((low.clone(), high)).next_back()?.0.0.clone();
            if let Some(row) = visible(&rows, &key, at) {
                return Some((key, row.clone()));
            }
            high = Excluded((key, Reverse(Position(u64::MAX))));
        }
    }
}

fn visible<'a>(
    rows: &'a BTreeMap<(Key, Reverse<Position>), Row>,
    key: &[u8],
    at: Position,
) -> Option<&'a Row> {
    let newest = Included((Key::from(key), Reverse(at)));
    let oldest = Included((Key::from(key), Reverse(Position(0))));
    rows.range((newest, oldest)).next().map(|(_, row)| row)
}

/// `BTreeMap::range` panics where the bounds cross.
fn is_empty_range(
    low: &std::ops::Bound<(Key, Reverse<Position>)>,
    high: &std::ops::Bound<(Key, Reverse<Position>)>,
) -> bool {
    match (low, high) {
        (Included(low) | Excluded(low), Excluded(high)) => low >= high,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(row: Option<Row>) -> Option<Vec<u8>> {
        match row {
            Some(Row::Set { head, .. }) => Some(head.into()),
            Some(Row::Removed) => Some(b"removed".to_vec()),
            None => None,
        }
    }

    fn sample() -> Rows {
        let rows = Rows::default();
        rows.insert(b"a".to_vec(), Position(1), Row::set(*b"a1"));
        rows.insert(b"ab".to_vec(), Position(2), Row::set(*b"ab2"));
        rows.insert(b"a".to_vec(), Position(3), Row::Removed);
        rows.insert(b"b".to_vec(), Position(4), Row::set(*b"b4"));
        rows.insert(b"a".to_vec(), Position(5), Row::set(*b"a5"));
        rows
    }

    #[test]
    fn a_reader_sees_the_rows_of_its_position() {
        let rows = sample();
        assert_eq!(head(rows.get(b"a", Position(0))), None);
        assert_eq!(head(rows.get(b"a", Position(2))), Some(b"a1".to_vec()));
        assert_eq!(head(rows.get(b"a", Position(4))), Some(b"removed".to_vec()));
        assert_eq!(head(rows.get(b"a", Position(9))), Some(b"a5".to_vec()));
    }

    #[test]
    fn walking_skips_keys_that_come_later() {
        let rows = sample();
        let at = Position(2);
        let (first, _) = rows.first(b"", false, None, at).unwrap();
        assert_eq!(*first, *b"a");
        let (second, _) = rows.first(&first, true, None, at).unwrap();
        assert_eq!(*second, *b"ab");
        assert!(rows.first(&second, true, None, at).is_none());
        assert_eq!(*rows.last(b"", None, at).unwrap().0, *b"ab");
        assert_eq!(*rows.last(b"", Some(b"ab"), at).unwrap().0, *b"a");
        assert!(rows.last(b"b", Some(b"c"), at).is_none());
    }

    #[test]
    fn crossed_bounds_are_empty() {
        let rows = sample();
        assert!(rows.first(b"c", false, Some(b"a"), Position(9)).is_none());
        assert!(rows.first(b"a", true, Some(b"a"), Position(9)).is_none());
        assert!(rows.last(b"c", Some(b"a"), Position(9)).is_none());
        assert!(rows.last(b"a", Some(b"a"), Position(9)).is_none());
    }
}
