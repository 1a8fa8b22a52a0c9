//! One engine a directory, whoever opens it.
//!
//! Constraints:
//! - a directory is known by device and inode, whatever path led to it; within one process all handles share its engine;
//! - opening, closing, idle release and healing exclude each other, and a call that meets one of them waits for it;
//! - a failed opening is not remembered;
//! - an engine that only lazy handles hold is closed when nobody used it for a while; the next call opens it again.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex, MutexGuard};

use crate::{
    engine::{Engine, Opening, Settings},
    error::{Error, Result},
    io::{Backend, Directory, DirectoryIdentity, disk::Disk, owner::DirectoryLock},
    options::Options,
    service,
};

/// How long the end of the process waits for a store that is being closed: its sync is under way.
const CLOSING_GRACE: Duration = Duration::from_secs(5);

/// A drop-in heals a store at most this often.
const HEAL_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// All stores of the process on one backend.
#[derive(Debug)]
pub struct Registry {
    backend: Arc<dyn Backend>,
    slots: Mutex<HashMap<DirectoryIdentity, Arc<Slot>>>,
    next_holder: AtomicU64,
}

/// Who holds an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Holder(u64);

/// How a holder holds it.
#[derive(Debug, Clone)]
pub(crate) struct Terms {
    pub(crate) options: Options,
    /// For a lazy holder: after how long without use the engine may be released; zero for never. `None` for one that closes itself.
    pub(crate) idle_release: Option<Duration>,
}

/// The place of one directory's engine.
pub(crate) struct Slot {
    state: Mutex<SlotState>,
    changed: Condvar,
    idle_check_queued: AtomicBool,
}

struct SlotState {
    phase: Phase,
    holders: HashMap<Holder, Terms>,
    /// Calls and iterators that use the engine now.
    in_use: usize,
    last_used: Instant,
    healed: Option<Instant>,
    /// Failures of engines that are gone, for those lazy holders that may have had something accepted by them.
    untold: HashMap<Holder, Arc<Error>>,
}

enum Phase {
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
    slot: Arc<Slot>,
    engine: Arc<Engine>,
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

impl Registry {
    /// A registry of its own, for a backend of its own.
    pub fn new(backend: Arc<dyn Backend>) -> Arc<Self> {
        Arc::new(Self { backend, slots: Mutex::default(), next_holder: AtomicU64::new(1) })
    }

    /// The one of the process, for real directories.
    pub fn of_process() -> &'static Arc<Self> {
        static PROCESS: OnceLock<Arc<Registry>> = OnceLock::new();
        PROCESS.get_or_init(|| Self::new(Arc::new(Disk)))
    }

    /// What it opens directories with.
    pub fn backend(&self) -> &Arc<dyn Backend> {
        &self.backend
    }

    pub(crate) fn new_holder(&self) -> Holder {
        Holder(self.next_holder.fetch_add(1, Ordering::Relaxed))
    }

    /// Makes `holder` hold the engine of the directory at `path`, opening or healing it where that is needed.
    pub(crate) fn attach(
        &self,
        path: &Path,
        create: bool,
        holder: Holder,
        terms: &Terms,
    ) -> Result<(Arc<Slot>, Lease)> {
        let directory = self.backend.open_directory(path, create)?;
        let slot = Arc::clone(self.slots.lock().entry(directory.identity()).or_insert_with(Slot::new));
        let mut state = slot.settled();
        let opened = match &state.phase {
            Phase::Open(engine) if engine.failure().is_none() => Ok(Arc::clone(engine)),
            Phase::Open(failed) => {
                let failed = Arc::clone(failed);
                state.heal(&failed, terms).and_then(|()| {
                    slot.work(&mut state, || {
                        let lock = failed.retire();
                        open_engine(&directory, lock, create, terms)
                    })
                })
            }
            _ => slot.work(&mut state, || open_engine(&directory, None, create, terms)),
        };
        let engine = match opened {
            Ok(engine) => engine,
            Err(error) => {
                drop(state);
                self.forget_unheld();
                return Err(error);
            }
        };
        state.holders.insert(holder, terms.clone());
        state.apply_settings();
        state.in_use += 1;
        state.last_used = Instant::now();
        drop(state);
        let lease = Lease { slot: Arc::clone(&slot), engine };
        Ok((slot, lease))
    }

    /// Makes `holder` let go; the last one closes the engine, and gets what that answers.
    pub(crate) fn detach(&self, slot: &Arc<Slot>, holder: Holder) -> Result<()> {
        let mut state = slot.settled();
        state.holders.remove(&holder);
        state.untold.remove(&holder);
        state.apply_settings();
        while state.holders.is_empty() && state.in_use > 0 {
            // Calls that are ending; none of them waits for this one.
            slot.changed.wait(&mut state);
        }
        let closed = match &state.phase {
            Phase::Open(engine) if state.holders.is_empty() => {
                let engine = Arc::clone(engine);
                slot.empty(&mut state, &engine)
            }
            _ => Ok(()),
        };
        let idle_after = state.idle_release();
        drop(state);
        if let Some(idle_after) = idle_after {
            slot.queue_idle_check(idle_after);
        }
        self.forget_unheld();
        closed
    }

