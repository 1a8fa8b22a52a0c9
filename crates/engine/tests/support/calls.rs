//! The calls that a [`Runner`] makes: each answer is compared with the model, and noted.

use std::{
    path::PathBuf,
    sync::{Arc, mpsc},
};

use agent_storage_engine::{
    engine::{BatchResult, Op},
    error::{Error, Result},
    ids::{Position, Sequence},
    options::DurabilityMode,
    store::Store,
};

use super::{
    answers,
    model::{Applied, State},
    runner::{Copy, Runner, assert_sound, no_fault_of_the_engine},
    workload::Step,
};

impl Runner {
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
            done.sequences.push(first);
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
        // One that failed may have its place before one that did not.
        let none_failed = outcomes.iter().all(|(_, answer, _)| answer.is_ok());
        let mut first_failure = Ok(());
        let mut state = self.state.clone();
        for (ops, answer, durable) in outcomes {
            if let Ok(done) = &answer
                && none_failed
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
            (Ok(_), Applied::Unchanged) | (Err(Error::Conflict { .. }), Applied::Conflict) => {
                return Ok(());
            }
            (Err(Error::Conflict { .. }), _) => panic!("refused although its conditions hold: {ops:?}"),
            (Ok(_) | Err(_), _) => {}
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
