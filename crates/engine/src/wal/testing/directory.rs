//! A directory of files in memory, and what a crash leaves of it.

use std::sync::Arc;

use super::{MemoryFile, Random, file::Content};
use crate::io::memory;

pub(in crate::wal) type MemoryDirectory = memory::MemoryDirectory<MemoryFile>;

impl MemoryDirectory {
    /// Has each file looked at once it is made.
    pub(in crate::wal) fn on_create(&self, hook: impl Fn(&MemoryFile) + Send + Sync + 'static) {
        *self.shared.lock() = Some(Arc::new(hook));
    }

    /// What a process finds that comes after this one was killed.
    pub(in crate::wal) fn copy(&self) -> Self {
        self.map_content(|content| content.now.clone())
    }

    /// What is found after a power cut that lost all that was not synced. (Directory entries stay: syncing them is not the log's part.)
    pub(in crate::wal) fn after_power_cut(&self) -> Self {
        self.map_content(|content| content.durable.clone())
    }

    /// What is found after a power cut that kept any of the sectors that were not synced, some of them torn at any byte.
    pub(in crate::wal) fn after_torn_power_cut(&self, random: &mut Random) -> Self {
        self.map_content(|content| {
            let mut bytes = content.durable.clone();
            bytes.resize(content.now.len(), 0);
            for (found, now) in bytes.chunks_mut(512).zip(content.now.chunks(512)) {
                let kept = match random.below(5) {
                    0 | 1 => 0,
                    2 => random.below(now.len()),
                    _ => now.len(),
                };
                found[..kept].copy_from_slice(&now[..kept]);
            }
            bytes
        })
    }

    fn map_content(&self, mut bytes: impl FnMut(&Content) -> Vec<u8>) -> Self {
        let copied = Self::default();
        for (name, file) in self.files() {
            copied.put(&name).hold(bytes(&file.content.lock()));
        }
        copied
    }
}