    /// Makes everything accepted durable, in all stores, on the calling thread: for the end of the process. A store that fails is left for its next opening.
    pub fn sync_all(&self) {
        let slots: Vec<_> = self.slots.lock().values().cloned().collect();
        for slot in slots {
            let open = match &slot.settled_within(CLOSING_GRACE).phase {
                Phase::Open(engine) => Some(Arc::clone(engine)),
                _ => None,
            };
            if let Some(engine) = open.filter(|engine| engine.failure().is_none() && engine.needs_sync()) {
                drop(engine.sync_now());
            }
        }
    }

    fn forget_unheld(&self) {
        self.slots.lock().retain(|_, slot| {
            // Whoever is about to use it has a reference of its own.
            Arc::strong_count(slot) > 1 || !slot.state.lock().is_unheld()
        });
    }
}

fn open_engine(
    directory: &Arc<dyn Directory>,
    lock: Option<DirectoryLock>,
    create: bool,
    terms: &Terms,
) -> Result<Arc<Engine>> {
    let lock = match lock {
        Some(lock) => lock,
        None => DirectoryLock::acquire(Arc::clone(directory), terms.options.lock_timeout)?,
    };
    let settings = Settings {
        history_limit: AtomicU32::new(terms.options.history_limit),
        sync_interval_ms: AtomicU64::new(milliseconds(terms.options.sync_interval)),
    };
    // The lock's own descriptor: the path may lead elsewhere by now.
    let directory = Arc::clone(lock.directory());
    Engine::open(Opening { directory, lock, create, settings })
}

/// Runs `job`; a panic becomes its error, so that the slot never stays busy.
fn caught<T>(job: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(job)).unwrap_or_else(|_| {
        Err(Error::Panicked { what: "a panic while a store was opened or closed".to_owned() })
    })
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Slot {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(SlotState {
                phase: Phase::Empty,
                holders: HashMap::new(),
                in_use: 0,
                last_used: Instant::now(),
                healed: None,
                untold: HashMap::new(),
            }),
            changed: Condvar::new(),
            idle_check_queued: AtomicBool::new(false),
        })
    }

    /// The state, once nobody opens, closes or heals.
    fn settled(&self) -> MutexGuard<'_, SlotState> {
        let mut state = self.state.lock();
        while matches!(state.phase, Phase::Busy) {
            self.changed.wait(&mut state);
        }
        state
    }

    /// The same, but for a state that does not settle within `grace`.
    fn settled_within(&self, grace: Duration) -> MutexGuard<'_, SlotState> {
        let deadline = Instant::now() + grace;
        let mut state = self.state.lock();
        while matches!(state.phase, Phase::Busy) && !self.changed.wait_until(&mut state, deadline).timed_out()
        {
        }
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
        match &state.phase {
            Phase::Open(engine) => engine.failure().or(untold),
            _ => untold,
        }
    }

    /// Opens an engine with the state unlocked and the others waiting.
    fn work(
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
    fn empty(&self, state: &mut MutexGuard<'_, SlotState>, engine: &Arc<Engine>) -> Result<()> {
        state.phase = Phase::Busy;
        let closed = MutexGuard::unlocked(state, || caught(|| engine.close()));
        state.phase = Phase::Empty;
        self.changed.notify_all();
        closed
    }

    fn queue_idle_check(self: &Arc<Self>, after: Duration) {
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
    fn is_unheld(&self) -> bool {
        self.holders.is_empty() && matches!(self.phase, Phase::Empty)
    }

    /// After how long without use the engine is released: `None` where a holder closes itself, or one asked for no release.
    fn idle_release(&self) -> Option<Duration> {
        let mut longest = Duration::ZERO;
        for terms in self.holders.values() {
            longest = longest.max(terms.idle_release.filter(|idle| !idle.is_zero())?);
        }
        Some(longest)
    }

    /// Decides whether to heal now. The handles of the failed engine that close themselves hold it no longer: their calls are answered with its failure.
    fn heal(&mut self, failed: &Engine, terms: &Terms) -> Result<()> {
        let too_soon = self.healed.is_some_and(|healed| healed.elapsed() < HEAL_AGAIN_AFTER);
        if terms.idle_release.is_some() && too_soon {
            let cause = failed.failure().unwrap_or_else(|| Arc::new(Error::Closed));
            return Err(Error::Poisoned { cause });
        }
        self.healed = Some(Instant::now());
        self.holders.retain(|_, terms| terms.idle_release.is_some());
        self.keep_failure(failed);
        Ok(())
    }

    /// Keeps the failure of an engine that goes, for the next flush or close of each holder.
    fn keep_failure(&mut self, engine: &Engine) {
        if let Some(cause) = engine.failure() {
            for holder in self.holders.keys() {
                self.untold.entry(*holder).or_insert_with(|| Arc::clone(&cause));
            }
        }
    }

    /// The largest history and the shortest interval among the holders hold.
    fn apply_settings(&self) {
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
