//! Batches made ready by another thread while the caller works on those before them.
//!
//! Constraints: at most one batch is ready ahead of the caller; a batch that no thread of the pool has begun is made by the caller itself, so that it never waits
//! for other jobs; a walk that fits into one batch starts no thread; once it is ended, by the caller or by its own check, it gives nothing more, and nothing
//! is held for it.

use std::{mem::replace, sync::Arc};

use super::pool;
use crate::{
    error::{Error, Result},
    sync::{Condvar, Mutex},
};

/// What is walked over: batch after batch, on whatever thread.
pub trait Walk<T>: Send {
    /// The next batch; `None` at the end. After an error it is not asked again.
    fn next(&mut self) -> Result<Option<T>>;

    /// Whether there is no further batch, as far as that is known without making it.
    fn is_done(&self) -> bool;

    /// Whether a batch may still be given, asked before each on the caller's thread.
    fn check(&self) -> Result<()> {
        Ok(())
    }
}

/// A walk, read ahead.
pub struct ReadAhead<T> {
    shared: Arc<Shared>,
    made: Made<T>,
}

/// The batch that was made and not given yet, or why there is none.
type Made<T> = Arc<Mutex<Option<Result<Option<T>>>>>;

/// A walk whatever its batches are: the machinery is there once and not for each kind of batch.
trait Steps: Send {
    /// Makes the next batch; whether there is one.
    fn make(&mut self) -> bool;

    fn is_done(&self) -> bool;

    fn check(&self) -> Result<()>;
}

struct Making<T, W> {
    walk: W,
    made: Made<T>,
}

impl<T: Send, W: Walk<T>> Steps for Making<T, W> {
    fn make(&mut self) -> bool {
        let made = self.walk.next();
        let is_there = matches!(made, Ok(Some(_)));
        *self.made.lock() = Some(made);
        is_there
    }

    fn is_done(&self) -> bool {
        self.walk.is_done()
    }

    fn check(&self) -> Result<()> {
        self.walk.check()
    }
}

struct Shared {
    state: Mutex<State>,
    /// Told when a batch is no longer under way.
    changed: Condvar,
}

enum State {
    /// The next batch is still to be made.
    Idle(Box<dyn Steps>),
    UnderWay,
    /// Whether there is a next batch is known, and it is made.
    Ready(Box<dyn Steps>, bool),
    /// Making it panicked.
    Broken,
    Ended,
}

impl<T: Send + 'static> ReadAhead<T> {
    /// Reads `walk` ahead.
    pub fn new(walk: impl Walk<T> + 'static) -> Self {
        let made = Made::default();
        let steps = Making { walk, made: Arc::clone(&made) };
        Self { shared: Shared::new(Box::new(steps)), made }
    }

    /// The next batch; `None` at the end. After an error the walk is over.
    pub fn next(&self) -> Result<Option<T>> {
        let mut taken = None;
        let stepped = self.shared.step(&mut || taken = self.made.lock().take());
        if stepped.is_err() {
            *self.made.lock() = None;
        }
        stepped.and(taken.unwrap_or(Ok(None)))
    }

    /// Reads no further: nothing of the store is held any more.
    pub fn end(&self) {
        self.shared.end();
        *self.made.lock() = None;
    }
}

impl Shared {
    fn new(steps: Box<dyn Steps>) -> Arc<Self> {
        Arc::new(Self { state: Mutex::new(State::Idle(steps)), changed: Condvar::default() })
    }

    /// Lets the caller take the next batch, and has the one behind it made meanwhile.
    fn step(self: &Arc<Self>, take_made: &mut dyn FnMut()) -> Result<()> {
        let (mut steps, is_ready) = match self.take() {
            State::Idle(steps) => (steps, None),
            State::Ready(steps, is_there) => (steps, Some(is_there)),
            State::Broken => return Err(Error::Panicked { what: "reading ahead".to_owned() }),
            State::UnderWay | State::Ended => return Ok(()),
        };
        let mut turn = Turn { shared: self, then: State::Ended };
        steps.check()?;
        let is_there = is_ready.unwrap_or_else(|| steps.make());
        take_made();
        if is_there && !steps.is_done() {
            turn.then = State::Idle(steps);
            drop(turn);
            let shared = Arc::clone(self);
            pool().run(move || shared.make_ahead());
        }
        Ok(())
    }

    fn end(&self) {
        let left = self.take();
        drop(Turn { shared: self, then: State::Ended });
        // Outside the lock, since it may give the store back.
        drop(left);
    }

    /// What there is, once nothing is under way; it is the caller's turn then.
    fn take(&self) -> State {
        let mut state = self.state.lock();
        while matches!(*state, State::UnderWay) {
            self.changed.wait(&mut state);
        }
        let ends = matches!(*state, State::Ended | State::Broken);
        replace(&mut *state, if ends { State::Ended } else { State::UnderWay })
    }

    /// Makes the next batch, unless the caller was first.
    fn make_ahead(&self) {
        let mut state = self.state.lock();
        if !matches!(*state, State::Idle(_)) {
            return;
        }
        let State::Idle(mut steps) = replace(&mut *state, State::UnderWay) else { return };
        drop(state);
        let mut turn = Turn { shared: self, then: State::Broken };
        let is_there = steps.make();
        turn.then = State::Ready(steps, is_there);
    }
}

/// The time in which a batch is under way. Its end is told whatever happens.
struct Turn<'a> {
    shared: &'a Shared,
    then: State,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        *self.shared.state.lock() = replace(&mut self.then, State::Ended);
        self.shared.changed.notify_all();
    }
}
