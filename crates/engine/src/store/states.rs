//! The states that a stream adds up to.

use std::sync::Arc;

use super::Store;
use crate::{
    engine::Done,
    error::Result,
    folds::{self, Fold, Folded, Kept, Stretch},
    ids::Sequence,
    options::check_name,
};

impl Store {
    /// The state that the events of `stretches` of `stream` add up to; `None` where there is no such stream. Events that were pruned count, as long as a state that
    /// was kept stands for them, or they are still held.
    pub fn fold<F: Fold>(&self, stream: &str, stretches: &[Stretch]) -> Result<Option<Folded<F>>> {
        check_name("a stream name", stream)?;
        self.enter_existing()?.map_or(Ok(None), |lease| folds::fold(lease.engine(), stream, stretches))
    }

    /// The last event of `stretches` of which a state is kept.
    pub fn kept_fold<F: Fold>(&self, stream: &str, stretches: &[Stretch]) -> Result<Option<Sequence>> {
        check_name("a stream name", stream)?;
        self.enter_existing()?
            .map_or(Ok(None), |lease| folds::newest_kept::<F>(lease.engine(), stream, stretches))
    }

    /// Keeps the state after the last event of `run` before `until`, in the pool, and lets events go that it stands for, where they are pruned. `None` where there is
    /// no such event. `run` is told up to the watermark at least.
    pub fn keep_fold<F: Fold>(
        self: &Arc<Self>,
        stream: &str,
        run: Vec<Stretch>,
        until: Sequence,
        done: Done<Option<Kept>>,
    ) {
        if let Err(error) = self.check_writable().and_then(|()| check_name("a stream name", stream)) {
            return done(Err(error));
        }
        let stream = stream.to_owned();
        self.read_later(done, || None, move |engine| folds::keep::<F>(engine, &stream, &run, until));
    }
}
