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
pub struct ReadAhead<T: Send + 'static> {
    shared: Arc<Shared<T>>,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    /// Told when a batch is no longer under way.
    changed: Condvar,
}

enum State<T> {
    /// The next batch is still to be made.
    Idle(Box<dyn Walk<T>>),
    UnderWay,
    /// The next batch.
    Ready(Box<dyn Walk<T>>, Result<Option<T>>),
    /// Making it panicked.
    Broken,
    Ended,
}

impl<T: Send + 'static> ReadAhead<T> {
    /// Reads `walk` ahead.
    pub fn new(walk: impl Walk<T> + 'static) -> Self {
        let state = Mutex::new(State::Idle(Box::new(walk)));
        Self { shared: Arc::new(Shared { state, changed: Condvar::default() }) }
    }

    /// The next batch; `None` at the end. After an error the walk is over.
    pub fn next(&self) -> Result<Option<T>> {
        let (mut walk, ready) = match self.shared.take() {
            State::Idle(walk) => (walk, None),
            State::Ready(walk, made) => (walk, Some(made)),
            State::Broken => return Err(Error::Panicked { what: "reading ahead".to_owned() }),
            State::UnderWay | State::Ended => return Ok(None),
        };
        let mut turn = Turn { shared: &self.shared, then: State::Ended };
        walk.check()?;
        let made = match ready {
            Some(made) => made?,
            None => walk.next()?,
        };
        if made.is_some() && !walk.is_done() {
            turn.then = State::Idle(walk);
            drop(turn);
            let shared = Arc::clone(&self.shared);
            pool().run(move || shared.make_ahead());
        }
        Ok(made)
    }

    /// Reads no further: nothing of the store is held any more.
    pub fn end(&self) {
        let left = self.shared.take();
        drop(Turn { shared: &self.shared, then: State::Ended });
        // Outside the lock, since it may give the store back.
        drop(left);
    }
}

impl<T> Shared<T> {
    /// What there is, once nothing is under way; it is the caller's turn then.
    fn take(&self) -> State<T> {
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
        let State::Idle(mut walk) = replace(&mut *state, State::UnderWay) else { return };
        drop(state);
        let mut turn = Turn { shared: self, then: State::Broken };
        let made = walk.next();
        turn.then = State::Ready(walk, made);
    }
}

/// The time in which a batch is under way. Its end is told whatever happens.
struct Turn<'a, T> {
    shared: &'a Shared<T>,
    then: State<T>,
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        *self.shared.state.lock() = replace(&mut self.then, State::Ended);
        self.shared.changed.notify_all();
    }
}
