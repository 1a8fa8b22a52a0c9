//! The order of changes that take time: one lane for each checkpoint id.
//!
//! Constraints: jobs that share an id run one after the other in the order of their calls, whichever handle or thread made them; jobs without a common
//! id run side by side; a job with several ids takes its place in all their lanes at once, so that no two jobs can wait for each other. A
//! barrier runs once every job queued before it has ended.

use std::collections::{BTreeMap, HashMap, VecDeque};

use crate::{
    service::{self, pool::Job},
    sync::{Condvar, Mutex},
};

type Ticket = u64;

/// The lanes of one store.
#[derive(Default)]
pub(crate) struct Lanes {
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Default)]
struct State {
    next: Ticket,
    lanes: HashMap<String, VecDeque<Ticket>>,
    waiting: BTreeMap<Ticket, Waiting>,
    barriers: VecDeque<(Ticket, Job)>,
}

struct Waiting {
    ids: Vec<String>,
    /// In how many lanes another job is ahead.
    behind: usize,
    /// Taken when it starts; the entry stays until it ends.
    job: Option<Job>,
}

impl Lanes {
    /// Runs `job` in the pool once it is first in the lanes of all its `ids`; without ids, at once. Whoever runs it calls [`Lanes::leave`] with the ticket when
    /// the next one may go.
    pub(crate) fn enter(&self, mut ids: Vec<String>, job: impl FnOnce(u64) + Send + 'static) {
        ids.sort_unstable();
        ids.dedup();
        let mut state = self.state.lock();
        let ticket = state.next;
        state.next += 1;
        let mut behind = 0;
        for id in &ids {
            let lane = state.lanes.entry(id.clone()).or_default();
            behind += usize::from(!lane.is_empty());
            lane.push_back(ticket);
        }
        let mut job: Option<Job> = Some(Box::new(move || job(ticket)));
        let start = if behind == 0 { job.take() } else { None };
        state.waiting.insert(ticket, Waiting { ids, behind, job });
        drop(state);
        if let Some(job) = start {
            service::pool().run(job);
        }
    }

    /// Ends the job of `ticket`: those behind it in its lanes, and barriers that waited for it, may run.
    pub(crate) fn leave(&self, ticket: u64) {
        let mut ready = Vec::new();
        let mut guard = self.state.lock();
        let state = &mut *guard;
        let Some(ended) = state.waiting.remove(&ticket) else { return };
        for id in &ended.ids {
            let Some(lane) = state.lanes.get_mut(id) else { continue };
            lane.pop_front();
            match lane.front() {
                None => drop(state.lanes.remove(id)),
                Some(next) => {
                    if let Some(next) = state.waiting.get_mut(next) {
                        next.behind -= 1;
                        if next.behind == 0 {
                            ready.extend(next.job.take());
                        }
                    }
                }
            }
        }
        let oldest = state.waiting.first_key_value().map_or(Ticket::MAX, |(oldest, _)| *oldest);
        while state.barriers.front().is_some_and(|(limit, _)| *limit <= oldest) {
            ready.extend(state.barriers.pop_front().map(|(_, job)| job));
        }
        drop(guard);
        self.left.notify_all();
        for job in ready {
            service::pool().run(job);
        }
    }

    /// Runs `job` once every job that entered before has ended: here, where none is left, else in the pool.
    pub(crate) fn after_all(&self, job: impl FnOnce() + Send + 'static) {
        let mut state = self.state.lock();
        if state.waiting.is_empty() {
            drop(state);
            return job();
        }
        let limit = state.next;
        state.barriers.push_back((limit, Box::new(job)));
    }

    /// Waits until every job that entered before has ended. Must not be called by a job.
    pub(crate) fn wait_for_all(&self) {
        let mut state = self.state.lock();
        let limit = state.next;
        while state.waiting.first_key_value().is_some_and(|(oldest, _)| *oldest < limit) {
            self.left.wait(&mut state);
        }
    }

    /// How many jobs have not ended.
    pub(crate) fn pending(&self) -> usize {
        self.state.lock().waiting.len()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};

    use super::*;

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    #[test]
    fn jobs_of_one_id_keep_their_order_and_a_barrier_waits_for_all_before_it() {
        let lanes = Arc::new(Lanes::default());
        let (sender, receiver) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        let enter = |names: &[&str], label: &'static str, hold: Option<mpsc::Receiver<()>>| {
            let (lanes_, sender) = (Arc::clone(&lanes), sender.clone());
            lanes.enter(ids(names), move |ticket| {
                if let Some(held) = hold {
                    held.recv().unwrap();
                }
                sender.send(label).unwrap();
                lanes_.leave(ticket);
            });
        };
        enter(&["a"], "a1", Some(held));
        enter(&["a", "b"], "ab", None);
        enter(&["b"], "b", None);
        enter(&["c"], "c", None);
        let after = sender.clone();
        lanes.after_all(move || after.send("barrier").unwrap());
        assert_eq!(receiver.recv().unwrap(), "c", "an id of its own waits for nobody");
        release.send(()).unwrap();
        let order: Vec<_> = (0..4).map(|_| receiver.recv().unwrap()).collect();
        assert_eq!(order, ["a1", "ab", "b", "barrier"]);
        lanes.wait_for_all();
        assert_eq!(lanes.pending(), 0);
        assert!(lanes.state.lock().lanes.is_empty());
    }
}
