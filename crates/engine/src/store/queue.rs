//! Calls that wait for a store to be opened.
//!
//! Constraints: calls keep their order, over all lazy handles of one path; while one waits, later ones wait behind it; nobody's thread waits but the one that opens.

use std::{
    collections::{HashMap, VecDeque},
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use super::Call;
use crate::{
    error::Result,
    registry::Lease,
    service,
    sync::{
        Condvar, Mutex, MutexGuard, process_wide,
        thread::{self, ThreadId},
    },
};

process_wide! { static QUEUES: Mutex<HashMap<PathBuf, Weak<CallQueue>>> = Mutex::default(); }

/// The calls of one path.
#[derive(Default)]
pub(super) struct CallQueue {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Default)]
struct State {
    /// The thread that works through the queue, once it has begun.
    worker: Option<ThreadId>,
    /// Whether a thread works through the queue, or is about to.
    working: bool,
    added: u64,
    ended: u64,
    waiting: VecDeque<Box<dyn FnOnce() + Send>>,
}

impl CallQueue {
    /// The one that all handles of `path` share.
    pub(super) fn of(path: &Path) -> Arc<Self> {
        let mut queues = QUEUES.lock();
        if let Some(queue) = queues.get(path).and_then(Weak::upgrade) {
            return queue;
        }
        if queues.len().is_power_of_two() {
            // Now and then, so that paths which nobody uses any more do not stay.
            queues.retain(|_, queue| queue.strong_count() > 0);
        }
        let queue = Arc::new(Self::default());
        queues.insert(path.to_owned(), Arc::downgrade(&queue));
        queue
    }

    /// Makes `call` with what `ready` has, if nothing waits; else with what `open` gives on another thread, behind what waits.
    pub(super) fn run(
        self: &Arc<Self>,
        call: Call,
        ready: impl FnOnce() -> Option<Lease>,
        open: impl FnOnce() -> Result<Lease> + Send + 'static,
    ) {
        let mut state = self.state.lock();
        if !state.working
            && let Some(lease) = ready()
        {
            drop(state);
            return call(Ok(lease));
        }
        state.add(Box::new(move || call(open())));
        self.work(&mut state);
    }

    /// Runs `job` behind what waits: here, if nothing does.
    pub(super) fn after_queued(self: &Arc<Self>, job: impl FnOnce() + Send + 'static) {
        let mut state = self.state.lock();
        if !state.working {
            drop(state);
            return job();
        }
        state.add(Box::new(job));
    }

    /// Waits until what waits now has been called. A call that is made from the queue does not wait for itself.
    pub(super) fn wait_for_queued(&self) {
        let mut state = self.state.lock();
        let limit = state.added;
        while state.ended < limit && state.worker != Some(thread::current().id()) {
            self.ended.wait(&mut state);
        }
    }

    fn work(self: &Arc<Self>, state: &mut State) {
        if std::mem::replace(&mut state.working, true) {
            return;
        }
        let queue = Arc::clone(self);
        service::openings().run(move || queue.drain());
    }

    fn drain(&self) {
        let mut state = self.state.lock();
        state.worker = Some(thread::current().id());
        while let Some(job) = state.waiting.pop_front() {
            MutexGuard::unlocked(&mut state, || service::pool::run_caught(job));
            state.ended += 1;
            self.ended.notify_all();
        }
        state.working = false;
        state.worker = None;
    }
}

impl State {
    fn add(&mut self, job: Box<dyn FnOnce() + Send>) {
        self.added += 1;
        self.waiting.push_back(job);
    }
}
