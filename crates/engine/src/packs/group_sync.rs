//! Syncs of one file, shared by the threads that wait for them.
//!
//! Constraints: at most one sync is under way. Its caller (the leader) takes along all that was written before it started; whoever
//! arrives meanwhile waits, and one of them leads the next. A failure, of a sync or of a write told to [`GroupSync::fail`], is final: what
//! was not synced before it never counts as synced, and no further sync is tried, since the operating system reports a lost page
//! only once.

use std::sync::Arc;

use crate::{
    error::{Error, Result},
    io::File,
    sync::{Condvar, Mutex},
};

/// How far a file is synced, and who is at it.
#[derive(Debug, Default)]
pub(super) struct GroupSync {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Every byte before this one is durable.
    synced: u64,
    under_way: bool,
    failure: Option<Arc<Error>>,
}

impl GroupSync {
    /// Whether nothing has failed yet.
    pub(super) fn check(&self) -> Result<()> {
        match &self.state.lock().failure {
            None => Ok(()),
            Some(cause) => Err(Error::Poisoned { cause: Arc::clone(cause) }),
        }
    }

    /// Ends everything for `cause`, unless something failed before.
    pub(super) fn fail(&self, cause: Error) {
        self.state.lock().failure.get_or_insert_with(|| Arc::new(cause));
        self.changed.notify_all();
    }

    /// Waits until the first `end` bytes of `file` are durable; `written` tells how many have been written by now. The caller that led a
    /// failed sync gets its error, all others [`Error::Poisoned`].
    pub(super) fn sync_to(&self, end: u64, file: &dyn File, written: impl FnOnce() -> u64) -> Result<()> {
        let mut state = self.state.lock();
        loop {
            if state.synced >= end {
                return Ok(());
            }
            if let Some(cause) = &state.failure {
                return Err(Error::Poisoned { cause: Arc::clone(cause) });
            }
            if !state.under_way {
                break;
            }
            self.changed.wait(&mut state);
        }
        state.under_way = true;
        drop(state);
        let mut lead = Lead { group: self, outcome: None };
        let target = written();
        let outcome = file.sync();
        lead.outcome = Some(outcome.clone().map(|()| target));
        drop(lead);
        outcome
    }
}

/// A sync under way. Its end is told to all who wait, also where it panicked.
struct Lead<'a> {
    group: &'a GroupSync,
    outcome: Option<Result<u64>>,
}

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        let panicked = || Err(Error::Panicked { what: "a sync of a pack".to_owned() });
        let mut state = self.group.state.lock();
        state.under_way = false;
        match self.outcome.take().unwrap_or_else(panicked) {
            // A write that failed meanwhile leaves what was written before it, and is now synced, durable.
            Ok(target) => state.synced = state.synced.max(target),
            Err(cause) => {
                state.failure.get_or_insert_with(|| Arc::new(cause));
            }
        }
        self.group.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, thread};

    use super::*;
    use crate::packs::testing::MemoryDirectory;

    // The bug: a second sync beside the first, whose success hides that the first one failed.
    #[test]
    fn one_sync_is_under_way_at_a_time() {
        let file = MemoryDirectory::default().put("file");
        let (enter, entered) = mpsc::channel();
        let (open, opened) = mpsc::channel::<()>();
        let opened = Mutex::new(opened);
        *file.on_sync.lock() = Some(Arc::new(move |_| {
            enter.send(()).unwrap();
            // A test that fails drops the other end, so that no thread hangs.
            opened.lock().recv().map_err(std::io::Error::other)
        }));
        let group = GroupSync::default();
        thread::scope(|scope| {
            let open = open;
            let leader = scope.spawn(|| group.sync_to(1, &*file, || 1));
            entered.recv().unwrap();
            let follower = scope.spawn(|| group.sync_to(2, &*file, || 2));
            while group.changed.notify_all() == 0 {
                assert!(!follower.is_finished(), "two syncs at once");
                thread::yield_now();
            }
            open.send(()).unwrap();
            leader.join().unwrap().unwrap();
            entered.recv().unwrap();
            open.send(()).unwrap();
            follower.join().unwrap().unwrap();
        });
    }
}
