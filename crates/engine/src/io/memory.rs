//! A directory in memory. Its files are of whoever uses it: those of a repair that is only asked what it would do, and the doubles of unit tests, each
//! with faults of its own to play.
//!
//! Constraint: no call of the operating system is made; names are durable at once, as far as that means anything here.

use std::{
    collections::BTreeMap,
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{Access, Directory, DirectoryIdentity, File};
use crate::{
    error::{Error, Result},
    sync::Mutex,
};

/// A file of such a directory.
pub(crate) trait MemoryFile: File + 'static {
    /// What all files of a directory share.
    type Shared: Default + Send + Sync;

    /// The empty file at `path`.
    fn new(path: PathBuf, shared: &Self::Shared) -> Self;
}

/// A directory of files `F`.
pub(crate) struct MemoryDirectory<F: MemoryFile> {
    path: PathBuf,
    files: Mutex<BTreeMap<String, Arc<F>>>,
    pub(crate) shared: F::Shared,
}

impl<F: MemoryFile> Default for MemoryDirectory<F> {
    fn default() -> Self {
        Self::at(Path::new("/memory"))
    }
}

impl<F: MemoryFile> MemoryDirectory<F> {
    /// An empty one, which is at `path` as far as messages go.
    pub(crate) fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), files: Mutex::default(), shared: F::Shared::default() }
    }

    /// The file `name`, which exists.
    #[cfg(test)]
    pub(crate) fn file(&self, name: &str) -> Arc<F> {
        Arc::clone(&self.files.lock()[name])
    }

    /// All files, by name.
    #[cfg(test)]
    pub(crate) fn files(&self) -> BTreeMap<String, Arc<F>> {
        self.files.lock().clone()
    }

    /// A new file at `name`, in place of one that is there.
    pub(crate) fn put(&self, name: &str) -> Arc<F> {
        let file = Arc::new(F::new(self.path().join(name), &self.shared));
        self.files.lock().insert(name.to_owned(), Arc::clone(&file));
        file
    }
}

impl<F: MemoryFile> fmt::Debug for MemoryDirectory<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MemoryDirectory({:?})", self.files.lock().keys())
    }
}

impl<F: MemoryFile> Directory for MemoryDirectory<F> {
    fn path(&self) -> &Path {
        &self.path
    }

    fn identity(&self) -> DirectoryIdentity {
        DirectoryIdentity { device: 0, inode: 0 }
    }

    fn try_lock(&self) -> Result<bool> {
        Ok(true)
    }

    fn may_be_locked_by(&self, _: u32) -> bool {
        true
    }

    fn unlock(&self) -> Result<()> {
        Ok(())
    }

    fn list(&self) -> Result<Vec<String>> {
        Ok(self.files.lock().keys().cloned().collect())
    }

    fn create(&self, name: &str) -> Result<Arc<dyn File>> {
        if self.files.lock().contains_key(name) {
            let path = self.path().join(name);
            return Err(Error::io("open", &path, io::ErrorKind::AlreadyExists.into()));
        }
        Ok(self.put(name))
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
        self.open(name, Access::Read)?.length()
    }
}
