//! What group commit knows, and how each event changes it: no I/O, no waiting.

use std::{collections::VecDeque, fmt, sync::Arc};

use super::{
    DurabilityCallback,
    round::{Kind, Round},
};
use crate::{
    error::{Error, Result},
    ids::Position,
    sync::Instant,
    wal::file::{LogFile, LogPoint},
};

/// Everything under the one short lock of [`super::Durability`].
pub(super) struct State {
    /// The end of what is accepted.
    pub(super) end: LogPoint,
    pub(super) durable: Position,
    /// Through where the last mark says that everything is durable.
    marked: Position,
    /// The same of the last mark that was synced.
    pub(super) durably_marked: Position,
    /// Whether the last mark says, durably, that the store was closed at `end`.
    pub(super) closed: bool,
    /// The files with frames or marks that no round was begun for, oldest first.
    unsynced: Vec<Arc<LogFile>>,
    /// When the oldest frame was accepted that no round was begun for.
    pub(super) unsynced_since: Option<Instant>,
    /// The same of the round under way.
    pub(super) syncing_since: Option<Instant>,
    /// Whether a round is under way.
    pub(super) leading: bool,
    /// The first failure: the end of writing.
    pub(super) failure: Option<Arc<Error>>,
    /// Who waits for what, by ascending position.
    waiting: VecDeque<(Position, DurabilityCallback)>,
    /// Answers to be given, in order.
    pub(super) answers: VecDeque<(DurabilityCallback, Result<()>)>,
    /// Whether a thread is giving answers.
    pub(super) delivering: bool,
}

impl State {
    pub(super) fn new(end: LogPoint, closed: bool) -> Self {
        let position = end.link.position;
        Self {
            end,
            durable: position,
            marked: position,
            durably_marked: position,
            closed,
            unsynced: Vec::new(),
            unsynced_since: None,
            syncing_since: None,
            leading: false,
            failure: None,
            waiting: VecDeque::new(),
            answers: VecDeque::new(),
            delivering: false,
        }
    }

    pub(super) fn accepted(&mut self, end: &LogPoint) {
        debug_assert!(end.link.position > self.end.link.position, "frames are accepted in their order");
        if !Arc::ptr_eq(&self.end.file, &end.file) {
            self.end.file = Arc::clone(&end.file);
        }
        self.end.link = end.link;
        self.end.offset = end.offset;
        self.closed = false;
        if self.unsynced.last().is_none_or(|file| !Arc::ptr_eq(file, &end.file)) {
            self.unsynced.push(Arc::clone(&end.file));
        }
        if self.unsynced_since.is_none() {
            self.unsynced_since = Some(Instant::now());
        }
    }

    pub(super) fn switched(&mut self, next: &Arc<LogFile>) {
        self.end = LogPoint::start_of(Arc::clone(next), self.end.link);
        self.closed = false;
    }

    pub(super) fn has_unsynced_frames(&self) -> bool {
        self.durable < self.end.link.position
    }

    pub(super) fn failure(&self) -> Option<Error> {
        self.failure.as_ref().map(|cause| Error::Poisoned { cause: Arc::clone(cause) })
    }

    pub(super) fn begin(&mut self, kind: Kind) -> Round {
        self.leading = true;
        self.syncing_since = self.unsynced_since.take();
        Round { kind, target: self.end.clone(), files: std::mem::take(&mut self.unsynced) }
    }

    /// Takes over what a round achieved: nothing, if writing has ended meanwhile.
    pub(super) fn finish(&mut self, round: Round, outcome: Result<()>) {
        self.leading = false;
        self.syncing_since = None;
        if let Err(error) = outcome {
            self.fail(error);
        }
        if self.failure.is_some() {
            return;
        }
        let Round { kind, target, .. } = round;
        self.durable = target.link.position;
        self.durably_marked = self.marked;
        match kind {
            Kind::Settle => {}
            Kind::Advance => {
                self.marked = target.link.position;
                self.mark_is_unsynced_in(target.file);
            }
            Kind::Close => {
                self.marked = target.link.position;
                self.durably_marked = target.link.position;
                self.closed = self.end.link == target.link && Arc::ptr_eq(&self.end.file, &target.file);
            }
        }
        self.answer_durable();
    }

    fn mark_is_unsynced_in(&mut self, file: Arc<LogFile>) {
        // Frames accepted during the round went to this file or a newer one, so it can only be the first.
        if self.unsynced.first().is_none_or(|first| !Arc::ptr_eq(first, &file)) {
            self.unsynced.insert(0, file);
        }
    }

    /// Enters a callback, or its answer where that is known.
    pub(super) fn wait(&mut self, position: Position, callback: DurabilityCallback) {
        if position <= self.durable {
            self.answers.push_back((callback, Ok(())));
        } else if let Some(failure) = self.failure() {
            self.answers.push_back((callback, Err(failure)));
        } else {
            let place = self.waiting.partition_point(|(waiting, _)| *waiting <= position);
            self.waiting.insert(place, (position, callback));
        }
    }

    fn answer_durable(&mut self) {
        let answered = self.waiting.partition_point(|(position, _)| *position <= self.durable);
        for (_, callback) in self.waiting.drain(..answered) {
            self.answers.push_back((callback, Ok(())));
        }
    }

    pub(super) fn fail(&mut self, error: Error) {
        if self.failure.is_some() {
            return;
        }
        let cause = match error {
            Error::Poisoned { cause } => cause,
            error => Arc::new(error),
        };
        self.failure = Some(Arc::clone(&cause));
        for (_, callback) in self.waiting.drain(..) {
            self.answers.push_back((callback, Err(Error::Poisoned { cause: Arc::clone(&cause) })));
        }
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("end", &self.end)
            .field("durable", &self.durable)
            .field("durably_marked", &self.durably_marked)
            .field("closed", &self.closed)
            .field("leading", &self.leading)
            .field("failure", &self.failure)
            .field("waiting", &self.waiting.len())
            .finish_non_exhaustive()
    }
}
