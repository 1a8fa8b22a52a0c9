//! A handle on a store: what a program opens, calls and closes.
//!
//! Constraints:
//! - an ordinary handle opens its store where it is made and holds it until it is closed or dropped;
//! - a lazy handle does no I/O until its first call, lets its store be released when idle, and heals it by itself;
//! - after `close` every call answers [`Error::HandleClosed`]; closing covers every call before it, and closing again is no error;
//! - a call that may have to wait for an opening has a form that never blocks its thread; such calls keep their order, over all lazy handles of one path.

mod calls;
mod checkpoints;
mod iterators;
mod long_calls;
mod model;
mod queue;
mod standard;
mod states;
mod streams;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use self::queue::CallQueue;
pub use self::{
    checkpoints::Bytes,
    iterators::{Checkpoints, Events},
    long_calls::{Abort, Progress, plan_repair, repair_directory, run_apart, verify_directory},
    model::MemoryStorage,
    standard::{Event, StorageEngine},
};
pub use crate::service::{ReadAhead, Walk};
use crate::{
    engine::{Done, Engine, wait_for},
    error::{Error, Result},
    options::Options,
    registry::{Holder, Lease, Registry, Slot, Terms},
    service,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// A handle.
pub struct Store {
    registry: Arc<Registry>,
    path: PathBuf,
    terms: Terms,
    holder: Holder,
    closed: AtomicBool,
    held: Mutex<Held>,
    readers: iterators::Readers,
    /// Lazy handles of one path share it.
    queue: Arc<CallQueue>,
}

#[derive(Default)]
struct Held {
    slot: Option<Arc<Slot>>,
    /// The engine of an ordinary handle: it stays with it even when another one heals the store.
    engine: Option<Arc<Engine>>,
    closing: Closing,
    /// Whether it has let go for good.
    detached: bool,
}

#[derive(Default)]
enum Closing {
    #[default]
    No,
    /// Who waits for it.
    UnderWay(Vec<Done<()>>),
    Done,
}

/// No lease where there is no store.
pub(crate) fn absent(lease: Result<Lease>) -> Result<Option<Lease>> {
    match lease {
        Ok(lease) => Ok(Some(lease)),
        Err(Error::NoStore { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A call that waits for the engine.
pub(crate) type Call = Box<dyn FnOnce(Result<Lease>) + Send>;

impl Store {
    /// Opens the store in the directory at `path`.
    pub fn open(registry: &Arc<Registry>, path: &Path, options: Options) -> Result<Arc<Self>> {
        options.validate()?;
        let store = Self::new(registry, path, Terms::new(options, None));
        let (slot, lease) =
            registry.attach(path, store.terms.options.create_if_missing, store.holder, &store.terms)?;
        let mut held = store.held.lock();
        held.slot = Some(slot);
        held.engine = Some(Arc::clone(lease.engine()));
        drop(held);
        Ok(store)
    }

    /// The same on another thread; never blocks.
    pub fn open_later(registry: &Arc<Registry>, path: PathBuf, options: Options, done: Done<Arc<Self>>) {
        let registry = Arc::clone(registry);
        service::openings().run(move || done(Self::open(&registry, &path, options)));
    }

    /// A handle that opens the store when it is first used, and lets it go after `idle_release` without use (zero: never). Does no I/O. `path` should be absolute.
    pub fn lazy(
        registry: &Arc<Registry>,
        path: &Path,
        options: Options,
        idle_release: Duration,
    ) -> Result<Arc<Self>> {
        options.validate()?;
        Ok(Self::new(registry, path, Terms::new(options, Some(idle_release))))
    }

    fn new(registry: &Arc<Registry>, path: &Path, terms: Terms) -> Arc<Self> {
        Arc::new(Self {
            holder: registry.new_holder(),
            registry: Arc::clone(registry),
            path: path.to_owned(),
            queue: CallQueue::of(path),
            terms,
            closed: AtomicBool::new(false),
            held: Mutex::default(),
            readers: iterators::Readers::default(),
        })
    }

    /// The directory's path.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its options.
    pub fn options(&self) -> &Options {
        &self.terms.options
    }

    /// Whether it was closed.
    pub fn is_closed(&self) -> bool {
        self.closed.load(Ordering::Acquire)
    }

    fn is_lazy(&self) -> bool {
        self.terms.idle_release.is_some()
    }

    fn check_open(&self) -> Result<()> {
        if self.is_closed() { Err(self.closed()) } else { Ok(()) }
    }

    fn closed(&self) -> Error {
        Error::HandleClosed { path: self.path.clone() }
    }

    /// Whether this handle may change the store; the engine may be one that it shares with others.
    fn check_writable(&self) -> Result<()> {
        if self.terms.options.read_only { Err(Error::opened_read_only(&self.path)) } else { Ok(()) }
    }

    /// The engine, opened here and now if need be. `create`: whether a store may be made where there is none.
    pub(crate) fn enter(&self, create: bool) -> Result<Lease> {
        self.check_open()?;
        if self.is_lazy() {
            // Calls made before this one come before it.
            self.queue.wait_for_queued();
        }
        match self.try_enter() {
            Some(lease) => Ok(lease),
            None => self.attach(create),
        }
    }

    /// The engine of a store that exists; `None` where there is none, and none is made.
    pub(crate) fn enter_existing(&self) -> Result<Option<Lease>> {
        absent(self.enter(false))
    }

    /// The engine where it is open; never waits.
    fn try_enter(&self) -> Option<Lease> {
        let held = self.held.lock();
        let slot = held.slot.as_ref()?;
        match &held.engine {
            Some(engine) => Some(slot.lease_of(engine)),
            None => slot.try_lease(self.holder),
        }
    }

    fn attach(&self, create: bool) -> Result<Lease> {
        let create = create && self.terms.options.create_if_missing;
        let (slot, lease) = self.registry.attach(&self.path, create, self.holder, &self.terms)?;
        let mut held = self.held.lock();
        if held.detached {
            // It was closed while the store was being opened.
            drop((held, lease));
            self.registry.detach(&slot, self.holder)?;
            return Err(self.closed());
        }
        let before = held.slot.replace(Arc::clone(&slot));
        drop(held);
        if let Some(before) = before.filter(|before| !Arc::ptr_eq(before, &slot)) {
            // The directory was replaced by another one while the store was released.
            drop(self.registry.detach(&before, self.holder));
        }
        Ok(lease)
    }

    /// Calls `call` with the engine: at once where it is open, else when it was opened on another thread. Never blocks.
    pub(crate) fn enter_later(
        self: &Arc<Self>,
        create: bool,
        call: impl FnOnce(Result<Lease>) + Send + 'static,
    ) {
        match self.check_open() {
            Ok(()) => self.route(create, Box::new(call)),
            Err(error) => call(Err(error)),
        }
    }

    fn route(self: &Arc<Self>, create: bool, call: Call) {
        if !self.is_lazy() {
            return call(self.try_enter().ok_or_else(|| self.closed()));
        }
        let store = Arc::clone(self);
        self.queue.run(
            call,
            || self.try_enter(),
            move || store.try_enter().map_or_else(|| store.attach(create), Ok),
        );
    }

    /// Closes the handle: finishes what was called before and answers `done`.
    pub fn close(self: &Arc<Self>, done: Done<()>) {
        let mut held = self.held.lock();
        match &mut held.closing {
            Closing::Done => {
                drop(held);
                return done(Ok(()));
            }
            Closing::UnderWay(waiting) => return waiting.push(done),
            Closing::No => held.closing = Closing::UnderWay(vec![done]),
        }
        drop(held);
        self.closed.store(true, Ordering::Release);
        let store = Arc::clone(self);
        self.queue.after_queued(move || store.finish_calls());
    }

    /// A failure that a flush or close has to tell of.
    fn take_failure(&self) -> Option<Arc<Error>> {
        let slot = self.held.lock().slot.clone()?;
        // An ordinary handle's calls are answered with the failure of its own engine.
        if self.is_lazy() { slot.take_failure(self.holder) } else { None }
    }

    /// Takes note that its caller was told of the engine's failure.
    fn was_told(&self) {
        if let Some(slot) = &self.held.lock().slot {
            slot.was_told(self.holder);
        }
    }

    fn finish_calls(self: &Arc<Self>) {
        let store = Arc::clone(self);
        if let Some(cause) = self.take_failure() {
            return store.detach_in_background(Err(Error::Poisoned { cause }));
        }
        let Some(lease) = self.try_enter() else { return store.detach_in_background(Ok(())) };
        let engine = Arc::clone(lease.engine());
        engine.flush_calls(Box::new(move |flushed| {
            drop(lease);
            store.detach_in_background(flushed);
        }));
    }

    fn detach_in_background(self: &Arc<Self>, flushed: Result<()>) {
        let store = Arc::clone(self);
        service::openings().run(move || {
            let detached = store.detach();
            let mut held = store.held.lock();
            let Closing::UnderWay(waiting) = std::mem::replace(&mut held.closing, Closing::Done) else {
                return;
            };
            drop(held);
            let closed = flushed.and(detached);
            for done in waiting {
                done(closed.clone());
            }
        });
    }

    fn detach(&self) -> Result<()> {
        self.readers.let_go();
        let mut held = self.held.lock();
        held.engine = None;
        held.detached = true;
        let slot = held.slot.take();
        drop(held);
        slot.map_or(Ok(()), |slot| self.registry.detach(&slot, self.holder))
    }

    /// The same, waiting. Must not be called on a thread of the engine.
    pub fn close_and_wait(self: &Arc<Self>) -> Result<()> {
        wait_for(|done| self.close(done))
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let held = self.held.get_mut();
        held.engine = None;
        if let Some(slot) = held.slot.take() {
            let (registry, holder) = (Arc::clone(&self.registry), self.holder);
            // Closing may take long, and whoever drops a handle does not expect to wait.
            service::openings().run(move || drop(registry.detach(&slot, holder)));
        }
    }
}
