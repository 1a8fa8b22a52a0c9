//! Events made ready by another thread while the caller works on those before them.
//!
//! Constraints: at most one batch is ready ahead of the caller; a batch that no thread of the pool has begun is made by the caller itself, so that it never waits
//! for other jobs; a walk that fits into one batch starts no thread; once it is ended, by the caller or by its handle's close, it gives nothing more, and nothing of the store
//! is held for it.

use std::{mem::replace, sync::Arc};

use super::iterators::Events;
use crate::{
    error::{Error, Result},
    events::replay::EventBatch,
    service,
    sync::{Condvar, Mutex},
};

/// Makes of a batch what the caller wants of it.
type Make<T> = Box<dyn FnMut(&EventBatch) -> T + Send>;

/// A walk over events, read ahead.
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
    Idle(Box<Walk<T>>),
    UnderWay,
    /// What the next batch became.
    Ready(Box<Walk<T>>, Result<Option<T>>),
    /// Making it panicked.
    Broken,
    Ended,
}

struct Walk<T> {
    events: Events,
    make: Make<T>,
    most_events: usize,
    most_bytes: usize,
}

impl<T: Send + 'static> ReadAhead<T> {
    /// Walks over `events` in batches of at most `most_events`, none of which takes a further event once it has `most_bytes`. `make` is called for each, in order, on
    /// whatever thread.
    pub fn new(
        events: Events,
        most_events: usize,
        most_bytes: usize,
        make: impl FnMut(&EventBatch) -> T + Send + 'static,
    ) -> Self {
        let walk = Walk { events, make: Box::new(make), most_events, most_bytes };
        let state = Mutex::new(State::Idle(Box::new(walk)));
        Self { shared: Arc::new(Shared { state, changed: Condvar::default() }) }
    }

    /// What was made of the next batch; `None` at the end. After an error the walk is over.
    pub fn next(&self) -> Result<Option<T>> {
        let (mut walk, ready) = match self.shared.take() {
            State::Idle(walk) => (walk, None),
            State::Ready(walk, made) => (walk, Some(made)),
            State::Broken => return Err(Error::Panicked { what: "reading ahead".to_owned() }),
            State::UnderWay | State::Ended => return Ok(None),
        };
        let mut turn = Turn { shared: &self.shared, then: State::Ended };
        walk.events.check_open()?;
        let made = match ready {
            Some(made) => made?,
            None => walk.next()?,
        };
        if made.is_some() && !walk.events.is_done() {
            turn.then = State::Idle(walk);
            drop(turn);
            let shared = Arc::clone(&self.shared);
            service::pool().run(move || shared.make_ahead());
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

impl<T> Walk<T> {
    fn next(&mut self) -> Result<Option<T>> {
        let mut batch = EventBatch::default();
        self.events.fill(&mut batch, self.most_events, self.most_bytes)?;
        Ok(if batch.events.is_empty() { None } else { Some((self.make)(&batch)) })
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
