//! Folding: from the newest state that is kept on, over the events behind it.
//!
//! Constraint: what is read is one moment of the store, whatever is appended, pruned or kept meanwhile.

use super::{
    Fold, Stretch, contain,
    states::{States, damaged},
};
use crate::{
    engine::{Engine, Stream},
    error::Result,
    events::replay::{EventBatch, Replay},
    ids::Sequence,
};

/// How much is read at once.
const BATCH_EVENTS: usize = 4096;
const BATCH_BYTES: usize = 1 << 20;

/// What a fold gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded<F> {
    /// The state after the last event of the stretches.
    pub state: F,
    /// How many events were read for it.
    pub events: u64,
    /// How many bytes those have.
    pub bytes: u64,
}

/// The state that the events of `stretches`, which ascend, add up to; `None` where there is no such stream. Events that were given back and that no kept state
/// stands for are left out: it is for the fold to notice.
pub fn fold<F: Fold>(engine: &Engine, stream: &str, stretches: &[Stretch]) -> Result<Option<Folded<F>>> {
    let Some(stream) = engine.stream(stream)? else { return Ok(None) };
    fold_stream(engine, &stream, stretches).map(Some)
}

/// The last event of `stretches`, which ascend, of which a state is kept.
pub fn newest_kept<F: Fold>(
    engine: &Engine,
    stream: &str,
    stretches: &[Stretch],
) -> Result<Option<Sequence>> {
    let (Some(stream), Some(last)) = (engine.stream(stream)?, stretches.last()) else { return Ok(None) };
    let kept = States::new(F::NAME, &stream).before(last.until)?;
    let newest = kept.iter().map(|state| state.sequence).find(|sequence| contain(stretches, *sequence));
    Ok(newest)
}

pub(super) fn fold_stream<F: Fold>(
    engine: &Engine,
    stream: &Stream,
    stretches: &[Stretch],
) -> Result<Folded<F>> {
    let (state, done) = newest_state::<F>(stream, stretches)?;
    let mut folded = Folded { state, events: 0, bytes: 0 };
    let mut batch = EventBatch::default();
    for stretch in stretches {
        let from = stretch.from.max(done).max(stream.oldest);
        let until = stretch.until.min(stream.last.next());
        let mut replay = Replay::new(stream.snapshot.clone(), stream.number, from, until.max(from));
        while !replay.is_done() {
            engine.check_readable()?;
            replay.fill(&mut batch, BATCH_EVENTS, BATCH_BYTES)?;
            batch.events.iter().for_each(|event| folded.state.apply(batch.data(event)));
            folded.events += batch.events.len() as u64;
            folded.bytes += batch.slab.len() as u64;
        }
    }
    Ok(folded)
}

/// The newest kept state of an event in `stretches`, and the sequence behind that event; else the state of nothing.
fn newest_state<F: Fold>(stream: &Stream, stretches: &[Stretch]) -> Result<(F, Sequence)> {
    let Some((first, last)) = stretches.first().zip(stretches.last()) else {
        return Ok((F::default(), Sequence(0)));
    };
    let states = States::new(F::NAME, stream);
    let mut is_unknown = false;
    for state in states.before(last.until)? {
        if !contain(stretches, state.sequence) {
            continue;
        }
        match F::decode(&states.read(state)?) {
            Some(decoded) => return Ok((decoded, state.sequence.next())),
            // Of another version of the program. An older state, or all events, do as well.
            None => is_unknown = true,
        }
    }
    if is_unknown && stream.oldest > first.from {
        return Err(damaged(stream.snapshot.directory()));
    }
    Ok((F::default(), Sequence(0)))
}
