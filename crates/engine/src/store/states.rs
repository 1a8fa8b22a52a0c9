//! The states that a stream adds up to.

use std::sync::Arc;

use super::Store;
use crate::{
    engine::Done,
    error::Result,
    folds::{self, Fold, Folded, Kept, Run},
    ids::Sequence,
    options::check_name,
};

impl Store {
    /// The state that the events of `run` before `until` add up to, as [`folds::fold`] gives it.
    pub fn fold<F: Fold>(
        &self,
        stream: &str,
        run: &Run,
        first: Sequence,
        until: Sequence,
    ) -> Result<Option<Folded<F::Finished>>> {
        check_name("a stream name", stream)?;
        self.enter_existing()?
            .map_or(Ok(None), |lease| folds::fold::<F>(lease.engine(), stream, run, first, until))
    }

    /// The last event of `run` before `until` of which a state is kept.
    pub fn kept_fold<F: Fold>(&self, stream: &str, run: &Run, until: Sequence) -> Result<Option<Sequence>> {
        check_name("a stream name", stream)?;
        self.enter_existing()?
            .map_or(Ok(None), |lease| folds::newest_kept::<F>(lease.engine(), stream, run, until))
    }

    /// Keeps the state after the last event of `run` before `until`, in the pool, as [`folds::keep`] does.
    pub fn keep_fold<F: Fold>(
        self: &Arc<Self>,
        stream: &str,
        run: Run,
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
