//! The calls of a handle that are about all that is in its store.
//!
//! Constraints: parameters are checked before anything else; a call with `done` never blocks its thread, one without it answers on the spot; with
//! [`DurabilityMode::Sync`] every call is durable before it is answered.

use std::sync::Arc;

use super::{Store, absent};
use crate::{
    engine::{BatchResult, Done, Engine, Op, StorageStats, wait_for},
    error::{Error, Result},
    format::codec::NUMBERS_END,
    ids::Position,
    options::{DurabilityMode, MAX_META_BYTES, check_id, check_name, check_size},
    registry::Lease,
    service,
    sync::atomic::Ordering,
};

/// The largest value of an internal record in bytes.
const MAX_INTERNAL_BYTES: u64 = 1 << 20;

impl Store {
    fn is_sync(&self) -> bool {
        self.options().durability == DurabilityMode::Sync
    }

    pub(super) fn finish(&self, engine: &Engine, position: Position) -> Result<()> {
        if self.is_sync() {
            return engine.sync_through(position);
        }
        self.terms.accepted.store(position.0, Ordering::Relaxed);
        Ok(())
    }

    /// Commits a batch and answers when it is durable. Its changes take one place in the order: all of them are there after a crash, or none.
    pub fn commit(self: &Arc<Self>, ops: Vec<Op>, done: Done<BatchResult>) {
        if let Err(error) = self.check_ops(&ops) {
            return done(Err(error));
        }
        self.enter_later(adds(&ops), move |lease| match lease {
            Ok(lease) => {
                let engine = Arc::clone(lease.engine());
                engine.submit(ops, true, answer_and_release(lease, done));
            }
            Err(absence @ Error::NoStore { .. }) => done(nothing_done(&ops, absence)),
            Err(error) => done(Err(error)),
        });
    }

    /// The same on the spot. A batch without checkpoints waits for no sync, unless the handle's durability asks for it.
    pub fn commit_and_wait(&self, ops: Vec<Op>) -> Result<BatchResult> {
        self.check_ops(&ops)?;
        let lease = match self.enter(adds(&ops)) {
            Ok(lease) => lease,
            Err(absence @ Error::NoStore { .. }) => return nothing_done(&ops, absence),
            Err(error) => return Err(error),
        };
        let durable = self.is_sync() || ops.iter().any(|op| matches!(op, Op::Save(_) | Op::Delete { .. }));
        let done = lease.engine().submit_and_wait(ops, durable)?;
        if !durable {
            self.terms.accepted.store(done.position.0, Ordering::Relaxed);
        }
        Ok(done)
    }

    fn check_ops(&self, ops: &[Op]) -> Result<()> {
        self.check_writable()?;
        let limit = self.options().max_record_bytes;
        for op in ops {
            match op {
                Op::Append { stream, events, .. } => {
                    check_name("a stream name", stream)?;
                    for event in events {
                        check_size("the event", event.len(), limit)?;
                    }
                }
                Op::Expect { stream, .. } | Op::Prune { stream, .. } | Op::DeleteStream { stream } => {
                    check_name("a stream name", stream)?;
                }
                Op::Hold { stream, from } => {
                    check_name("a stream name", stream)?;
                    if let Some(from) = from.filter(|from| from.0 >= NUMBERS_END - 1) {
                        return Err(Error::InvalidArgument {
                            what: format!("no stream gets to sequence {from}"),
                        });
                    }
                }
                Op::Save(save) => {
                    check_id(&save.id)?;
                    check_name("a lineage", &save.lineage)?;
                    check_size("the checkpoint", save.data.len(), limit)?;
                    check_size("the meta", save.meta.len(), MAX_META_BYTES)?;
                    if save.time.is_some_and(f64::is_nan) {
                        return Err(Error::InvalidArgument { what: "time must be a number".to_owned() });
                    }
                }
                Op::Delete { id, .. } => check_id(id)?,
                Op::SetInternal { key, value } => {
                    check_size("an internal key", key.len(), 1024)?;
                    check_size("an internal record", value.len(), MAX_INTERNAL_BYTES)?;
                }
                Op::RemoveInternal { .. } => {}
            }
        }
        Ok(())
    }

