//! A pool of threads for jobs that compute or read.
//!
//! Constraints: jobs start in the order in which they came; threads are started one by one as jobs find none idle, up to the limit; of those that are
//! idle the one that was busy last is woken, so that jobs that come one by one all find the same thread's caches and memory warm, and no second
//! thread holds as much.

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
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    /// Those that wait for a job, the one that was busy last at the end.
    idle: Vec<Arc<Condvar>>,
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
        if let Some(last) = state.idle.pop() {
            drop(state);
            last.notify_one();
            return;
        }
        if state.threads >= self.limit {
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
        let wake = Arc::new(Condvar::new());
        let mut state = self.state.lock();
        loop {
            if let Some(job) = state.jobs.pop_front() {
                drop(state);
                run_caught(job);
                state = self.state.lock();
            } else {
                state.idle.push(Arc::clone(&wake));
                // Whoever wakes it takes it off the list.
                while state.idle.iter().any(|idle| Arc::ptr_eq(idle, &wake)) {
                    wake.wait(&mut state);
                }
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

    // The bug: jobs that come one by one are spread over all threads, each of which then holds the memory of one.
    #[test]
    fn jobs_that_come_one_by_one_stay_on_one_thread() {
        let pool = Pool::new("test-pool", 4);
        let (sender, receiver) = mpsc::channel();
        let who = |gate: Option<Arc<std::sync::Barrier>>| {
            let sender = sender.clone();
            pool.run(move || {
                gate.map(|gate| gate.wait());
                sender.send(thread::current().id()).unwrap();
            });
        };
        let gate = Arc::new(std::sync::Barrier::new(4));
        (0..4).for_each(|_| who(Some(Arc::clone(&gate))));
        let all: std::collections::HashSet<_> = (0..4).map(|_| receiver.recv().unwrap()).collect();
        assert_eq!(all.len(), 4, "all are started where all are needed");
        let one_by_one = (0..50).map(|_| {
            while pool.shared.state.lock().idle.len() < 4 {
                thread::yield_now();
            }
            who(None);
            receiver.recv().unwrap()
        });
        assert_eq!(one_by_one.collect::<std::collections::HashSet<_>>().len(), 1);
    }
}
