//! What lies between two lives of a store.

use std::{path::Path, sync::Arc};

use agent_storage_engine::{
    error::Result,
    options::Options,
    registry::Registry,
    store::{Store, verify_directory},
};

use super::{
    operation::{End, Loss},
    player::{Player, options_of},
    support::{
        model::State,
        observe::observe,
        runner::{STORE, assert_sound},
    },
};

impl Player {
    /// The process ends, and perhaps the machine; the next one finds what it may find, and the model goes on from that.
    ///
    /// # Panics
    /// Where it does not.
    pub(super) fn crash(&mut self, end: End) {
        self.planned = None;
        self.reading = None;
        let (disk, at_least) = match end.power_cut {
            None => (self.disk.kill(), self.runner.history.last()),
            Some(Loss::Everything) => (self.disk.power_cut_losing_all(), self.runner.history.durable()),
            Some(Loss::Some(seed)) => (self.disk.power_cut(seed), self.runner.history.durable()),
        };
        *(if end.power_cut.is_some() { &mut self.counts.cuts } else { &mut self.counts.kills }) += 1;
        self.disk = disk;
        let looked_at = end.looked_at.then(|| self.look().expect("a read of what a crash left")).flatten();
        self.runner.begin_anew(Arc::new(self.disk.clone()));
        self.open_next_with(end.next);
        self.runner.reopen().expect("an opening after a crash");
        let tail = self.runner.history.tail();
        self.runner.resume_from(at_least).unwrap_or_else(|wrong| panic!("{end:?}: {wrong}, after{tail}"));
        let recovered = self.runner.state();
        if let Some(mut read_only) = looked_at {
            // Whoever only reads is not told the position.
            read_only.position = recovered.position;
            if let Some(differs) = recovered.difference(&read_only) {
                panic!("{end:?}, recovered and read only: {differs}");
            }
        }
    }

    /// Reads and verifies a store that nobody has open, which changes no byte of it. `None` where there is no store yet.
    pub(super) fn look(&mut self) -> Result<Option<State>> {
        let path = Path::new(STORE);
        let before = self.disk.contents(path);
        if !before.contains_key("MANIFEST") {
            return Ok(None);
        }
        self.counts.looks += 1;
        let registry = Registry::new(Arc::new(self.disk.clone()));
        let read_only = Options { read_only: true, ..options_of(self.handle) };
        let store = Store::open(&registry, path, read_only)?;
        let found = observe(&store, Some(self.runner.state().position))?;
        store.close_and_wait()?;
        let report = verify_directory(&registry, path, &|| false, &mut |_, _| {})?;
        assert_sound(&report, &found);
        let unchanged = self.disk.contents(path) == before;
        assert!(unchanged, "opening read only, or verifying, changed the store");
        Ok(Some(found))
    }

    /// Opens the copy that was made last, as a power cut after it leaves it.
    ///
    /// # Panics
    /// Where it is not what was copied.
    pub(super) fn check_copy(&self, seed: u64) {
        let copy = self.runner.copies.last().expect("a copy");
        let registry = Registry::new(Arc::new(self.disk.power_cut(seed)));
        let store = Store::open(&registry, &copy.path, options_of(self.handle)).expect("the copy");
        let found = observe(&store, None).expect("a read of the copy");
        store.close_and_wait().expect("a close of the copy");
        if let Some(differs) = copy.state.difference(&found) {
            panic!("the copy: {differs}");
        }
    }
}
