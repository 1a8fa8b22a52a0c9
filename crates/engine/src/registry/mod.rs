//! One engine a directory, whoever opens it.
//!
//! Constraints:
//! - a directory is known by device and inode, whatever path led to it; within one process all handles share its engine;
//! - opening, closing, idle release and healing exclude each other, and a call that meets one of them waits for it;
//! - a failed opening is not remembered;
//! - an engine that only lazy handles hold is closed when nobody used it for a while; the next call opens it again.

mod slot;

use std::{collections::HashMap, path::Path, sync::Arc, time::Duration};

pub use self::slot::Lease;
pub(crate) use self::slot::{Holder, Slot, Terms};
use self::slot::{Phase, milliseconds};
use crate::{
    engine::{Engine, Opening, Settings},
    error::{Error, Result},
    io::{Backend, Directory, DirectoryIdentity, disk::Disk, owner::DirectoryLock},
    sync::{
        Instant, Mutex,
        atomic::{AtomicU32, AtomicU64, Ordering},
        process_wide,
    },
};

/// How long the end of the process waits for a store that is being closed: its sync is under way.
const CLOSING_GRACE: Duration = Duration::from_secs(5);

process_wide! { static PROCESS: Arc<Registry> = Registry::new(Arc::new(Disk)); }

/// All stores of the process on one backend.
#[derive(Debug)]
pub struct Registry {
    backend: Arc<dyn Backend>,
    slots: Mutex<HashMap<DirectoryIdentity, Arc<Slot>>>,
    next_holder: AtomicU64,
}

impl Registry {
    /// A registry of its own, for a backend of its own.
    pub fn new(backend: Arc<dyn Backend>) -> Arc<Self> {
        Arc::new(Self { backend, slots: Mutex::default(), next_holder: AtomicU64::new(1) })
    }

    /// The one of the process, for real directories.
    pub fn of_process() -> &'static Arc<Self> {
        &PROCESS
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
        let create = create && !terms.options.read_only;
        let directory = self.backend.open_directory(path, create).map_err(|error| no_store(error, path))?;
        let slot = Arc::clone(self.slots.lock().entry(directory.identity()).or_insert_with(Slot::new));
        let mut state = slot.settled();
        let opened = match &state.phase {
            Phase::Open(engine) if serves(engine, terms) => Ok(Arc::clone(engine)),
            Phase::Open(failed) => {
                let failed = Arc::clone(failed);
                if state.heal(&failed, terms) {
                    slot.work(&mut state, || {
                        let lock = failed.retire();
                        open_engine(&directory, lock, create, terms)
                    })
                } else {
                    Ok(failed)
                }
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
        while state.is_busy() || state.holders.is_empty() && state.in_use > 0 {
            // Calls that are ending; none of them waits for this one. Meanwhile the engine may be healed or released: that is waited for too.
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

    /// Whether the process itself has the store at `path` open, or is opening or closing it.
    pub(crate) fn holds(&self, path: &Path) -> bool {
        let Ok(directory) = self.backend.open_directory(path, false) else { return false };
        let slot = self.slots.lock().get(&directory.identity()).cloned();
        slot.is_some_and(|slot| !matches!(slot.state.lock().phase, Phase::Empty))
    }

    fn forget_unheld(&self) {
        self.slots.lock().retain(|_, slot| {
            // Whoever is about to use it has a reference of its own.
            Arc::strong_count(slot) > 1 || !slot.state.lock().is_unheld()
        });
    }
}

/// Whether what is open is of use to a new holder. An engine that only reads gives way to one that writes as a failed one does.
fn serves(engine: &Engine, terms: &Terms) -> bool {
    engine.failure().is_none() && (terms.options.read_only || !engine.is_read_only())
}

/// `error` of looking for a store at `path`, which tells a store that is missing from a file.
pub(crate) fn no_store(error: Error, path: &Path) -> Error {
    match error {
        Error::NotFound { .. } => Error::NoStore { path: path.to_owned() },
        other => other,
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
    Engine::open(Opening { directory, lock, create, read_only: terms.options.read_only, settings })
}
