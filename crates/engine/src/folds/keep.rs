//! Keeping a state, and giving back what it stands for.
//!
//! Constraints:
//! - one change completes the state, moves the hold and removes states that no reader needs any more: those before the newest one below the watermark, since every
//!   event that is left comes after it;
//! - what the watermark and the run are is read from the same moment as the events: a run that was told before a fork, or before the watermark passed its end, would
//!   give back what is needed.

use std::sync::Arc;

use super::{
    Fold, Run,
    read::fold_on,
    states::{State, States},
};
use crate::{
    engine::{Engine, Op, Stream},
    error::Result,
    ids::Sequence,
};

/// What was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kept {
    /// How large the state is, itself or as it is kept, whichever is more; never 0.
    pub state_bytes: u64,
    /// How many events were folded for it.
    pub events: u64,
}

/// Keeps the state after the last event of `run` before `until`, unless it is kept already; `None` where there is no such event, or where nobody needs it any more. The run's last
/// stretch is open, so that it is the run whatever was appended meanwhile.
///
/// [`crate::error::Error::Conflict`] where the run is another one by now.
pub fn keep<F: Fold>(engine: &Arc<Engine>, name: &str, run: &Run, until: Sequence) -> Result<Option<Kept>> {
    let Some(stream) = engine.stream(name)? else { return Ok(None) };
    run.check(&stream, name)?;
    let until = until.min(stream.last.next());
    let Some(last) = run.part(Sequence(0), until).next_back() else { return Ok(None) };
    let sequence = Sequence(last.until.0 - 1);
    let states = States::new(F::NAME, &stream);
    let all = states.all()?;
    let mut kept = all.clone();
    kept.retain(|state| state.is_of(run));
    if below_watermark(&kept, &stream).is_some_and(|newer| newer.sequence > sequence) {
        // The events that it takes may be given back, and nobody needs it.
        return Ok(None);
    }
    let mut ops = Vec::new();
    let mut done = Kept { state_bytes: 0, events: 0 };
    let newest = kept.partition_point(|known| known.sequence > sequence);
    let is_kept = kept.get(newest).is_some_and(|state| state.sequence == sequence);
    if !is_kept {
        let folded = fold_on::<F>(engine, &stream, run, until, kept.get(newest).copied())?;
        let bytes = folded.state.encode();
        let state = States::state(sequence, bytes.len());
        for op in states.put_pieces(state, &bytes) {
            engine.commit_now(vec![op])?;
        }
        ops.push(states.put_head(state));
        kept.insert(newest, state);
        let state_bytes = folded.state.size_bytes().max(bytes.len()).max(1) as u64;
        done = Kept { state_bytes, events: folded.events };
    }
    if let Some(needed) = below_watermark(&kept, &stream) {
        ops.extend(give_back(name, &stream, run, needed));
        let older = all.iter().filter(|state| state.sequence < needed.sequence);
        ops.extend(older.flat_map(|state| states.remove(*state)));
    }
    if !ops.is_empty() {
        engine.commit_now(ops)?;
    }
    if !is_kept && engine.stream(name)?.is_none_or(|now| now.number != stream.number) {
        // The stream was deleted while its state was being written, and nobody else removes that any more.
        let left = kept.iter().filter(|state| state.sequence == sequence);
        engine.commit_now(left.flat_map(|state| states.remove(*state)).collect())?;
    }
    Ok(Some(done))
}

/// The newest of `kept`, which descend, that is below the watermark: every event that is left comes after it.
fn below_watermark(kept: &[State], stream: &Stream) -> Option<State> {
    kept.iter().find(|state| state.sequence < stream.first).copied()
}

/// Moves the hold to the first event of the run behind `needed`, at most to the watermark.
fn give_back(name: &str, stream: &Stream, run: &Run, needed: State) -> Option<Op> {
    let next = run.part(needed.sequence.next(), stream.first).next();
    let from = next.map_or(stream.first, |part| part.from);
    let moves = stream.hold.is_some_and(|hold| hold < from);
    moves.then(|| Op::Hold { stream: name.to_owned(), from: Some(from) })
}
