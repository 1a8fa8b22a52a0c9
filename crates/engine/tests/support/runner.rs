//! Makes the calls of a workload and keeps the record of what came of them.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::Duration,
};

use agent_storage_engine::{
    engine::{BatchResult, Op},
    error::{Error, Result},
    io::Backend,
    options::{DurabilityMode, Options},
    registry::Registry,
    store::Store,
};

use super::{
    history::History,
    model::{Applied, HISTORY_LIMIT, State},
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
    path: PathBuf,
    store: Option<Arc<Store>>,
    workload: Workload,
    options: Options,
    /// What was called and what came of it.
    pub history: History,
    /// The copies made of it.
    pub copies: Vec<Copy>,
    /// What the store holds if every call did what it was asked for.
    state: State,
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

    /// Opens it again.
    pub fn reopen(&mut self) -> Result<()> {
        let opened = Store::open(&self.registry, &self.path, self.options.clone());
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

    /// Makes a call and notes what came of it.
    pub fn make(&mut self, step: Step) -> Result<()> {
        let Some(store) = self.store.clone() else { return Err(Error::Closed) };
        self.was_concurrent = matches!(step, Step::Together(_));
        match step {
            Step::Commit(ops) => {
                let answer = store.commit_and_wait(ops.clone());
                let durable = ops.iter().any(|op| matches!(op, Op::Save(_) | Op::Delete { .. }));
                self.note(ops, answer, durable)
            }
            Step::Append(stream, events) => self.append(&store, stream, events),
            Step::Together(batches) => self.together(&store, batches),
            Step::Flush => {
                store.flush_and_wait().inspect_err(no_fault_of_the_engine)?;
                self.history.durable_through(self.history.last());
                Ok(())
            }
            Step::FlushTables => {
                store.flush_tables().inspect_err(no_fault_of_the_engine)?;
                self.history.durable_through(self.history.last());
                self.check()
            }
            Step::Compact => {
                store.compact(&|| false, &mut |_, _| {}).inspect_err(no_fault_of_the_engine)?;
                self.history.durable_through(self.history.last());
                self.check()
            }
            Step::Reopen => {
                drop(store);
                self.close()?;
                self.reopen()?;
                self.check()
            }
            Step::Backup => self.backup(&store),
        }
    }

    fn append(&mut self, store: &Arc<Store>, stream: String, events: Vec<Vec<u8>>) -> Result<()> {
        let appended = store.append_events(&stream, &events, None);
        let first = self.state.last_sequence(&stream) + 1;
        let ops = vec![Op::Append { stream, events, after: None }];
        let answer = appended.map(|sequence| {
            assert_eq!(sequence.0, first, "the sequence of an append");
            BatchResult {
                position: agent_storage_engine::ids::Position(self.state.position + 1),
                ..BatchResult::default()
            }
        });
        self.note(ops, answer, false)
    }

    fn together(&mut self, store: &Arc<Store>, mut batches: Vec<Vec<Op>>) -> Result<()> {
        let appends = batches.pop().unwrap_or_default();
        let waiting: Vec<_> = batches
            .iter()
            .map(|ops| {
                let (sender, receiver) = mpsc::channel();
                store.commit(ops.clone(), Box::new(move |answer| drop(sender.send(answer))));
                receiver
            })
            .collect();
        let appended = store.commit_and_wait(appends.clone());
        let mut answers: Vec<_> =
            waiting.into_iter().map(|answer| answer.recv().expect("every call is answered")).collect();
        batches.push(appends);
        answers.push(appended);
        let last = answers.len() - 1;
        let outcomes: Vec<_> = batches
            .into_iter()
            .zip(answers)
            .enumerate()
            .map(|(index, (ops, answer))| (ops, answer, index < last))
            .collect();
        self.note_together(outcomes)
    }

    /// Notes batches that took their positions in any order: what changes nothing depends on that.
    fn note_together(&mut self, mut outcomes: Vec<(Vec<Op>, Result<BatchResult>, bool)>) -> Result<()> {
        // Those without an answer keep their order, behind the others.
        outcomes.sort_by_key(|(_, answer, _)| answer.as_ref().map_or(u64::MAX, |done| done.position.0));
        let mut first_failure = Ok(());
        for (ops, answer, durable) in outcomes {
            if answer.as_ref().is_ok_and(|done| !has_changed(done)) {
                continue;
            }
            let noted = self.note_accepted(ops, answer, durable);
            first_failure = first_failure.and(noted);
        }
        if first_failure.is_ok() {
            self.state = self.history.now();
        }
        first_failure
    }

    fn note(&mut self, ops: Vec<Op>, answer: Result<BatchResult>, durable: bool) -> Result<()> {
        let (next, applied) = self.state.after(&ops);
        match (&answer, applied) {
            (Ok(done), Applied::Unchanged) => {
                assert_eq!(done.position.0, self.state.position, "a batch that changes nothing: {ops:?}");
                return Ok(());
            }
            (Ok(done), Applied::Changed) => assert_eq!(done.position.0, next.position, "{ops:?}"),
            (Ok(_), Applied::Conflict) => {
                panic!("a batch whose condition does not hold was accepted: {ops:?}")
            }
            (Err(Error::Conflict { .. }), Applied::Conflict) => return Ok(()),
            (Err(Error::Conflict { .. }), _) => panic!("refused although its conditions hold: {ops:?}"),
            (Err(_), _) => {}
        }
        let noted = self.note_accepted(ops, answer, durable);
        if noted.is_ok() {
            self.state = next;
        }
        noted
    }

    fn note_accepted(&mut self, ops: Vec<Op>, answer: Result<BatchResult>, durable: bool) -> Result<()> {
        match answer {
            Ok(done) => {
                self.history.accepted(done.position.0, ops);
                if durable || self.options.durability == DurabilityMode::Sync {
                    self.history.durable_through(done.position.0);
                }
                Ok(())
            }
            Err(error) => {
                no_fault_of_the_engine(&error);
                if !matches!(error, Error::Full { .. }) {
                    self.history.doubtful(ops);
                }
                Err(error)
            }
        }
    }

    fn backup(&mut self, store: &Arc<Store>) -> Result<()> {
        let path = PathBuf::from(format!("{}-copy-{}", self.path.display(), self.copies.len()));
        self.copies.push(Copy { path: path.clone(), state: self.state.clone(), done: false });
        store.backup(&path, &|| false, &mut |_, _| {}).inspect_err(no_fault_of_the_engine)?;
        if let Some(copy) = self.copies.last_mut() {
            copy.done = true;
        }
        self.history.durable_through(self.history.last());
        Ok(())
    }
}

/// Whether a batch of saves, deletes and appends took a position of its own.
fn has_changed(done: &BatchResult) -> bool {
    !done.checkpoints.is_empty() || !done.sequences.is_empty() || done.deleted.contains(&true)
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
