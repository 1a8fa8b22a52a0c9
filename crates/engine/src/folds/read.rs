//! Folding: from the newest state that is kept on, over the events behind it.
//!
//! Constraints: what is read is one moment of the store, whatever is appended, pruned or kept meanwhile; a kept state that no event follows is given out without being taken apart, so that what is wrong inside of it is told to whoever goes through it. Reading takes about as long as folding, so
//! that another thread reads ahead.

use std::sync::Arc;

use super::{
    Fold, Run, Stretch,
    parts::Parts,
    states::{State, States, damaged},
};
use crate::{
    engine::{Engine, Stream},
    error::{Error, Result},
    ids::Sequence,
    service::ReadAhead,
};

/// What a fold gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded<S> {
    /// The state after the last of the events.
    pub state: S,
    /// How many events were read for it.
    pub events: u64,
}

/// The state that the events of `run` before `until` add up to; `None` where there is no such stream. Events that were given back and that no kept state stands for are
/// left out: it is for the fold to notice.
///
/// [`Error::Conflict`] where the run is another one by now, or was pruned beyond `first`, which was its watermark when `until` was chosen: what lies below may be gone.
pub fn fold<F: Fold>(
    engine: &Arc<Engine>,
    name: &str,
    run: &Run,
    first: Sequence,
    until: Sequence,
) -> Result<Option<Folded<F::Finished>>> {
    let Some(stream) = engine.stream(name)? else { return Ok(None) };
    run.check(&stream, name)?;
    if stream.first > first {
        let (expected, actual) = (first.0, stream.first.0);
        return Err(Error::Conflict { stream: name.to_owned(), expected, actual });
    }
    let states = States::new(F::NAME, &stream);
    let kept = states.newest(run, until)?;
    if let Some(newest) = kept
        && part_behind(&stream, run, newest.sequence, until).next().is_none()
        && let Some(state) = states.read(newest)?.and_then(F::decode_finished)
    {
        return Ok(Some(Folded { state, events: 0 }));
    }
    let Folded { state, events } = fold_on::<F>(engine, &stream, run, until, kept)?;
    Ok(Some(Folded { state: state.finish(), events }))
}

/// The last event of `run` before `until` of which a state is kept.
pub fn newest_kept<F: Fold>(
    engine: &Engine,
    name: &str,
    run: &Run,
    until: Sequence,
) -> Result<Option<Sequence>> {
    let Some(stream) = engine.stream(name)? else { return Ok(None) };
    let newest = States::new(F::NAME, &stream).newest(run, until)?;
    Ok(newest.map(|state| state.sequence))
}

/// Folds before `until`, from `kept` on: the newest state of `run` before that.
pub(super) fn fold_on<F: Fold>(
    engine: &Arc<Engine>,
    stream: &Stream,
    run: &Run,
    until: Sequence,
    kept: Option<State>,
) -> Result<Folded<F>> {
    let (state, done) = newest_state::<F>(stream, run, kept)?;
    let mut folded = Folded { state, events: 0 };
    let parts = part_behind(stream, run, done, until).collect();
    let batches = ReadAhead::new(Parts::new(engine, stream, parts));
    while let Some(batch) = batches.next()? {
        batch.events.iter().for_each(|event| folded.state.apply(batch.data(event)));
        folded.events += batch.events.len() as u64;
    }
    Ok(folded)
}

/// What is there of `run` behind the event `done` and before `until`.
fn part_behind(
    stream: &Stream,
    run: &Run,
    done: Sequence,
    until: Sequence,
) -> impl DoubleEndedIterator<Item = Stretch> {
    run.part(done.next().max(stream.oldest), until.min(stream.last.next()))
}

/// The newest state from `kept` backwards that can be read, and the last event in it; else the state of nothing.
fn newest_state<F: Fold>(stream: &Stream, run: &Run, kept: Option<State>) -> Result<(F, Sequence)> {
    let states = States::new(F::NAME, stream);
    let mut next = kept;
    while let Some(state) = next {
        if let Some(decoded) = states.read(state)?.and_then(F::decode) {
            return Ok((decoded, state.sequence));
        }
        // It is of another version of the program, or not whole. An older state, or all events, do as well.
        next = states.newest(run, state.sequence)?;
    }
    if kept.is_some() && run.part(Sequence(0), stream.oldest).next().is_some() {
        return Err(damaged(stream.snapshot.directory()));
    }
    Ok((F::default(), Sequence(0)))
}
