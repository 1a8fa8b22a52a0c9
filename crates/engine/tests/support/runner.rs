//! Makes the calls of a workload and keeps the record of what came of them.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, mpsc},
    time::Duration,
};

use agent_storage_engine::{
    engine::{BatchResult, Op, VerifyReport},
    error::{Error, Result},
    ids::{Position, Sequence},
    io::Backend,
    options::{DurabilityMode, Options},
    registry::Registry,
    store::Store,
};

use super::{
    answers,
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
    /// Of a handle that opens its store when it is used: after how long without use it lets it go.
    idle_release: Option<Duration>,
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
            Step::Append(stream, events) => self.append(&store, stream, events, None),
            Step::AppendAfter(stream, events, after) => self.append(&store, stream, events, Some(after)),
            Step::Prune(stream, before) => {
                let answer = store.prune(&stream, before);
                self.note_single(Op::Prune { stream, before }, answer, |done, count| done.pruned.push(count))
            }
            Step::DeleteStream(stream) => {
                let answer = store.delete_stream(&stream);
                self.note_single(Op::DeleteStream { stream }, answer, |done, was| {
                    done.deleted_streams.push(was);
                })
            }
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
            Step::Verify => self.verify(&store),
            Step::Reopen => {
                drop(store);
                self.close()?;
                self.reopen()?;
                self.check()
            }
            Step::Backup => self.backup(&store),
        }
    }

    fn append(
        &mut self,
        store: &Arc<Store>,
        stream: String,
        events: Vec<Vec<u8>>,
        after: Option<Sequence>,
    ) -> Result<()> {
        let answer = store.append_events(&stream, &events, after);
        self.note_single(Op::Append { stream, events, after }, answer, |done, first| {
            done.sequences.push(first)
        })
    }

    /// Notes a call that answers no position: it has the next one, if it changed something.
    fn note_single<T>(
        &mut self,
        op: Op,
        answer: Result<T>,
        put: impl FnOnce(&mut BatchResult, T),
    ) -> Result<()> {
        let ops = vec![op];
        let answer = answer.map(|answer| {
            let position = Position(self.state.after(&ops).0.position);
            let mut done = BatchResult { position, ..BatchResult::default() };
            put(&mut done, answer);
            done
        });
        self.note(ops, answer, false)
    }

    fn verify(&self, store: &Arc<Store>) -> Result<()> {
        let report = store.verify(&|| false, &mut |_, _| {}).inspect_err(no_fault_of_the_engine)?;
        assert_sound(&report, &self.state);
        Ok(())
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
        // Those without an answer keep their order, behind the others; what changed nothing did so behind the change whose position it tells.
        outcomes.sort_by_key(|(_, answer, _)| {
            answer.as_ref().map_or((u64::MAX, false), |done| (done.position.0, !has_changed(done)))
        });
        let mut first_failure = Ok(());
        let mut state = self.state.clone();
        for (ops, answer, durable) in outcomes {
            if let Ok(done) = &answer
                && first_failure.is_ok()
            {
                assert_answer(&state, &ops, done);
                state.advance(&ops);
            }
            if answer.as_ref().is_ok_and(|done| !has_changed(done)) {
                continue;
            }
            let noted = self.note_accepted(ops, answer, durable);
            first_failure = first_failure.and(noted);
        }
        if first_failure.is_ok() {
            self.state = state;
        }
        first_failure
    }

    fn note(&mut self, ops: Vec<Op>, answer: Result<BatchResult>, durable: bool) -> Result<()> {
        let (next, applied) = self.state.after(&ops);
        if let Ok(done) = &answer {
            assert_ne!(applied, Applied::Conflict, "accepted although a condition does not hold: {ops:?}");
            assert_answer(&self.state, &ops, done);
        }
        match (&answer, applied) {
            (Ok(_), Applied::Unchanged) => return Ok(()),
            (Ok(_), _) => {}
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

fn assert_answer(before: &State, ops: &[Op], done: &BatchResult) {
    if let Some(differs) = answers::difference(before, ops, done) {
        panic!("{ops:?}: {differs}");
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
