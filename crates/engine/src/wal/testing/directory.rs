//! A directory of files in memory, and what a crash leaves of it.

use std::{collections::BTreeMap, fmt, path::Path, sync::Arc};

use crate::sync::Mutex;

use super::{Hook, MemoryFile, Random, file::Content};
use crate::{
    error::{Error, Result},
    io::{Access, Directory, DirectoryIdentity, File},
};

#[derive(Default)]
pub(in crate::wal) struct MemoryDirectory {
    files: Mutex<BTreeMap<String, Arc<MemoryFile>>>,
    create_hook: Hook,
}

impl MemoryDirectory {
    pub(in crate::wal) fn new() -> Self {
        Self::default()
    }

    pub(in crate::wal) fn file(&self, name: &str) -> Arc<MemoryFile> {
        Arc::clone(&self.files.lock()[name])
    }

    pub(in crate::wal) fn on_create(&self, hook: impl Fn(&MemoryFile) + Send + Sync + 'static) {
        *self.create_hook.lock() = Some(Arc::new(hook));
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
        let copied = Self::new();
        for (name, file) in &*self.files.lock() {
            let now = bytes(&file.content.lock());
            let file = MemoryFile::new(self.path().join(name), now);
            copied.files.lock().insert(name.clone(), Arc::new(file));
        }
        copied
    }
}

impl fmt::Debug for MemoryDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryDirectory({:?})", self.files.lock().keys())
    }
}

impl Directory for MemoryDirectory {
    fn path(&self) -> &Path {
        Path::new("/memory")
    }

    fn identity(&self) -> DirectoryIdentity {
        DirectoryIdentity { device: 0, inode: 0 }
    }

    fn try_lock(&self) -> Result<bool> {
        Ok(true)
    }

    fn unlock(&self) -> Result<()> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<String>> {
        Ok(self.files.lock().keys().cloned().collect())
    }

    fn create(&self, name: &str) -> Result<Arc<dyn File>> {
        let file = Arc::new(MemoryFile::new(self.path().join(name), Vec::new()));
        if let Some(hook) = &*self.create_hook.lock() {
            hook(&file);
        }
        assert!(self.files.lock().insert(name.to_owned(), Arc::clone(&file)).is_none(), "{name} exists");
        Ok(file)
    }

    fn open(&self, name: &str, _: Access) -> Result<Arc<dyn File>> {
        match self.files.lock().get(name) {
            Some(file) => Ok(Arc::clone(file) as Arc<dyn File>),
            None => Err(Error::NotFound { what: name.to_owned() }),
        }
    }

    fn rename(&self, from: &str, to: &str) -> Result<()> {
        let mut files = self.files.lock();
        let file = files.remove(from).ok_or_else(|| Error::NotFound { what: from.to_owned() })?;
        files.insert(to.to_owned(), file);
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<()> {
        self.files.lock().remove(name);
        Ok(())
    }

    fn sync(&self) -> Result<()> {
        Ok(())
    }

    fn allocated(&self, name: &str) -> Result<u64> {
        Ok(self.file(name).length_now())
    }
}
