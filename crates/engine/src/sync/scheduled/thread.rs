//! [`std::thread`], as far as it is used: threads that serve, and end only with the process, which here is one run of a schedule.
//!
//! Constraint: the scheduler takes a run for deadlocked while a thread waits, so those that serve are told of its end, and unwind from where they wait.

use std::{
    io,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use shuttle::thread::Thread;
pub(crate) use shuttle::thread::{ThreadId, current};

use super::Instant;

/// The threads that serve in this run. With the machine's own lock, which is never held where another thread may run.
#[derive(Default)]
struct Serving {
    threads: Mutex<Vec<Thread>>,
    ended: AtomicBool,
}

impl Serving {
    fn threads(&self) -> Vec<Thread> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

shuttle::lazy_static! { static ref SERVING: Serving = Serving::default(); }

/// What a thread that serves unwinds with.
struct Ended;

/// Starts threads that serve.
pub(crate) struct Builder(shuttle::thread::Builder);

impl Builder {
    pub(crate) fn new() -> Self {
        Self(shuttle::thread::Builder::new())
    }

    pub(crate) fn name(self, name: String) -> Self {
        Self(self.0.name(name))
    }

    pub(crate) fn spawn(self, work: impl FnOnce() + Send + 'static) -> io::Result<()> {
        let serve = move || {
            let this = current();
            SERVING.threads.lock().unwrap_or_else(PoisonError::into_inner).push(this);
            if let Err(panic) = catch_unwind(AssertUnwindSafe(work))
                && !panic.is::<Ended>()
            {
                resume_unwind(panic);
            }
        };
        self.0.spawn(serve).map(drop)
    }
}

/// Ends the threads that serve once they have nothing to do. Every store is closed by then.
pub fn end_schedule() {
    SERVING.ended.store(true, Ordering::Relaxed);
    let threads = SERVING.threads();
    threads.iter().for_each(Thread::unpark);
}

/// Unwinds a thread that serves where the run has ended.
pub(super) fn leave_if_ended() {
    let this = current().id();
    if SERVING.ended.load(Ordering::Relaxed) && SERVING.threads().iter().any(|serving| serving.id() == this) {
        resume_unwind(Box::new(Ended));
    }
}

/// Lets others run; then `time` has passed.
pub(crate) fn sleep(time: Duration) {
    let end = Instant::now() + time;
    shuttle::thread::yield_now();
    end.pass();
}

/// As on the machines that have least.
#[expect(clippy::unnecessary_wraps, reason = "the real one can fail")]
pub(crate) fn available_parallelism() -> io::Result<NonZeroUsize> {
    Ok(NonZeroUsize::MIN)
}
