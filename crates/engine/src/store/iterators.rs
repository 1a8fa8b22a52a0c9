//! What a handle gives to be read piece by piece.
//!
//! Constraints: an iterator is a snapshot of the moment of its call; it ends with its handle: after the close every step answers [`Error::HandleClosed`], and once
//! another engine has taken the place of its own, [`Error::Poisoned`]. A store is not released as idle while one is read. One that has come to its end, failed,
//! or whose handle was closed holds no file open: a program may keep it for long, and a garbage collector does.

use std::sync::{Arc, Weak};

use super::Store;
use crate::{
    catalog::{find::CheckpointInfo, listing::Listing},
    error::Result,
    events::replay::{EventBatch, Replay},
    registry::Lease,
    service::{ReadAhead, Walk},
    sync::Mutex,
};

/// Something that reads a store, and can be told to let it go.
trait Reading: Send + Sync {
    fn let_go(&self);
}

/// Where an iterator reads; nothing once it has let go.
struct Source<T>(Mutex<Option<(Lease, T)>>);

impl<T: Send> Reading for Source<T> {
    fn let_go(&self) {
        self.0.lock().take();
    }
}

/// The iterators of a handle.
#[derive(Default)]
pub(super) struct Readers(Mutex<Vec<Weak<dyn Reading>>>);

impl Readers {
    fn add<T: Send + 'static>(&self, source: &Arc<Source<T>>) {
        let mut readers = self.0.lock();
        if readers.len().is_power_of_two() {
            // Now and then, so that those which are gone do not stay.
            readers.retain(|reader| reader.strong_count() > 0);
        }
        let source: Weak<Source<T>> = Arc::downgrade(source);
        readers.push(source);
    }

    /// Lets all of them go. One that is within a step ends that first.
    pub(super) fn let_go(&self) {
        for reader in self.0.lock().drain(..) {
            if let Some(reader) = reader.upgrade() {
                reader.let_go();
            }
        }
    }
}

/// An iterator's part that events and checkpoints have in common.
struct Reader<T> {
    store: Arc<Store>,
    source: Arc<Source<T>>,
}

impl<T: Send + 'static> Reader<T> {
    fn new(store: &Arc<Store>, source: Option<(Lease, T)>) -> Self {
        let source = Arc::new(Source(Mutex::new(source)));
        store.readers.add(&source);
        if store.is_closed() {
            source.let_go();
        }
        Self { store: Arc::clone(store), source }
    }

    /// One step, which answers whether there may be more; `None` at the end.
    fn step<R>(&self, step: impl FnOnce(&mut T) -> Result<(R, bool)>) -> Result<Option<R>> {
        self.store.check_open()?;
        let mut source = self.source.0.lock();
        let Some((lease, reading)) = &mut *source else {
            drop(source);
            // It may have been let go by a close that began meanwhile.
            return self.store.check_open().map(|()| None);
        };
        let stepped = lease.engine().check_readable().and_then(|()| step(reading));
        if !matches!(stepped, Ok((_, true))) {
            *source = None;
        }
        stepped.map(|(answer, _)| Some(answer))
    }
}

/// Events, read in batches.
pub struct Events(Reader<Replay>);

impl Events {
    pub(super) fn new(store: &Arc<Store>, source: Option<(Lease, Replay)>) -> Self {
        Self(Reader::new(store, source))
    }

    /// Reads them ahead, in batches of at most `most_events`, none of which takes a further event once it has `most_bytes`. `make` is called for each, in order, on
    /// whatever thread, and what it makes is given.
    pub fn read_ahead<T: Send + 'static>(
        self,
        most_events: usize,
        most_bytes: usize,
        make: impl FnMut(&EventBatch) -> T + Send + 'static,
    ) -> ReadAhead<T> {
        ReadAhead::new(Made { events: self, make: Box::new(make), most_events, most_bytes })
    }

    /// Fills `batch` with the next events: at most `most_events`, and no further one once it has `most_bytes`, but one at
    /// least. It stays empty only at the end.
    pub fn fill(&mut self, batch: &mut EventBatch, most_events: usize, most_bytes: usize) -> Result<()> {
        let filled = self.0.step(|replay| {
            replay.fill(batch, most_events, most_bytes)?;
            Ok(((), !replay.is_done()))
        })?;
        if filled.is_none() {
            *batch = EventBatch::default();
        }
        Ok(())
    }

    /// Whether its handle is open still.
    pub(super) fn check_open(&self) -> Result<()> {
        self.0.store.check_open()
    }

    /// Whether every event was given.
    pub fn is_done(&self) -> bool {
        self.0.source.0.lock().is_none()
    }

    /// Reads no further: nothing of the store is held any more.
    pub fn end(&mut self) {
        self.0.source.let_go();
    }
}

/// The newest version of each checkpoint, one after the other.
pub struct Checkpoints(Reader<Listing>);

impl Checkpoints {
    pub(super) fn new(store: &Arc<Store>, source: Option<(Lease, Listing)>) -> Self {
        Self(Reader::new(store, source))
    }

    /// Reads no further: nothing of the store is held any more.
    pub fn end(&mut self) {
        self.0.source.let_go();
    }
}

impl Iterator for Checkpoints {
    type Item = Result<CheckpointInfo>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.0.step(|listing| {
            let next = listing.next().transpose()?;
            let more = next.is_some();
            Ok((next, more))
        });
        next.map(Option::flatten).transpose()
    }
}

/// Events of which something is made, batch after batch.
struct Made<T> {
    events: Events,
    make: Box<dyn FnMut(&EventBatch) -> T + Send>,
    most_events: usize,
    most_bytes: usize,
}

impl<T> Walk<T> for Made<T> {
    fn next(&mut self) -> Result<Option<T>> {
        let mut batch = EventBatch::default();
        self.events.fill(&mut batch, self.most_events, self.most_bytes)?;
        Ok(if batch.events.is_empty() { None } else { Some((self.make)(&batch)) })
    }

    fn is_done(&self) -> bool {
        self.events.is_done()
    }

    fn check(&self) -> Result<()> {
        self.events.check_open()
    }
}
