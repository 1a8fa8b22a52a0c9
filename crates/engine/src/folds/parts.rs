//! The events of some stretches of a stream, batch after batch.

use std::{collections::VecDeque, sync::Arc};

use super::Stretch;
use crate::{
    engine::{Engine, Stream},
    error::Result,
    events::replay::{EventBatch, Replay},
    service::Walk,
};

/// How much is read at once.
const BATCH_EVENTS: usize = 1024;
const BATCH_BYTES: usize = 256 << 10;

/// See the module.
pub(super) struct Parts {
    engine: Arc<Engine>,
    /// What is left to read of each part.
    left: VecDeque<Replay>,
}

impl Parts {
    /// `parts` of `stream`, none of them empty.
    pub(super) fn new(engine: &Arc<Engine>, stream: &Stream, parts: Vec<Stretch>) -> Self {
        let replay =
            |part: Stretch| Replay::new(stream.snapshot.clone(), stream.number, part.from, part.until);
        Self { engine: Arc::clone(engine), left: parts.into_iter().map(replay).collect() }
    }
}

impl Walk<EventBatch> for Parts {
    fn next(&mut self) -> Result<Option<EventBatch>> {
        let Some(replay) = self.left.front_mut() else { return Ok(None) };
        self.engine.check_readable()?;
        let mut batch = EventBatch::default();
        replay.fill(&mut batch, BATCH_EVENTS, BATCH_BYTES)?;
        if replay.is_done() {
            self.left.pop_front();
        }
        Ok(Some(batch))
    }

    fn is_done(&self) -> bool {
        self.left.is_empty()
    }

    fn check(&self) -> Result<()> {
        self.engine.check_readable()
    }
}
