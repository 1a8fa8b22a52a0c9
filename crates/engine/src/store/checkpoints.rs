//! The calls of a handle that are about checkpoints.

use std::sync::Arc;

use super::{Store, absent, calls::answer_and_release, iterators::Checkpoints};
use crate::{
    catalog::{find::CheckpointInfo, listing::ListOptions},
    engine::{Done, SaveRequest, wait_for},
    error::Result,
    options::check_id,
};

/// The raw bytes of a checkpoint, shared with the cache.
pub type Bytes = Arc<Vec<u8>>;

impl Store {
    /// A save with the compression of this handle.
    pub fn save_request(
        &self,
        id: &str,
        data: Vec<u8>,
        lineage: &str,
        meta: Vec<u8>,
        time: Option<f64>,
    ) -> SaveRequest {
        SaveRequest {
            id: id.to_owned(),
            data: Arc::new(data),
            lineage: lineage.to_owned(),
            meta,
            time,
            level: self.options().compression_level,
            max_delta_chain: self.options().max_delta_chain,
        }
    }

    /// Loads the newest or a named version of `id`; `None` where there is none. A store that does not exist is not made.
    pub fn load(self: &Arc<Self>, id: &str, version: Option<u32>, done: Done<Option<Bytes>>) {
        if let Err(error) = check_id(id) {
            return done(Err(error));
        }
        let id = id.to_owned();
        self.enter_later(false, move |lease| match absent(lease) {
            Ok(Some(lease)) => {
                let engine = Arc::clone(lease.engine());
                engine.load(&id, version, answer_and_release(lease, done));
            }
            Ok(None) => done(Ok(None)),
            Err(error) => done(Err(error)),
        });
    }

    /// The same on the spot, after every earlier change of the id.
    pub fn load_and_wait(self: &Arc<Self>, id: &str, version: Option<u32>) -> Result<Option<Bytes>> {
        wait_for(|done| self.load(id, version, done))
    }

    /// The newest version of each id, made while it is read.
    pub fn checkpoints(self: &Arc<Self>, options: ListOptions) -> Result<Checkpoints> {
        let source = match self.enter_existing()? {
            Some(lease) => {
                lease.engine().wait_for_calls();
                let listing = lease.engine().list(options)?;
                Some((lease, listing))
            }
            None => None,
        };
        Ok(Checkpoints::new(self, source))
    }

    /// The whole list, made in the pool after every earlier call. A store that does not exist has none and is not made.
    pub fn list(self: &Arc<Self>, options: ListOptions, done: Done<Vec<CheckpointInfo>>) {
        self.read_later(done, Vec::new, move |engine| engine.list(options)?.collect());
    }

    /// The versions of `id`, oldest first.
    pub fn history(&self, id: &str) -> Result<Vec<CheckpointInfo>> {
        check_id(id)?;
        let Some(lease) = self.enter_existing()? else { return Ok(Vec::new()) };
        lease.engine().wait_for_calls();
        lease.engine().history(id)
    }

    /// The same in the pool; a store that does not exist has none and is not made.
    pub fn history_later(self: &Arc<Self>, id: &str, done: Done<Vec<CheckpointInfo>>) {
        if let Err(error) = check_id(id) {
            return done(Err(error));
        }
        let id = id.to_owned();
        self.read_later(done, Vec::new, move |engine| engine.history(&id));
    }
}
