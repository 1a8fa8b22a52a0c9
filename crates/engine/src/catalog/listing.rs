//! Listing checkpoints.
//!
//! Constraints: what is listed is a snapshot; listing ten of ten thousand reads ten; ids that tie in time stay in the order in which they were
//! first saved, ascending and descending.

use crate::{
    catalog::{
        find::{CheckpointInfo, Owner, find_id, find_newest},
        keys::{self, Key},
        latest_first::{KeyAndValue, LatestFirst},
        rows::{IdRow, TimeRow, damaged},
    },
    error::Result,
    format::codec::Malformed,
    ids::{IdNumber, Position},
    tables::{Scan, Snapshot},
};

/// What a list goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The first save of each id.
    #[default]
    FirstSaved,
    /// The time of each id's newest version, ties by first save.
    Time,
}

/// Which checkpoints to list, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListOptions {
    /// Only ids that start with this.
    pub prefix: String,
    /// Only checkpoints of this lineage.
    pub lineage: Option<String>,
    /// At most this many.
    pub limit: Option<usize>,
    /// From the last to the first.
    pub reverse: bool,
    /// What the list goes by.
    pub order: Order,
    /// Only checkpoints with this time or a later one.
    pub from: Option<f64>,
    /// Only checkpoints with this time or an earlier one.
    pub until: Option<f64>,
}

/// A list, made while it is read.
pub struct Listing {
    snapshot: Snapshot,
    options: ListOptions,
    left: usize,
    walk: Walk,
}

/// How the rows of the order are walked.
enum Walk {
    Straight(Scan),
    LatestFirst(Box<LatestFirst>),
    Done,
}

/// An id whose newest version may be listed.
struct Candidate {
    id: String,
    number: IdNumber,
    first_position: Position,
    newest: u32,
}

impl Listing {
    /// Starts a list of `snapshot`.
    pub fn new(snapshot: Snapshot, options: ListOptions) -> Result<Self> {
        let range = match options.order {
            Order::FirstSaved => keys::all_by_first_save(),
            Order::Time => keys::between_times(options.from, options.until),
        };
        let walk = if options.order == Order::Time && options.reverse {
            Walk::LatestFirst(Box::new(LatestFirst::new(&snapshot, range)?))
        } else {
            Walk::Straight(snapshot.scan(&range.from, range.until.as_deref(), options.reverse)?)
        };
        let left = options.limit.unwrap_or(usize::MAX);
        Ok(Self { snapshot, options, left, walk })
    }

    fn next_row(&mut self) -> Result<Option<KeyAndValue>> {
        match &mut self.walk {
            Walk::Done => Ok(None),
            Walk::Straight(scan) => KeyAndValue::next_of(scan),
            Walk::LatestFirst(latest) => latest.next(&self.snapshot),
        }
    }

    /// What a row of the order tells of, where its id and its time are asked for.
    fn candidate(&self, row: &KeyAndValue) -> Result<Option<Candidate>> {
        let damaged = || damaged(self.snapshot.directory())(Malformed);
        if self.options.order == Order::Time {
            let found = TimeRow::decode(&row.value).map_err(|_| damaged())?;
            let Key::ByTime(first_position, number) = Key::parse(&row.key) else { return Err(damaged()) };
            let candidate =
                Candidate { id: found.id.to_owned(), number, first_position, newest: found.newest };
            return Ok(found.id.starts_with(&self.options.prefix).then_some(candidate));
        }
        let id = std::str::from_utf8(&row.value).map_err(|_| damaged())?;
        if !id.starts_with(&self.options.prefix) {
            return Ok(None);
        }
        let found = find_id(&self.snapshot, id)?.ok_or_else(damaged)?;
        let IdRow { number, first_position, newest, time, .. } = found;
        let in_time = self.options.from.is_none_or(|from| time >= from)
            && self.options.until.is_none_or(|until| time <= until);
        Ok(in_time.then(|| Candidate { id: id.to_owned(), number, first_position, newest }))
    }

    fn next_info(&mut self) -> Result<Option<CheckpointInfo>> {
        if self.left == 0 {
            return Ok(None);
        }
        while let Some(row) = self.next_row()? {
            let Some(candidate) = self.candidate(&row)? else { continue };
            let Candidate { id, number, first_position, newest } = &candidate;
            let owner = Owner { id, number: *number, first_position: *first_position };
            let (_, info) = find_newest(&self.snapshot, &owner, *newest)?;
            if self.options.lineage.as_ref().is_none_or(|lineage| *lineage == info.lineage) {
                self.left -= 1;
                return Ok(Some(info));
            }
        }
        Ok(None)
    }
}

impl Iterator for Listing {
    type Item = Result<CheckpointInfo>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_info().transpose();
        if matches!(next, Some(Err(_)) | None) {
            self.walk = Walk::Done;
            self.left = 0;
        }
        next
    }
}
