//! A small file system in memory (tmpfs) that can be filled up to any page.
//!
//! Constraint: dropping it unmounts it, even where something still has a file of it open.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{FallocateFlags, fallocate, statvfs},
    io::Errno,
    mount::{MountFlags, UnmountFlags, mount, unmount},
};
use tempfile::TempDir;

use crate::machine::{self, Missing};

const BALLAST: &str = "ballast";

/// See the module's description.
pub(crate) struct MemoryDisk {
    mount_point: PathBuf,
    _directory: TempDir,
}

impl MemoryDisk {
    /// An empty one of so many bytes.
    pub(crate) fn new(bytes: u64) -> Result<Self, Missing> {
        machine::check(&[])?;
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mount_point = directory.path().join("mounted");
        fs::create_dir(&mount_point).map_err(|error| error.to_string())?;
        let size = std::ffi::CString::new(format!("size={bytes}")).map_err(|error| error.to_string())?;
        mount("tmpfs", &mount_point, "tmpfs", MountFlags::empty(), size.as_c_str())
            .map_err(|error| format!("mount: {error}"))?;
        Ok(Self { mount_point, _directory: directory })
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        &self.mount_point
    }

    /// Fills it until so many pages are left.
    pub(crate) fn leave_pages(&self, pages: u64) {
        self.remove_ballast();
        let ballast = File::create(self.mount_point.join(BALLAST)).expect("takes a file");
        loop {
            let state = statvfs(&self.mount_point).expect("tells its room");
            let bytes = state.f_bavail.saturating_sub(pages) * state.f_bsize;
            if bytes == 0 {
                return;
            }
            match fallocate(&ballast, FallocateFlags::empty(), 0, bytes) {
                Ok(()) => return,
                // What a file system on this disk wrote meanwhile took some of the room.
                Err(Errno::NOSPC) => {}
                Err(error) => panic!("the ballast: {error}"),
            }
        }
    }

    /// Makes room again, at once: a process that another test has just forked may hold the file for a moment after it is removed.
    pub(crate) fn remove_ballast(&self) {
        let path = self.mount_point.join(BALLAST);
        if path.exists() {
            File::create(&path).expect("can be emptied");
            fs::remove_file(path).expect("can be removed");
        }
    }
}

impl Drop for MemoryDisk {
    fn drop(&mut self) {
        unmount(&self.mount_point, UnmountFlags::DETACH).ok();
    }
}
