//! A pool of threads for jobs that compute or read.
//!
//! Constraints: jobs start in the order in which they came; threads are started one by one as jobs find none idle, up to the limit.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use crate::sync::{Condvar, Mutex, thread};

/// What a thread of the pool does once.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// The pool.
pub(crate) struct Pool {
    name: &'static str,
    limit: usize,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    idle: usize,
    threads: usize,
}

impl Pool {
    /// A pool of at most `limit` threads.
    pub(crate) fn new(name: &'static str, limit: usize) -> Self {
        Self { name, limit, shared: Arc::default() }
    }

    /// Runs `job` soon. Where no thread can be started and none exists, it runs here.
    pub(crate) fn run(&self, job: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.state.lock();
        state.jobs.push_back(Box::new(job));
        if state.idle >= state.jobs.len() || state.threads >= self.limit {
            drop(state);
            self.shared.wake.notify_one();
            return;
        }
        state.threads += 1;
        drop(state);
        let shared = Arc::clone(&self.shared);
        let started = thread::Builder::new().name(self.name.to_owned()).spawn(move || shared.serve());
        if started.is_err() {
            self.start_failed();
        }
    }

    fn start_failed(&self) {
        let mut state = self.shared.state.lock();
        state.threads -= 1;
        let job = if state.threads == 0 { state.jobs.pop_front() } else { None };
        drop(state);
        if let Some(job) = job {
            run_caught(job);
        }
    }
}

impl Shared {
    fn serve(&self) {
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                run_caught(job);
                state = self.state.lock();
            } else {
                state.idle += 1;
                self.wake.wait(&mut state);
                state.idle -= 1;
            }
        }
    }
}

/// Jobs answer their callers themselves, panics included; what still gets here must only not end the thread.
pub(crate) fn run_caught(job: Job) {
    drop(catch_unwind(AssertUnwindSafe(job)));
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn every_job_runs_although_some_panic() {
        let pool = Pool::new("test-pool", 2);
        let (sender, receiver) = mpsc::channel();
        for number in 0..100 {
            let sender = sender.clone();
            pool.run(move || {
                sender.send(number).unwrap();
                assert!(number % 10 != 0, "a panic that must not end the pool");
            });
        }
        drop(sender);
        let mut seen: Vec<i32> = receiver.iter().collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..100).collect::<Vec<_>>());
    }
}
