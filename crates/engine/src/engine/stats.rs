//! What a store is like right now.
//!
//! Constraints: costs no read of any data.

use super::Engine;
use crate::{
    error::Result,
    format::{
        header::FORMAT_VERSION,
        names::{self, FileName},
    },
    sync::atomic::Ordering,
};

/// A store's figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StorageStats {
    /// Events that are neither pruned nor deleted.
    pub events: u64,
    /// Checkpoint ids.
    pub checkpoints: u64,
    /// Versions of all ids.
    pub versions: u64,
    /// Bytes allocated on disk.
    pub bytes_on_disk: u64,
    /// Bytes of sealed files that are not known to be dead, and of the log's frames.
    pub live_bytes: u64,
    /// Bytes of frames in the log.
    pub log_bytes: u64,
    /// Events appended since the store was opened.
    pub appended: u64,
    /// Checkpoints saved since the store was opened.
    pub saved: u64,
    /// Syncs of the log since the store was opened.
    pub syncs: u64,
    /// How long the oldest unsynced change has been waiting.
    pub sync_lag_ms: u64,
    /// Saves and deletes that are not accepted yet.
    pub pending_saves: u64,
    /// Whether writing has ended after a failure.
    pub poisoned: bool,
    /// The version of the format on disk.
    pub format_version: u32,
}

impl Engine {
    /// The store's figures.
    pub fn stats(&self) -> Result<StorageStats> {
        self.check_readable()?;
        let manifest = self.manifest.lock().clone();
        let (events, tally, log_bytes) = {
            let core = self.core.lock();
            (core.streams.live_events(), core.tally, core.log.bytes_in_file())
        };
        let runs = manifest.runs.iter().map(|run| run.length - run.dead_bytes.min(run.length));
        let packs = manifest.packs.iter().map(|pack| pack.length - pack.dead_bytes.min(pack.length));
        Ok(StorageStats {
            events,
            checkpoints: tally.checkpoints,
            versions: tally.versions,
            bytes_on_disk: self.bytes_on_disk()?,
            live_bytes: runs.chain(packs).sum::<u64>() + log_bytes,
            log_bytes,
            appended: self.counters.appended.load(Ordering::Relaxed),
            saved: self.counters.saved.load(Ordering::Relaxed),
            syncs: self.durability.syncs(),
            sync_lag_ms: u64::try_from(self.durability.sync_lag().as_millis()).unwrap_or(u64::MAX),
            pending_saves: self.pending() as u64,
            poisoned: self.failure().is_some(),
            format_version: FORMAT_VERSION,
        })
    }

    /// Whether something is under way that an idle release would cut short.
    pub fn is_busy(&self) -> bool {
        self.pending() > 0 || self.is_compacting()
    }

    /// Bytes that the files the manifest names take on disk, and the manifest.
    pub(super) fn bytes_on_disk(&self) -> Result<u64> {
        let manifest = self.manifest.lock().clone();
        let mut bytes = 0;
        for name in self.directory.list()? {
            let ours =
                FileName::parse(&name).is_some_and(|file| manifest.names(file)) || name == names::MANIFEST;
            if ours {
                // It may have been removed since the listing.
                bytes += self.directory.allocated(&name).unwrap_or(0);
            }
        }
        Ok(bytes)
    }
}
