//! The place of one directory's engine: who holds it, and whether it is open.
//!
//! Constraints: while it is opened, closed or healed everybody else waits, and a panic in between leaves nobody waiting; a lease keeps the engine from being released;
//! the failure of an engine that goes is kept for those it may concern.

use std::{
    collections::{HashMap, HashSet},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use crate::{
    engine::Engine,
    error::{Error, Result},
    ids::Position,
    options::Options,
    service,
    sync::{
        Condvar, Instant, Mutex, MutexGuard,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

/// A drop-in heals a store at most this often.
const HEAL_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Who holds an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Holder(pub(super) u64);

/// How a holder holds it.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) options: Options,
    /// For a lazy holder: after how long without use the engine may be released; zero for never. `None` for one that closes itself.
    pub(crate) idle_release: Option<Duration>,
    /// The position of the last change that it had accepted without waiting for its sync.
    pub(crate) accepted: Arc<AtomicU64>,
}

impl Terms {
    pub(crate) fn new(options: Options, idle_release: Option<Duration>) -> Self {
        Self { options, idle_release, accepted: Arc::default() }
    }
}

/// The place of one directory's engine.
pub(crate) struct Slot {
    pub(super) state: Mutex<SlotState>,
    pub(super) changed: Condvar,
    idle_check_queued: AtomicBool,
}

pub(super) struct SlotState {
    pub(super) phase: Phase,
    pub(super) holders: HashMap<Holder, Terms>,
    /// Calls and iterators that use the engine now.
    pub(super) in_use: usize,
    pub(super) last_used: Instant,
    healed: Option<Instant>,
    /// Who was told of the engine's failure when everything it called was to become durable.
    told: HashSet<Holder>,
    /// Failures of engines that are gone, for those lazy holders that may have had something accepted by them and were not told.
    pub(super) untold: HashMap<Holder, Arc<Error>>,
}

pub(super) enum Phase {
    Empty,
    /// Being opened, closed or healed.
    Busy,
    Open(Arc<Engine>),
}

impl std::fmt::Debug for Slot {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slot").finish_non_exhaustive()
    }
}

/// The engine, kept from being released while this lives.
pub struct Lease {
    pub(super) slot: Arc<Slot>,
    pub(super) engine: Arc<Engine>,
}

impl Lease {
    /// The engine.
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }
}

impl Clone for Lease {
    fn clone(&self) -> Self {
        self.slot.state.lock().in_use += 1;
        Self { slot: Arc::clone(&self.slot), engine: Arc::clone(&self.engine) }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = self.slot.state.lock();
        state.in_use -= 1;
        state.last_used = Instant::now();
        let idle_after = state.idle_release();
        if state.in_use == 0 {
            self.slot.changed.notify_all();
        }
        drop(state);
        if let Some(idle_after) = idle_after {
            self.slot.queue_idle_check(idle_after);
        }
    }
}

