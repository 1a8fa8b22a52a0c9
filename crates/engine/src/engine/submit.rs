//! Batches: from what a caller asks for to one frame, and the answer when it is due.
//!
//! Constraints: changes of one id keep the order of their calls; a batch without checkpoints is committed on the calling thread and waits for nothing; a
//! batch that fails has changed nothing; each batch is answered exactly once, also if its job panics.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use super::{
    Core, Engine,
    append::applier,
    op::{BatchResult, Op},
    plan::{Layout, Plan, Planner, StreamRows},
    prepare::Preparation,
    prepared::Prepared,
    upkeep::FLUSH_PACK_BYTES,
};
use crate::{
    catalog::apply::Committed,
    checkpoints::encode,
    error::{Error, Result},
    format::{
        change::{self, Change},
        frame::MAX_CHANGES_BYTES,
    },
    ids::Position,
    sync::{atomic::Ordering, mpsc},
};

/// Takes the answer of a call that may end on another thread.
pub type Done<T> = Box<dyn FnOnce(Result<T>) + Send>;

/// The level at which bodies too large for a frame are compressed: they are read once, by the next flush.
const LARGE_CHANGE_LEVEL: i32 = 1;

impl Engine {
    /// Commits `ops` as one change and answers `done` when it is accepted, or durable if `durable`.
    pub fn submit(self: &Arc<Self>, ops: Vec<Op>, durable: bool, done: Done<BatchResult>) {
        let ids = ids_of(&ops);
        if ids.is_empty() {
            let committed = self.commit_now(ops);
            return self.answer(committed, durable, done);
        }
        let engine = Arc::clone(self);
        let called_after = self.last_position();
        self.lanes.enter(ids, move |ticket| {
            let committed = engine.caught(|| engine.prepare_and_commit(ops, called_after));
            engine.lanes.leave(ticket);
            engine.answer(committed, durable, done);
        });
    }

    /// The same, waiting for the answer. Must not be called on a thread of the engine.
    pub fn submit_and_wait(self: &Arc<Self>, ops: Vec<Op>, durable: bool) -> Result<BatchResult> {
        wait_for(|done| self.submit(ops, durable, done))
    }

    /// Runs a job such that a panic becomes its error and ends writing.
    pub fn caught<T>(&self, job: impl FnOnce() -> Result<T>) -> Result<T> {
        catch_unwind(AssertUnwindSafe(job))
            .unwrap_or_else(|panic| Err(self.fail(Error::Panicked { what: panic_message(&*panic) })))
    }

    fn answer(self: &Arc<Self>, committed: Result<BatchResult>, durable: bool, done: Done<BatchResult>) {
        match committed {
            Ok(result) if durable => {
                self.when_durable(result.position, Box::new(move |synced| done(synced.map(|()| result))));
            }
            committed => done(committed),
        }
    }

    /// Commits a batch that touches no checkpoint, here and now.
    pub(crate) fn commit_now(self: &Arc<Self>, ops: Vec<Op>) -> Result<BatchResult> {
        self.prepare_and_commit(ops, self.last_position())
    }

    fn prepare_and_commit(self: &Arc<Self>, ops: Vec<Op>, called_after: Position) -> Result<BatchResult> {
        self.check_writable()?;
        let mut preparation = Preparation::new(self, called_after);
        let prepared = ops.into_iter().map(|op| preparation.prepare(op)).collect::<Result<Vec<_>>>()?;
        self.commit(&prepared)
    }

    fn commit(self: &Arc<Self>, prepared: &[Prepared]) -> Result<BatchResult> {
        let (committed, plan) = match self.commit_in_frame(prepared)? {
            Some(committed) => committed,
            None => self.commit_large(prepared)?,
        };
        let mut core = self.core.lock();
        let snapshot = core.snapshot();
        let mut wish = core.wishes();
        drop(core);
        let has_saves = prepared.iter().any(|op| matches!(op, Prepared::Save(_)));
        // Only after a save, which has waited for the pack already: a batch of events is not to.
        wish.flush |= has_saves && self.has_large_open_pack();
        self.fulfil(wish);
        self.count_appended(plan.appended);
        let result = result_of(prepared, plan, &committed);
        self.counters.saved.fetch_add(result.checkpoints.len() as u64, Ordering::Relaxed);
        for op in prepared {
            if let Prepared::Save(save) = op {
                save.cache(&snapshot);
            }
        }
        Ok(result)
    }

    /// Whether the open pack is large enough to be flushed. Waits while a record is written to it.
    fn has_large_open_pack(&self) -> bool {
        self.open_pack.read().as_ref().is_some_and(|pack| pack.length() >= FLUSH_PACK_BYTES)
    }

    /// Commits a batch whose changes fit a frame; `None` where they do not.
    fn commit_in_frame(&self, prepared: &[Prepared]) -> Result<Option<(Committed, Plan)>> {
        if prepared.iter().map(Prepared::least_bytes).sum::<usize>() > MAX_CHANGES_BYTES {
            return Ok(None);
        }
        let mut core = self.core.lock();
        self.check_versions(&core, prepared)?;
        let rows = StreamRows::of(&core, prepared);
        let plan = Planner::plan(self, rows, prepared, &mut Vec::new(), Layout::InFrame)?;
        if plan.changes.is_empty() {
            let position = core.log.end().link.position;
            return Ok(Some((Committed::nothing(position), plan)));
        }
        if plan.changes.len() > MAX_CHANGES_BYTES {
            return Ok(None);
        }
        let committed = self.write_and_apply(&mut core, &plan.changes)?;
        Ok(Some((committed, plan)))
    }

