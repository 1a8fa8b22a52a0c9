//! Keeping a state, and giving back what it stands for.
//!
//! Constraint: one change puts the state, moves the hold and removes states that no reader needs any more: those before the newest one below the
//! watermark, since every event that is left comes after it.

use std::sync::Arc;

use super::{
    Fold, Stretch, contain,
    read::fold_stream,
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
    /// The state's bytes.
    pub state_bytes: u64,
    /// How many events were folded for it.
    pub events: u64,
}

/// Keeps the state after the last event of `run` before `until`, unless it is kept already; `None` where there is no such event. The stretches of `run` ascend, and are
/// told up to the stream's watermark at least: what lies between the state and the watermark is still needed.
pub fn keep<F: Fold>(
    engine: &Arc<Engine>,
    name: &str,
    run: &[Stretch],
    until: Sequence,
) -> Result<Option<Kept>> {
    let Some(stream) = engine.stream(name)? else { return Ok(None) };
    let stretches = clipped(run, until.min(stream.last.next()));
    let Some(last) = stretches.last().map(|last| last.until) else { return Ok(None) };
    let sequence = Sequence(last.0 - 1);
    let states = States::new(F::NAME, &stream);
    let mut kept = states.before(Sequence(u64::MAX))?;
    kept.retain(|state| contain(run, state.sequence));
    if below_watermark(&kept, &stream).is_some_and(|newer| newer.sequence > sequence) {
        // The events that it takes may be given back, and nobody needs it.
        return Ok(None);
    }
    let mut ops = Vec::new();
    let mut done = Kept { state_bytes: 0, events: 0 };
    if kept.iter().all(|state| state.sequence != sequence) {
        let folded = fold_stream::<F>(engine, &stream, &stretches)?;
        let bytes = folded.state.encode();
        done = Kept { state_bytes: bytes.len() as u64, events: folded.events };
        let newer = kept.partition_point(|state| state.sequence > sequence);
        kept.insert(newer, states.put(sequence, &bytes, &mut ops));
    }
    if let Some(needed) = below_watermark(&kept, &stream) {
        ops.extend(give_back(name, &stream, run, needed));
        states.before(needed.sequence)?.into_iter().for_each(|state| states.remove(state, &mut ops));
    }
    if !ops.is_empty() {
        engine.commit_now(ops)?;
    }
    Ok(Some(done))
}

/// The newest of `kept`, which descend, that is below the watermark: every event that is left comes after it.
fn below_watermark(kept: &[State], stream: &Stream) -> Option<State> {
    kept.iter().find(|state| state.sequence < stream.first).copied()
}

/// The parts of stretches before `until`.
fn clipped(stretches: &[Stretch], until: Sequence) -> Vec<Stretch> {
    let parts = stretches.iter().map(|stretch| Stretch { until: stretch.until.min(until), ..*stretch });
    parts.filter(|part| part.from < part.until).collect()
}

/// Moves the hold to the first event of the run behind `needed`, at most to the watermark.
fn give_back(name: &str, stream: &Stream, run: &[Stretch], needed: State) -> Option<Op> {
    let behind = needed.sequence.next();
    let left = run.iter().map(|stretch| Stretch { from: stretch.from.max(behind), ..*stretch });
    let next = left.filter(|stretch| stretch.from < stretch.until).map(|stretch| stretch.from).next();
    let from = next.map_or(stream.first, |next| next.min(stream.first));
    let moves = stream.hold.is_some_and(|hold| hold < from);
    moves.then(|| Op::Hold { stream: name.to_owned(), from: Some(from) })
}