    /// Reads in the pool, after every earlier call; `none` is the answer where there is no store.
    pub(super) fn read_later<T: Send + 'static>(
        self: &Arc<Self>,
        done: Done<T>,
        none: impl FnOnce() -> T + Send + 'static,
        read: impl FnOnce(&Arc<Engine>) -> Result<T> + Send + 'static,
    ) {
        self.enter_later(false, move |lease| match absent(lease) {
            Ok(Some(lease)) => {
                let engine = Arc::clone(lease.engine());
                engine.after_calls(move || {
                    service::pool().run(move || {
                        let answer = lease.engine().caught(|| read(lease.engine()));
                        drop(lease);
                        done(answer);
                    });
                });
            }
            Ok(None) => done(Ok(none())),
            Err(error) => done(Err(error)),
        });
    }

    /// An internal record: what a layer above keeps in the store, apart from the users' data.
    pub fn internal(&self, key: &[u8]) -> Result<Option<Vec<u8>>> {
        self.enter_existing()?.map_or(Ok(None), |lease| lease.engine().internal(key))
    }

    /// Makes every call so far durable. Where nothing was ever called there is nothing to do, and no store is made.
    pub fn flush(self: &Arc<Self>, done: Done<()>) {
        if let Err(error) = self.check_open() {
            return done(Err(error));
        }
        let store = Arc::clone(self);
        self.queue.after_queued(move || match (store.take_failure(), store.try_enter()) {
            (Some(cause), _) => done(Err(Error::Poisoned { cause })),
            (None, Some(lease)) => {
                let engine = Arc::clone(lease.engine());
                let teller = Arc::clone(&store);
                let told: Done<()> = Box::new(move |answer| {
                    if answer.is_err() {
                        teller.was_told();
                    }
                    done(answer);
                });
                engine.flush_calls(answer_and_release(lease, told));
            }
            // A store that is not open is durable: it was released or closed in order.
            (None, None) => done(Ok(())),
        });
    }

    /// The same, waiting.
    pub fn flush_and_wait(self: &Arc<Self>) -> Result<()> {
        wait_for(|done| self.flush(done))
    }

    /// Moves everything accepted so far from the log into sealed files, as the store does by itself once the log is large.
    pub fn flush_tables(&self) -> Result<()> {
        self.check_writable()?;
        let lease = self.enter(true)?;
        lease.engine().wait_for_calls();
        lease.engine().caught(|| lease.engine().flush_tables())
    }

    /// The store's figures.
    pub fn stats(&self) -> Result<StorageStats> {
        self.enter(true)?.engine().stats()
    }
}

/// Whether a batch adds something, so that a store has to be made for it.
fn adds(ops: &[Op]) -> bool {
    ops.iter().any(|op| matches!(op, Op::Append { .. } | Op::Save(_) | Op::SetInternal { .. }))
}

/// What a batch does where there is no store: nothing, or `absence` where it adds something.
fn nothing_done(ops: &[Op], absence: Error) -> Result<BatchResult> {
    let mut result = BatchResult::default();
    for op in ops {
        match op {
            Op::Append { .. } | Op::Save(_) | Op::SetInternal { .. } => {
                return Err(absence);
            }
            Op::Expect { stream, last, .. } if last.0 != 0 => {
                return Err(Error::Conflict { stream: stream.clone(), expected: last.0, actual: 0 });
            }
            Op::Prune { .. } => result.pruned.push(0),
            Op::DeleteStream { .. } => result.deleted_streams.push(false),
            Op::Delete { .. } => result.deleted.push(false),
            Op::Expect { .. } | Op::Hold { .. } | Op::RemoveInternal { .. } => {}
        }
    }
    Ok(result)
}

/// Lets the engine go before the answer is given, so that whoever gets it can close the store.
pub(super) fn answer_and_release<T: Send + 'static>(lease: Lease, done: Done<T>) -> Done<T> {
    Box::new(move |answer| {
        drop(lease);
        done(answer);
    })
}