    /// Refuses a batch that drops more versions than there are: then a row it was prepared from is wrong, and its frame could not be applied.
    fn check_versions(&self, core: &Core, prepared: &[Prepared]) -> Result<()> {
        let (added, dropped) = prepared
            .iter()
            .map(Prepared::versions)
            .fold((0, 0), |(added, dropped), (more, fewer)| (added + more, dropped + fewer));
        if dropped <= core.tally.versions + added {
            Ok(())
        } else {
            Err(Error::corrupt(self.directory.path(), 0, "catalog row"))
        }
    }

    /// Commits a batch whose changes do not fit a frame: they are written to a pack and synced first, while other changes go on; if those
    /// have moved what the batch builds on, it is laid out and written again.
    fn commit_large(self: &Arc<Self>, prepared: &[Prepared]) -> Result<(Committed, Plan)> {
        let mut numbers = Vec::new();
        loop {
            let rows = StreamRows::of(&self.core.lock(), prepared);
            let outline = Planner::plan(self, rows.clone(), prepared, &mut numbers, Layout::Outline)?;
            let written = Planner::plan(self, rows, prepared, &mut numbers, Layout::Large)?;
            let number = self.allocate_record();
            let _pin = super::pins::Pin::new(self, number);
            let record = encode::encode_large_change(number, &written.changes, LARGE_CHANGE_LEVEL)
                .map_err(|failed| failed.at(self.directory.path(), 0))?;
            self.write_record(&record.header, &record.stored)?;
            let mut core = self.core.lock();
            self.check_versions(&core, prepared)?;
            let rows = StreamRows::of(&core, prepared);
            let plan = Planner::plan(self, rows, prepared, &mut numbers, Layout::Outline)?;
            if plan.changes == outline.changes {
                let mut body = Vec::new();
                let length = written.changes.len() as u64;
                let firsts = plan.firsts_of_changes(prepared);
                change::put(&mut body, &Change::Large { record: number, length, firsts }, self.store);
                let committed = self.write_and_apply_large(&mut core, &body, &written.changes)?;
                core.carried_bytes += length;
                return Ok((committed, plan));
            }
        }
    }

    fn write_and_apply_large(&self, core: &mut Core, body: &[u8], changes: &[u8]) -> Result<Committed> {
        let at = self.write_frame(core, body)?;
        let tables = Arc::clone(&core.tables);
        let mut applier = applier(core, &tables, self);
        let outcome = applier.apply(&at, body).and_then(|large| {
            let large = large.ok_or(crate::format::codec::Malformed)?;
            let body = tables.active.bodies.of_large(large.record);
            applier.apply_large(&at.in_large(body), changes, &large)
        });
        match outcome {
            Ok(()) => Ok(at),
            Err(_) => {
                Err(self.fail(Error::Panicked { what: "a large change could not be applied".to_owned() }))
            }
        }
    }

    /// Calls `done` once everything up to `position` is durable. Where it is told that it never will be, no change is taken any more.
    pub fn when_durable(self: &Arc<Self>, position: Position, done: Done<()>) {
        let engine = Arc::clone(self);
        let callback = move |synced: Result<()>| done(synced.map_err(|error| engine.fail(error)));
        self.durability.when_durable(position, Box::new(callback));
        self.schedule_urgent_sync();
    }

    /// Makes every call so far durable and then calls `done`.
    pub fn flush_calls(self: &Arc<Self>, done: Done<()>) {
        let engine = Arc::clone(self);
        self.lanes.after_all(move || {
            let position = engine.last_position();
            engine.when_durable(position, done);
        });
    }

    /// Runs `job` once every save and delete called so far is accepted.
    pub fn after_calls(&self, job: impl FnOnce() + Send + 'static) {
        self.lanes.after_all(job);
    }

    /// Waits until every save and delete called so far is accepted. Must not be called on a thread of the engine.
    pub fn wait_for_calls(&self) {
        self.lanes.wait_for_all();
    }

    /// How many saves and deletes are not accepted yet.
    pub fn pending(&self) -> usize {
        self.lanes.pending()
    }
}

impl Plan {
    /// The sequences that belong to the appends which stand among the changes: those of at least one event.
    fn firsts_of_changes(&self, prepared: &[Prepared]) -> Vec<crate::ids::Sequence> {
        let appends = prepared.iter().filter_map(|op| match op {
            Prepared::Append { events, .. } => Some(!events.is_empty()),
            _ => None,
        });
        self.firsts.iter().zip(appends).filter_map(|(first, written)| written.then_some(*first)).collect()
    }
}

/// Calls `start` with a [`Done`] and waits for what it gets.
pub fn wait_for<T: Send + 'static>(start: impl FnOnce(Done<T>)) -> Result<T> {
    let (sender, receiver) = mpsc::sync_channel(1);
    start(Box::new(move |answer| drop(sender.send(answer))));
    receiver.recv().unwrap_or_else(|_| Err(Error::Panicked { what: "a call was never answered".to_owned() }))
}

fn ids_of(ops: &[Op]) -> Vec<String> {
    let id = |op: &Op| match op {
        Op::Save(request) => Some(request.id.clone()),
        Op::Delete { id, .. } => Some(id.clone()),
        _ => None,
    };
    ops.iter().filter_map(id).collect()
}

fn result_of(prepared: &[Prepared], plan: Plan, at: &Committed) -> BatchResult {
    let mut result = BatchResult {
        position: at.position,
        sequences: plan.firsts,
        pruned: plan.pruned,
        deleted_streams: plan.deleted_streams,
        ..BatchResult::default()
    };
    for op in prepared {
        match op {
            Prepared::Save(save) => result.checkpoints.push(save.info(at.position, at.time_ms)),
            Prepared::Delete(deleted) => result.deleted.push(deleted.is_some()),
            _ => {}
        }
    }
    result
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic".to_owned())
}
