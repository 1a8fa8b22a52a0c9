//! A condition variable for the locks of shuttle's `parking_lot`, which has none.

use std::{collections::VecDeque, sync::Arc};

use shuttle::{
    sync::atomic::{AtomicBool, Ordering},
    thread::{self, Thread},
};
use shuttle_parking_lot_impl::{Mutex, MutexGuard};

use super::{Instant, thread::leave_if_ended};

/// As [`parking_lot::Condvar`].
#[derive(Debug, Default)]
pub(crate) struct Condvar {
    waiting: Mutex<VecDeque<Arc<Waiter>>>,
}

#[derive(Debug)]
struct Waiter {
    thread: Thread,
    woken: AtomicBool,
}

/// Whether a wait ended because its time was over.
#[derive(Debug, Clone, Copy)]
pub(crate) struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    pub(crate) fn timed_out(self) -> bool {
        self.0
    }
}

impl Condvar {
    pub(crate) const fn new() -> Self {
        Self { waiting: Mutex::new(VecDeque::new()) }
    }

    /// Gives the lock back and waits until woken.
    pub(crate) fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        let waiter = self.enter();
        MutexGuard::unlocked(guard, || {
            while !waiter.woken.load(Ordering::SeqCst) {
                leave_if_ended();
                thread::park();
            }
        });
    }

    /// Gives the lock back and waits until woken, or until the scheduler comes back here: then it is `deadline`.
    pub(crate) fn wait_until<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        deadline: Instant,
    ) -> WaitTimeoutResult {
        let waiter = self.enter();
        let woken = MutexGuard::unlocked(guard, || {
            leave_if_ended();
            thread::yield_now();
            waiter.woken.load(Ordering::SeqCst)
        });
        if !woken {
            self.waiting.lock().retain(|other| !Arc::ptr_eq(other, &waiter));
            deadline.pass();
        }
        WaitTimeoutResult(!woken)
    }

    pub(crate) fn notify_one(&self) {
        let first = self.waiting.lock().pop_front();
        if let Some(waiter) = first {
            waiter.wake();
        }
    }

    pub(crate) fn notify_all(&self) {
        let all = std::mem::take(&mut *self.waiting.lock());
        for waiter in all {
            waiter.wake();
        }
    }

    /// Queued before the lock is given back, so that no wake-up in between is lost.
    fn enter(&self) -> Arc<Waiter> {
        let waiter = Arc::new(Waiter { thread: thread::current(), woken: AtomicBool::new(false) });
        self.waiting.lock().push_back(Arc::clone(&waiter));
        waiter
    }
}

impl Waiter {
    fn wake(&self) {
        self.woken.store(true, Ordering::SeqCst);
        self.thread.unpark();
    }
}
