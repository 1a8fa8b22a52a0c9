//! Folding: from the newest state that is kept on, over the events behind it.
//!
//! Constraint: what is read is one moment of the store, whatever is appended, pruned or kept meanwhile. Reading takes about as long as folding, so that another thread reads ahead.

use std::sync::Arc;

use super::{
    Fold, Run,
    parts::Parts,
    states::{States, damaged},
};
use crate::{
    engine::{Engine, Stream},
    error::{Error, Result},
    ids::Sequence,
    service::ReadAhead,
};

/// What a fold gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded<F> {
    /// The state after the last of the events.
    pub state: F,
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
) -> Result<Option<Folded<F>>> {
    let Some(stream) = engine.stream(name)? else { return Ok(None) };
    run.check(&stream, name)?;
    if stream.first > first {
        let (expected, actual) = (first.0, stream.first.0);
        return Err(Error::Conflict { stream: name.to_owned(), expected, actual });
    }
    fold_stream(engine, &stream, run, until).map(Some)
}

/// The last event of `run` before `until` of which a state is kept.
pub fn newest_kept<F: Fold>(
    engine: &Engine,
    name: &str,
    run: &Run,
    until: Sequence,
) -> Result<Option<Sequence>> {
    let Some(stream) = engine.stream(name)? else { return Ok(None) };
    let kept = States::new(F::NAME, &stream).before(until)?;
    let newest = kept.iter().find(|state| state.is_complete && run.contains(state.sequence));
    Ok(newest.map(|state| state.sequence))
}

pub(super) fn fold_stream<F: Fold>(
    engine: &Arc<Engine>,
    stream: &Stream,
    run: &Run,
    until: Sequence,
) -> Result<Folded<F>> {
    let (state, done) = newest_state::<F>(stream, run, until)?;
    let mut folded = Folded { state, events: 0 };
    let parts = run.part(done.max(stream.oldest), until.min(stream.last.next())).collect();
    let batches = ReadAhead::new(Parts::new(engine, stream, parts));
    while let Some(batch) = batches.next()? {
        batch.events.iter().for_each(|event| folded.state.apply(batch.data(event)));
        folded.events += batch.events.len() as u64;
    }
    Ok(folded)
}

/// The newest kept state of an event in `run` before `until`, and the sequence behind that event; else the state of nothing.
fn newest_state<F: Fold>(stream: &Stream, run: &Run, until: Sequence) -> Result<(F, Sequence)> {
    let states = States::new(F::NAME, stream);
    let mut is_unknown = false;
    for state in states.before(until)? {
        if !state.is_complete || !run.contains(state.sequence) {
            continue;
        }
        match states.read(state)?.and_then(F::decode) {
            Some(decoded) => return Ok((decoded, state.sequence.next())),
            // Of another version of the program, or not whole. An older state, or all events, do as well.
            None => is_unknown = true,
        }
    }
    if is_unknown && run.part(Sequence(0), stream.oldest).next().is_some() {
        return Err(damaged(stream.snapshot.directory()));
    }
    Ok((F::default(), Sequence(0)))
}
