//! The calls that operations stand for.

use std::sync::Arc;

use agent_storage_engine::{
    error::{Error, Result},
    store::Store,
};

use super::{
    operation::{Change, Operation, Place},
    player::Player,
    resolve::{self, name},
    support::{
        model::State,
        reads::{self, Reading},
        workload::Step,
    },
};

impl Player {
    /// The call that an operation stands for, if it is one that the runner makes.
    pub(super) fn step(&self, operation: &Operation) -> Option<Step> {
        let state = self.runner.state();
        Some(match operation {
            Operation::Append(stream, events, condition) => {
                let (stream, events) = (name(*stream), resolve::all_bytes(events));
                match condition.map(|condition| resolve::condition(condition, &stream, state)) {
                    None => Step::Append(stream, events),
                    Some(after) => Step::AppendAfter(stream, events, after),
                }
            }
            Operation::Commit(changes) => Step::Commit(resolve::batch(changes, self.handle, state)),
            Operation::Together(changes, stream, event) => {
                let resolved = changes.iter().map(|change| vec![resolve::change(change, self.handle, state)]);
                let mut batches: Vec<_> = resolved.collect();
                let append = Change::Append(*stream, vec![*event], None);
                batches.push(vec![resolve::change(&append, self.handle, state)]);
                Step::Together(batches)
            }
            Operation::Prune(stream, before) => {
                let stream = name(*stream);
                let before = resolve::place(*before, &stream, state);
                Step::Prune(stream, before)
            }
            Operation::DeleteStream(stream) => Step::DeleteStream(name(*stream)),
            Operation::Flush => Step::Flush,
            Operation::FlushTables => Step::FlushTables,
            Operation::Compact => Step::Compact,
            Operation::Verify => Step::Verify,
            _ => return None,
        })
    }

    pub(super) fn read(&mut self, operation: &Operation) -> Result<()> {
        let Some(store) = self.runner.store().cloned() else { return Err(Error::Closed) };
        let state = self.runner.state();
        match operation {
            Operation::Replay { stream, from, limit, at_once: (events, bytes) } => {
                let mut reading = begin(&store, state, &name(*stream), *from, *limit)?;
                while reading.go_on(reads::Step { events: *events, bytes: *bytes })? {}
                reads::replay_by_iterator(&store, state, resolve::place(*from, "", state))
            }
            Operation::BeginReplay(stream, from) => {
                let reading = begin(&store, state, &name(*stream), *from, None)?;
                self.reading = Some(reading);
                Ok(())
            }
            Operation::ReplayOn(events) => {
                let Some(reading) = &mut self.reading else { return Ok(()) };
                reading.go_on(reads::Step { events: *events, bytes: usize::MAX }).map(drop)
            }
            Operation::Load(id, version) => {
                let id = name(*id);
                reads::load(&store, state, &id, resolve::version(*version, &id, state))
            }
            Operation::List(list) => reads::list(&store, state, &resolve::list(list)),
            Operation::History(id) => reads::history(&store, state, &name(*id)),
            _ => reads::figures(&store, state),
        }
    }
}

fn begin(
    store: &Arc<Store>,
    state: &State,
    stream: &str,
    from: Place,
    limit: Option<u64>,
) -> Result<Reading> {
    Reading::begin(store, state, stream, resolve::place(from, stream, state), limit)
}