impl Slot {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(SlotState {
                phase: Phase::Empty,
                holders: HashMap::new(),
                in_use: 0,
                last_used: Instant::now(),
                healed: None,
                told: HashSet::new(),
                untold: HashMap::new(),
            }),
            changed: Condvar::new(),
            idle_check_queued: AtomicBool::new(false),
        })
    }

    /// The state, once nobody opens, closes or heals.
    pub(super) fn settled(&self) -> MutexGuard<'_, SlotState> {
        let mut state = self.state.lock();
        while state.is_busy() {
            self.changed.wait(&mut state);
        }
        state
    }

    /// The same, but for a state that does not settle within `grace`.
    pub(super) fn settled_within(&self, grace: Duration) -> MutexGuard<'_, SlotState> {
        let deadline = Instant::now() + grace;
        let mut state = self.state.lock();
        while state.is_busy() && !self.changed.wait_until(&mut state, deadline).timed_out() {}
        state
    }

    /// A lease on the engine if it is open, sound and held by `holder`; never waits.
    pub(crate) fn try_lease(self: &Arc<Self>, holder: Holder) -> Option<Lease> {
        let mut state = self.state.lock();
        let engine = match &state.phase {
            Phase::Open(engine) if engine.failure().is_none() && state.holders.contains_key(&holder) => {
                Arc::clone(engine)
            }
            _ => return None,
        };
        state.in_use += 1;
        Some(Lease { slot: Arc::clone(self), engine })
    }

    /// A lease on `engine`, whatever state it is in: for the handle that holds it until it is closed.
    pub(crate) fn lease_of(self: &Arc<Self>, engine: &Arc<Engine>) -> Lease {
        self.state.lock().in_use += 1;
        Lease { slot: Arc::clone(self), engine: Arc::clone(engine) }
    }

    /// The failure that `holder` has not been told of when everything it called was to become durable: of the engine that is open or, told once, of one that
    /// was released or healed since.
    pub(crate) fn take_failure(&self, holder: Holder) -> Option<Arc<Error>> {
        let mut state = self.state.lock();
        let untold = state.untold.remove(&holder);
        let failure = match &state.phase {
            Phase::Open(engine) => engine.failure(),
            _ => None,
        };
        if failure.is_some() {
            state.told.insert(holder);
        }
        failure.or(untold)
    }

    /// Takes note that `holder` was told of the engine's failure.
    pub(crate) fn was_told(&self, holder: Holder) {
        self.state.lock().told.insert(holder);
    }

    /// Opens an engine with the state unlocked and the others waiting.
    pub(super) fn work(
        &self,
        state: &mut MutexGuard<'_, SlotState>,
        open: impl FnOnce() -> Result<Arc<Engine>>,
    ) -> Result<Arc<Engine>> {
        state.phase = Phase::Busy;
        let opened = MutexGuard::unlocked(state, || caught(open));
        state.phase = opened.as_ref().map_or(Phase::Empty, |engine| Phase::Open(Arc::clone(engine)));
        self.changed.notify_all();
        opened
    }

    /// Closes the engine, with the state unlocked and the others waiting.
    pub(super) fn empty(&self, state: &mut MutexGuard<'_, SlotState>, engine: &Arc<Engine>) -> Result<()> {
        state.phase = Phase::Busy;
        let closed = MutexGuard::unlocked(state, || caught(|| engine.close()));
        state.phase = Phase::Empty;
        self.changed.notify_all();
        closed
    }

    pub(super) fn queue_idle_check(self: &Arc<Self>, after: Duration) {
        if self.idle_check_queued.swap(true, Ordering::AcqRel) {
            return;
        }
        let slot = Arc::downgrade(self);
        service::maintenance().after(after, move || {
            if let Some(slot) = slot.upgrade() {
                slot.idle_check_queued.store(false, Ordering::Release);
                // Closing syncs, which may take long: not on the thread that flushes for all stores.
                service::openings().run(move || slot.release_if_idle());
            }
        });
    }

    fn release_if_idle(self: &Arc<Self>) {
        let mut state = self.settled();
        let Some(idle_after) = state.idle_release() else { return };
        let Phase::Open(engine) = &state.phase else { return };
        let engine = Arc::clone(engine);
        let idle_for = state.last_used.elapsed();
        if state.in_use > 0 {
            // The last use to end looks again.
            return;
        }
        if idle_for < idle_after || engine.is_busy() {
            drop(state);
            return self.queue_idle_check(idle_after.saturating_sub(idle_for).max(Duration::from_millis(1)));
        }
        state.keep_failure(&engine);
        // What closing answers is that failure, or nothing.
        drop(self.empty(&mut state, &engine));
    }
}

impl SlotState {
    pub(super) fn is_unheld(&self) -> bool {
        self.holders.is_empty() && matches!(self.phase, Phase::Empty)
    }

    pub(super) fn is_busy(&self) -> bool {
        matches!(self.phase, Phase::Busy)
    }

    /// After how long without use the engine is released: `None` where a holder closes itself, or one asked for no release, and where there is none: the last
    /// one to let go closes the engine and has to tell what that answers.
    pub(super) fn idle_release(&self) -> Option<Duration> {
        if self.holders.is_empty() {
            return None;
        }
        let mut longest = Duration::ZERO;
        for terms in self.holders.values() {
            longest = longest.max(terms.idle_release.filter(|idle| !idle.is_zero())?);
        }
        Some(longest)
    }

    /// Decides whether to heal now; `false`: too soon after the last time, and `failed` goes on reading. The handles of the failed engine that close
    /// themselves hold it no longer: their calls are answered with its failure.
    pub(super) fn heal(&mut self, failed: &Engine, terms: &Terms) -> bool {
        let too_soon = self.healed.is_some_and(|healed| healed.elapsed() < HEAL_AGAIN_AFTER);
        if terms.idle_release.is_some() && too_soon {
            return false;
        }
        self.healed = Some(Instant::now());
        self.holders.retain(|_, terms| terms.idle_release.is_some());
        self.keep_failure(failed);
        true
    }

    /// Keeps the failure of an engine that goes, for the next flush or close of each holder.
    fn keep_failure(&mut self, engine: &Engine) {
        if let Some(cause) = engine.failure() {
            let durable = engine.durable_position();
            for (holder, terms) in &self.holders {
                let may_have_lost = Position(terms.accepted.swap(0, Ordering::Relaxed)) > durable;
                if may_have_lost && !self.told.contains(holder) {
                    self.untold.entry(*holder).or_insert_with(|| Arc::clone(&cause));
                }
            }
        }
        self.told.clear();
    }

    /// The largest history and the shortest interval among the holders hold.
    pub(super) fn apply_settings(&self) {
        let Phase::Open(engine) = &self.phase else { return };
        let options = || self.holders.values().map(|terms| &terms.options);
        if let Some(limit) = options().map(|options| options.history_limit).max() {
            engine.settings.history_limit.store(limit, Ordering::Relaxed);
        }
        if let Some(interval) = options().map(|options| options.sync_interval).min() {
            engine.settings.sync_interval_ms.store(milliseconds(interval), Ordering::Relaxed);
            if engine.needs_sync() {
                engine.schedule_sync();
            }
        }
    }
}

/// Runs `job`; a panic becomes its error, so that the slot never stays busy.
fn caught<T>(job: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|_| {
        Err(Error::Panicked { what: "a panic while a store was opened or closed".to_owned() })
    })
}

/// A duration in whole milliseconds.
pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
