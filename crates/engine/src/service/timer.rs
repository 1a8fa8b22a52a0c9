//! A thread that runs jobs when they are due, one at a time.
//!
//! Constraints: a job never starts before its time; of two due ones the earlier goes first; jobs of one time go in the order in which they came.

use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    sync::Arc,
    time::Duration,
};

use crate::sync::{Condvar, Instant, Mutex, thread};

use super::pool::{Job, run_caught};

/// No job waits longer: what is due later is asked for again by then, if at all.
const LONGEST_DELAY: Duration = Duration::from_secs(365 * 24 * 3600);

/// The thread and what it has to do.
pub(crate) struct Timer {
    name: &'static str,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    wake: Condvar,
}

#[derive(Default)]
struct State {
    due: BinaryHeap<Reverse<Due>>,
    added: u64,
    running: bool,
}

struct Due {
    at: Instant,
    order: u64,
    job: Job,
}

impl Due {
    fn rank(&self) -> (Instant, u64) {
        (self.at, self.order)
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.rank() == other.rank()
    }
}

impl Eq for Due {}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl Timer {
    /// A timer whose thread starts with its first job.
    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, shared: Arc::default() }
    }

    /// Runs `job` once `delay` has passed.
    pub(crate) fn after(&self, delay: Duration, job: impl FnOnce() + Send + 'static) {
        let mut state = self.shared.state.lock();
        let now = Instant::now();
        let at = now.checked_add(delay.min(LONGEST_DELAY)).unwrap_or(now);
        let order = state.added;
        state.added += 1;
        state.due.push(Reverse(Due { at, order, job: Box::new(job) }));
        if !state.running {
            let shared = Arc::clone(&self.shared);
            let started = thread::Builder::new().name(self.name.to_owned()).spawn(move || shared.serve());
            // Where no thread can be had now, the next job tries again.
            state.running = started.is_ok();
        }
        drop(state);
        self.shared.wake.notify_one();
    }
}

impl Shared {
    fn serve(&self) {
        let mut state = self.state.lock();
        loop {
            match state.due.peek().map(|due| due.0.at) {
                None => self.wake.wait(&mut state),
                Some(at) if at > Instant::now() => drop(self.wake.wait_until(&mut state, at)),
                Some(_) => {
                    if let Some(Reverse(due)) = state.due.pop() {
                        drop(state);
                        run_caught(due.job);
                        state = self.state.lock();
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn jobs_run_by_time_then_by_arrival_and_survive_a_panic() {
        let timer = Timer::new("test-timer");
        let (sender, receiver) = mpsc::channel();
        let (block, blocked) = mpsc::channel::<()>();
        // Everything is queued behind this one, so that the order cannot depend on how fast we queue.
        timer.after(Duration::ZERO, move || {
            blocked.recv().unwrap();
        });
        for (delay, name) in [(30, "late"), (0, "first"), (0, "second"), (10, "middle")] {
            let sender = sender.clone();
            timer.after(Duration::from_millis(delay), move || {
                sender.send(name).unwrap();
                assert!(name != "first", "a panic that must not end the timer");
            });
        }
        drop(sender);
        block.send(()).unwrap();
        assert_eq!(receiver.iter().collect::<Vec<_>>(), ["first", "second", "middle", "late"]);
    }
}
