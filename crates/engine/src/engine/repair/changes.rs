//! Which changes of the store's one order were lost.
//!
//! Constraints: only what is known to have been synced, or may have been, counts as lost: behind the last mark the log ends where it ends for every other
//! reader; what a lost change was about is not known, only its place.

use std::sync::Arc;

use super::Repair;
use crate::{
    error::{Error, Result},
    format::frame::Link,
    ids::{FileNumber, Position},
    runs::{Family, Run},
    wal::LogFile,
};

/// Changes of which some, or all, were lost: those with a position from `from` to `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LostChanges {
    /// The first one's position.
    pub from: Position,
    /// The last one's position; `None` where nothing tells how far the log went, or whether there were any.
    pub to: Option<Position>,
}

impl LostChanges {
    /// Those before the log, where neither what they did is all there, nor what tells of it.
    pub(super) fn up_to(position: Position) -> Self {
        Self { from: Position(1), to: Some(position) }
    }
}

/// The positions that were not read, found while the others are.
pub(super) struct Gaps {
    /// The last one that was read.
    last: Position,
    lost: Vec<LostChanges>,
}

impl Gaps {
    /// Of a log that begins behind `start`.
    pub(super) fn behind(start: Position) -> Self {
        Self { last: start, lost: Vec::new() }
    }

    /// The change at `position` was read; positions come in order.
    pub(super) fn saw(&mut self, position: Position) {
        self.miss_to(Position(position.0.saturating_sub(1)));
        self.last = position;
    }

    /// Ends the log at `end`; behind that, there is nothing where `is_known`.
    pub(super) fn end(mut self, end: Position, is_known: bool) -> Vec<LostChanges> {
        if is_known {
            self.miss_to(end);
        } else {
            self.lost.push(LostChanges { from: Position(self.last.0.saturating_add(1)), to: None });
        }
        self.lost
    }

    fn miss_to(&mut self, to: Position) {
        if self.last < to {
            self.lost.push(LostChanges { from: Position(self.last.0.saturating_add(1)), to: Some(to) });
        }
    }
}

/// The files of the log, as far as they are there, and how far they went.
pub(super) struct LogFiles {
    pub(super) files: Vec<Arc<LogFile>>,
    /// Those that are missing or have no mark: they may have held anything.
    unmarked: Vec<FileNumber>,
}

impl LogFiles {
    pub(super) fn open(repair: &Repair<'_>) -> Result<Self> {
        let mut log = Self { files: Vec::new(), unmarked: Vec::new() };
        for number in &repair.before.logs {
            let opened = LogFile::open_damaged(repair.directory, *number, repair.before.store, &mut |_| {})?;
            if !opened.as_ref().is_some_and(|file| file.is_marked()) {
                log.unmarked.push(*number);
            }
            log.files.extend(opened);
        }
        Ok(log)
    }

    /// Whether it is known how far the log went, of which the file `newest` is the last one with a whole frame: a file without a mark ends where a later
    /// one goes on, and nowhere else.
    pub(super) fn is_end_known(&self, newest: Option<FileNumber>) -> bool {
        let is_used = |file: &&Arc<LogFile>| file.mark().through.position > Position(0);
        let marked = self.files.iter().filter(is_used).map(|file| file.number()).max();
        let newest = newest.max(marked);
        !self.files.is_empty() && self.unmarked.iter().all(|file| Some(*file) < newest)
    }
}

/// `end`, or the newest change that a run is of: where the manifest is lost, the log that led up to it may be, too.
pub(super) fn at_least_runs(repair: &Repair<'_>, end: Link) -> Result<Link> {
    let mut position = end.position;
    for entry in &repair.before.runs {
        let family = Family::of(entry.kind);
        match Run::open(repair.directory, entry.number, repair.before.store, family, entry.length) {
            Ok(run) => position = position.max(run.through().position),
            Err(Error::Corrupt { .. }) => {}
            Err(other) => return Err(other),
        }
    }
    Ok(Link { position, ..end })
}
