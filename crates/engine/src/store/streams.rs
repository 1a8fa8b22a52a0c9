//! The calls of a handle that are about streams.

use std::sync::Arc;

use super::{Store, iterators::Events};
use crate::{
    catalog::rows::StreamRow,
    engine::Op,
    error::Result,
    events::streams::StreamInfo,
    ids::Sequence,
    options::{check_name, check_size},
};

impl Store {
    /// Appends `events` to `stream`, all or none; answers the first one's sequence. `after`: only if this is the stream's last sequence, else
    /// [`Conflict`](crate::error::Error::Conflict).
    pub fn append_events<B: AsRef<[u8]>>(
        &self,
        stream: &str,
        events: &[B],
        after: Option<Sequence>,
    ) -> Result<Sequence> {
        self.check_writable()?;
        check_name("a stream name", stream)?;
        for event in events {
            check_size("the event", event.as_ref().len(), self.options().max_record_bytes)?;
        }
        let lease = self.enter(true)?;
        let (sequence, position) = lease.engine().append_events(stream, events, after)?;
        self.finish(lease.engine(), position)?;
        Ok(sequence)
    }

    /// The events of `stream` with a sequence of at least `from`, at most `limit`, as they are now.
    pub fn replay_events(
        self: &Arc<Self>,
        stream: &str,
        from: Sequence,
        limit: Option<u64>,
    ) -> Result<Events> {
        check_name("a stream name", stream)?;
        let source = match self.enter_existing()? {
            Some(lease) => {
                let replay = lease.engine().replay(stream, from, limit)?;
                Some((lease, replay))
            }
            None => None,
        };
        Ok(Events::new(self, source))
    }

    /// Removes the events of `stream` before `before`; answers how many they were.
    pub fn prune(&self, stream: &str, before: Sequence) -> Result<u64> {
        self.check_writable()?;
        check_name("a stream name", stream)?;
        let Some(lease) = self.enter_existing()? else { return Ok(0) };
        let done = lease.engine().prune(stream, before)?;
        self.finish(lease.engine(), done.position)?;
        Ok(done.pruned.first().copied().unwrap_or(0))
    }

    /// The last sequence of `stream`; 0 where it was never used.
    pub fn last_sequence(&self, stream: &str) -> Result<Sequence> {
        check_name("a stream name", stream)?;
        self.enter_existing()?.map_or(Ok(Sequence(0)), |lease| lease.engine().last_sequence(stream))
    }

    /// What is known of `stream` without reading any of its events; `None` where there is none.
    pub fn stream_row(&self, stream: &str) -> Result<Option<StreamRow>> {
        check_name("a stream name", stream)?;
        self.enter_existing()?.map_or(Ok(None), |lease| lease.engine().stream_row(stream))
    }

    /// All streams, by name.
    pub fn streams(&self) -> Result<Vec<StreamInfo>> {
        self.enter_existing()?.map_or_else(|| Ok(Vec::new()), |lease| lease.engine().streams())
    }

    /// Forgets a stream: its events, its name and its sequence. Answers whether there was one.
    pub fn delete_stream(&self, stream: &str) -> Result<bool> {
        let done = self.commit_and_wait(vec![Op::DeleteStream { stream: stream.to_owned() }])?;
        Ok(done.deleted_streams.first().copied().unwrap_or(false))
    }
}
