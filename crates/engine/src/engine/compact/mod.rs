//! Compaction: merging runs and packs in size tiers and dropping what is dead, so that the space comes back.
//!
//! Constraints: works in slices, so that a flush never waits long; inputs are sealed files and stay readable until the manifest that drops them is durable, and
//! longer for whoever still reads them; nothing is dropped because of a change that is not durable yet.

mod packs;
mod runs;

use std::{ops::Range, sync::Arc};

use self::{
    packs::{PackCompaction, sealed_packs},
    runs::RunCompaction,
};
use super::{Engine, abort::stopped};
use crate::{
    error::{Error, Result},
    format::names,
    runs::{
        Family,
        tiers::{self, Tier},
    },
};

/// How many bytes of input one slice takes.
const SLICE_BYTES: u64 = 4 << 20;

/// What a compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompactionReport {
    /// Bytes on disk before.
    pub bytes_before: u64,
    /// Bytes on disk after.
    pub bytes_after: u64,
}

/// A compaction under way.
pub(in crate::engine) enum Compaction {
    Runs(Box<RunCompaction>),
    Packs(Box<PackCompaction>),
}

impl Engine {
    /// Does a slice of the compaction that is under way or, where there is none, of one that is due. `false` where there is nothing to do.
    pub(super) fn compact_slice(self: &Arc<Self>) -> Result<bool> {
        // Somebody verifies or copies the files, or merges all of them: later, then, since other stores wait for this thread.
        let Some(mut under_way) = self.compaction.try_lock() else { return Ok(false) };
        self.check_writable()?;
        if under_way.is_none() {
            *under_way = self.start_due_compaction()?;
        }
        self.drive(&mut under_way, SLICE_BYTES)
    }

    /// Does a slice of `under_way`; `false` where there is none.
    fn drive(self: &Arc<Self>, under_way: &mut Option<Compaction>, bytes: u64) -> Result<bool> {
        let Some(compaction) = under_way else { return Ok(false) };
        let stepped = match compaction {
            Compaction::Runs(runs) => runs.step(bytes),
            Compaction::Packs(packs) => packs.step(bytes),
        };
        let done = match stepped {
            Ok(done) => done,
            Err(error) => {
                if let Some(given_up) = under_way.take() {
                    self.give_up(&given_up);
                }
                return Err(self.unless_full(error));
            }
        };
        if let Some(finished) = under_way.take_if(|_| done) {
            match finished {
                Compaction::Runs(runs) => self.finish_runs(*runs)?,
                Compaction::Packs(packs) => self.finish_packs(*packs)?,
            }
        }
        Ok(true)
    }

    fn give_up(&self, compaction: &Compaction) {
        match compaction {
            Compaction::Runs(runs) => self.discard(&names::run(runs.number)),
            Compaction::Packs(packs) => self.give_up_packs(packs),
        }
    }

    /// Flushes the log and merges everything, down to one run of each family and one pack, without what is dead. `abort` is asked now and then;
    /// `progress` gets bytes done and in all.
    pub fn compact(
        self: &Arc<Self>,
        abort: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<CompactionReport> {
        stopped(abort)?;
        let bytes_before = self.bytes_on_disk()?;
        self.flush_tables()?;
        stopped(abort)?;
        let mut under_way = self.compaction.lock();
        while self.drive(&mut under_way, SLICE_BYTES)? {
            stopped(abort)?;
        }
        let total = self.sealed_bytes();
        let mut done = 0;
        for what in [What::Events, What::Catalog, What::Packs] {
            let mut whole = self.start_compaction(what, true)?;
            let after = done + whole.as_ref().map_or(0, Compaction::input_bytes);
            while self.drive(&mut whole, SLICE_BYTES)? {
                if abort() {
                    if let Some(given_up) = &whole {
                        self.give_up(given_up);
                    }
                    return Err(Error::Aborted);
                }
                done = after.min(done + SLICE_BYTES);
                progress(done.min(total), total);
            }
            done = after;
        }
        progress(total, total);
        Ok(CompactionReport { bytes_before, bytes_after: self.bytes_on_disk()? })
    }

    fn start_due_compaction(self: &Arc<Self>) -> Result<Option<Compaction>> {
        for what in [What::Events, What::Catalog, What::Packs] {
            if let Some(due) = self.start_compaction(what, false)? {
                return Ok(Some(due));
            }
        }
        Ok(None)
    }

    fn start_compaction(self: &Arc<Self>, what: What, whole: bool) -> Result<Option<Compaction>> {
        let started = match what {
            What::Events => self.start_runs(Family::Events, whole),
            What::Catalog => self.start_runs(Family::Catalog, whole),
            What::Packs => self.start_packs(whole),
        };
        started.map_err(|error| self.unless_full(error))
    }

    /// Whether a compaction has begun and not ended.
    pub(super) fn is_compacting(&self) -> bool {
        self.compaction.try_lock().is_none_or(|under_way| under_way.is_some())
    }

    fn sealed_bytes(&self) -> u64 {
        let tables = self.snapshot().tables;
        let runs = tables.event_runs.iter().chain(&tables.catalog_runs).map(|run| run.length());
        let packs = sealed_packs(&tables);
        runs.chain(packs.iter().map(|pack| pack.record_bytes())).sum()
    }
}

#[derive(Clone, Copy)]
enum What {
    Events,
    Catalog,
    Packs,
}

/// What to merge: for a whole compaction everything, where there is more than one or `unclean` says that the only one has something to drop.
fn choose(tiers: &[Tier], whole: bool, unclean: impl Fn() -> bool) -> Option<Range<usize>> {
    if !whole {
        return tiers::pick(tiers);
    }
    let dead = tiers.iter().any(|tier| tier.dead_bytes > 0);
    (tiers.len() > 1 || tiers.len() == 1 && (dead || unclean())).then_some(0..tiers.len())
}

impl Compaction {
    fn input_bytes(&self) -> u64 {
        match self {
            Self::Runs(runs) => runs.inputs.iter().map(|run| run.length()).sum(),
            Self::Packs(packs) => packs.inputs.iter().map(|pack| pack.record_bytes()).sum(),
        }
    }
}
