//! Group commit: who waits for durability shares one sync with all others who wait.
//!
//! Constraints:
//! - at most one sync is under way, and who arrives meanwhile shares the next one, since the running one may not cover what was just written;
//! - nobody is answered before a sync that began after their frame was accepted has returned;
//! - the first failure is final: it answers all who wait, is never retried, and nothing unanswered counts as synced after it. (The
//!   kernel tells of a failed write-back once, and may drop the pages and still show them.)
//! - no lock is held during I/O or while an answer is given.
//!
//! There is no thread of its own: whoever waits while no round is under way leads one. A round syncs all files that have unsynced bytes, older ones
//! first, then writes the mark into the newest, then publishes. The mark is made durable by the next round, or by [`Durability::settle`] and
//! [`Durability::close`].

mod round;
mod state;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use self::{
    round::{Kind, guarded},
    state::State,
};
use super::file::{LogFile, LogPoint};
use crate::{
    error::{Error, Result},
    ids::Position,
    sync::{
        Condvar, Instant, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
};

/// What is called once a position is durable, or never will be. Called on a thread that waits for a sync, so it must be short.
pub type DurabilityCallback = Box<dyn FnOnce(Result<()>) + Send>;

/// How far the log of one store is accepted and durable, and who waits for it.
#[derive(Debug)]
pub struct Durability {
    state: Mutex<State>,
    /// Woken when a round ends and when writing ends.
    ended: Condvar,
    syncs: AtomicU64,
}

impl Durability {
    /// Of a log that is durable through `end`; `closed` where its mark says that the store was closed there ([`super::LogEnd::closed`]).
    pub fn new(end: LogPoint, closed: bool) -> Self {
        Self { state: Mutex::new(State::new(end, closed)), ended: Condvar::new(), syncs: AtomicU64::new(0) }
    }

    /// Takes note of a frame behind which the log now ends. Called in the order of the frames, under the lock that orders them.
    pub fn accepted(&self, end: &LogPoint) {
        self.state.lock().accepted(end);
    }

    /// Takes note that the next frame goes to `next`, under the same lock: the mark moves along, so that the file before may be removed.
    pub fn switched(&self, next: &Arc<LogFile>) {
        self.state.lock().switched(next);
    }

    /// Through which position everything is durable.
    pub fn durable(&self) -> Position {
        self.state.lock().durable
    }

    /// Returns once everything through `position` is durable, as far as it is accepted by now. Leads a round if none is under way.
    pub fn sync_through(&self, position: Position) -> Result<()> {
        let mut state = self.state.lock();
        let position = position.min(state.end.link.position);
        self.lead_until(&mut state, |state| (state.durable < position).then_some(Kind::Advance))
    }

    /// Makes everything durable that is accepted by now.
    pub fn sync(&self) -> Result<()> {
        self.sync_through(Position(u64::MAX))
    }

    /// Makes everything durable that is accepted by now, and the mark that says so: for a store that goes idle.
    pub fn settle(&self) -> Result<()> {
        let mut state = self.state.lock();
        let position = state.end.link.position;
        self.lead_until(&mut state, |state| {
            let next = if state.has_unsynced_frames() { Kind::Advance } else { Kind::Settle };
            (state.durably_marked < position).then_some(next)
        })
    }

    /// Makes everything durable and marks the log as closed in order, durably. Nothing may be accepted meanwhile. Costs nothing where nothing happened since
    /// the log was closed before.
    pub fn close(&self) -> Result<()> {
        let mut state = self.state.lock();
        self.lead_until(&mut state, |state| (!state.closed).then_some(Kind::Close))
    }

    /// Has `callback` called once `position` is durable: at once where it is, otherwise by whoever makes it so. Callbacks are called one at a
    /// time, by ascending position. This starts no sync.
    pub fn when_durable(&self, position: Position, callback: DurabilityCallback) {
        let mut state = self.state.lock();
        state.wait(position, callback);
        self.deliver(&mut state);
    }

    /// Ends writing because of a failure elsewhere (a failed append, a failed sync of another file): all who wait are answered with it, those with a
    /// callback on this thread, so hold no lock that a callback takes. The first failure stays.
    pub fn poison(&self, cause: Error) {
        let mut state = self.state.lock();
        state.fail(cause);
        self.ended.notify_all();
        self.deliver(&mut state);
    }

    /// Ends writing, as [`Durability::poison`] does, and returns once no round is under way: nothing touches the files any more.
    pub fn end(&self, cause: Error) {
        self.poison(cause);
        let mut state = self.state.lock();
        while state.leading {
            self.ended.wait(&mut state);
        }
    }

    /// [`Error::Poisoned`] with the first failure, if there was one.
    pub fn failure(&self) -> Option<Error> {
        self.state.lock().failure()
    }

    /// Since when the oldest frame that is not durable is accepted: its sync is due an interval after that. `None` where there is nothing to sync, or
    /// no more syncing.
    pub(crate) fn unsynced_since(&self) -> Option<Instant> {
        let state = self.state.lock();
        state.syncing_since.or(state.unsynced_since).filter(|_| state.failure.is_none())
    }

    /// Whether a round would make anything durable that is not.
    pub fn needs_sync(&self) -> bool {
        let state = self.state.lock();
        state.has_unsynced_frames() && state.failure.is_none()
    }

    /// How long the oldest frame that is not durable has been waiting.
    pub fn sync_lag(&self) -> Duration {
        self.unsynced_since().map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// How many syncs of files were begun.
    pub fn syncs(&self) -> u64 {
        self.syncs.load(Ordering::Relaxed)
    }

    /// Leads rounds, or waits for those of others, until `next` names no further one or writing has ended.
    fn lead_until(
        &self,
        state: &mut MutexGuard<'_, State>,
        next: impl Fn(&State) -> Option<Kind>,
    ) -> Result<()> {
        while let Some(kind) = next(state) {
            if let Some(failure) = state.failure() {
                return Err(failure);
            }
            if state.leading {
                self.ended.wait(state);
                continue;
            }
            let round = state.begin(kind);
            let outcome = MutexGuard::unlocked(state, || guarded(|| round.run(&self.syncs)));
            state.finish(round, outcome);
            self.ended.notify_all();
            self.deliver(state);
        }
        Ok(())
    }

    /// Gives the answers that are due, unless somebody else is at it, who then gives these too: that keeps them in order.
    fn deliver(&self, state: &mut MutexGuard<'_, State>) {
        if state.delivering {
            return;
        }
        state.delivering = true;
        while let Some((callback, answer)) = state.answers.pop_front() {
            let called = MutexGuard::unlocked(state, || {
                guarded(|| {
                    callback(answer);
                    Ok(())
                })
            });
            if let Err(panicked) = called {
                state.fail(panicked);
                self.ended.notify_all();
            }
        }
        state.delivering = false;
    }
}
