//! Makes the calls of a workload and keeps the record of what came of them.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use agent_storage_engine::{
    engine::VerifyReport,
    error::{Error, Result},
    io::Backend,
    options::Options,
    registry::Registry,
    store::Store,
};

use super::{
    history::History,
    model::{HISTORY_LIMIT, State},
    observe::observe,
    workload::{Mix, Step, Workload},
};

/// Where the stores of these tests live.
pub const STORE: &str = "/store";

/// A copy that was asked for.
#[derive(Debug)]
pub struct Copy {
    /// Where it is.
    pub path: PathBuf,
    /// What the store held.
    pub state: State,
    /// Whether the call succeeded.
    pub done: bool,
}

/// A store under a workload.
pub struct Runner {
    registry: Arc<Registry>,
    pub(super) path: PathBuf,
    pub(super) store: Option<Arc<Store>>,
    workload: Workload,
    pub(super) options: Options,
    /// Of a handle that opens its store when it is used: after how long without use it lets it go.
    idle_release: Option<Duration>,
    /// What was called and what came of it.
    pub history: History,
    /// The copies made of it.
    pub copies: Vec<Copy>,
    /// What the store holds if every call did what it was asked for.
    pub(super) state: State,
    /// Whether the last step made calls side by side.
    pub was_concurrent: bool,
}

/// The options of the stores of these tests. `sync_interval`: a long one leaves syncing to the calls that ask for it.
pub fn options(sync_interval: Duration) -> Options {
    Options { history_limit: HISTORY_LIMIT, max_delta_chain: 3, sync_interval, ..Options::default() }
}

impl Runner {
    /// Opens the store at [`STORE`] on `backend`, which is to hold `base`, durably.
    pub fn open(
        backend: Arc<dyn Backend>,
        base: State,
        seed: u64,
        mix: Mix,
        options: Options,
    ) -> Result<Self> {
        let registry = Registry::new(backend);
        Self::attach(registry, Path::new(STORE), base, Workload::new(seed, mix), options)
    }

    /// The same on any registry and path.
    pub fn attach(
        registry: Arc<Registry>,
        path: &Path,
        base: State,
        workload: Workload,
        options: Options,
    ) -> Result<Self> {
        let store = Some(Store::open(&registry, path, options.clone())?);
        let path = path.to_owned();
        let history = History::new(base.clone());
        Ok(Self {
            registry,
            path,
            store,
            workload,
            options,
            idle_release: None,
            history,
            copies: Vec::new(),
            state: base,
            was_concurrent: false,
        })
    }

    /// The store, where it is open.
    pub fn store(&self) -> Option<&Arc<Store>> {
        self.store.as_ref()
    }

    /// The registry it was opened with.
    pub fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Makes so many calls, or those up to the first that fails.
    pub fn run(&mut self, steps: usize) -> Result<()> {
        (0..steps).try_for_each(|_| self.step().map(drop))
    }

    /// Makes the next call.
    pub fn step(&mut self) -> Result<Step> {
        let step = self.next_step();
        self.make(step.clone())?;
        Ok(step)
    }

    /// The next call, for [`Runner::make`].
    pub fn next_step(&mut self) -> Step {
        self.workload.next(&self.state)
    }

    /// Closes the store in order.
    pub fn close(&mut self) -> Result<()> {
        if let Some(store) = self.store.take() {
            store.close_and_wait().inspect_err(no_fault_of_the_engine)?;
            self.history.durable_through(self.history.last());
        }
        Ok(())
    }

    /// How the next handle is opened: with an idle time, it opens its store when it is used.
    pub fn open_next_with(&mut self, options: Options, idle_release: Option<Duration>) {
        self.options = options;
        self.idle_release = idle_release;
    }

    /// The process is gone, without a close: the next one is on `backend`, and has opened nothing yet.
    pub fn begin_anew(&mut self, backend: Arc<dyn Backend>) {
        self.store = None;
        self.registry = Registry::new(backend);
    }

    /// What the store must hold.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Opens it again.
    pub fn reopen(&mut self) -> Result<()> {
        let options = self.options.clone();
        let opened = match self.idle_release {
            None => Store::open(&self.registry, &self.path, options),
            Some(idle_release) => Store::lazy(&self.registry, &self.path, options, idle_release),
        };
        self.store = Some(opened.inspect_err(no_fault_of_the_engine)?);
        Ok(())
    }

    /// Reads everything and compares it.
    ///
    /// # Panics
    /// Where it is not what it must be.
    pub fn check(&self) -> Result<()> {
        let Some(store) = &self.store else { return Ok(()) };
        let seen = observe(store, None).inspect_err(no_fault_of_the_engine)?;
        if let Err(wrong) = self.history.check(&seen, self.history.last()) {
            panic!("the open store is wrong: {wrong}, after{}", self.history.tail());
        }
        Ok(())
    }

    /// Goes on after a call that was refused whole: nothing is in doubt, and nothing more is durable than before.
    ///
    /// # Panics
    /// Where the store is not what it must be.
    pub fn go_on(&mut self) -> Result<()> {
        self.state = self.history.now();
        self.check()
    }

    /// Goes on after a failed call: finds out which of the calls in doubt took place. All that were accepted must be
    /// there, and from now on count as durable.
    pub fn resume(&mut self) -> Result<(), String> {
        self.resume_from(self.history.last())
    }

    /// The same where only what was accepted up to a position must be there.
    pub fn resume_from(&mut self, at_least: u64) -> Result<(), String> {
        let Some(store) = &self.store else { return Ok(()) };
        let seen = observe(store, None).map_err(|error| error.to_string())?;
        self.history.check(&seen, at_least)?;
        self.history = History::new(seen.clone());
        self.state = seen;
        Ok(())
    }
}

/// A verification finds all that the store holds, and no damage.
///
/// # Panics
/// Where it does not.
pub fn assert_sound(report: &VerifyReport, state: &State) {
    assert!(report.is_ok(), "{report:?}");
    let versions: usize = state.checkpoints.values().map(|known| known.versions.len()).sum();
    let events: usize = state.streams.values().map(|row| row.events.len()).sum();
    let counts = (report.events, report.checkpoints, report.versions);
    assert_eq!(counts, (events as u64, state.checkpoints.len() as u64, versions as u64), "what was verified");
}

/// A test makes calls fail; damage and panics are never an answer to that.
///
/// # Panics
/// Where `error` is one of these.
pub fn no_fault_of_the_engine(error: &Error) {
    match error {
        Error::Poisoned { cause } => no_fault_of_the_engine(cause),
        Error::Corrupt { .. } | Error::Panicked { .. } => panic!("a fault of the engine: {error}"),
        _ => {}
    }
}
