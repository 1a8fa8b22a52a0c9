//! A file system that has room on a disk that has none: its image is sparse and lies on a disk that can be filled.
//!
//! What is written then stays in the page cache, marked as if it had been synced, and the sync fails.

use std::{fs::File, path::Path};

use rustix::fs::{FallocateFlags, fallocate};

use crate::{
    image::{Image, Kind},
    machine::Missing,
    memory_disk::MemoryDisk,
};

/// Room for a formatted image (an xfs of 300 MB has a log of 64 MiB) and for what a test writes.
const DISK_BYTES: u64 = 110 << 20;

/// See the module's description. The image comes before what it lies on.
pub(crate) struct Stacked {
    pub(crate) image: Image,
    pub(crate) disk: MemoryDisk,
}

impl Stacked {
    pub(crate) fn new(kind: Kind) -> Result<Self, Missing> {
        let disk = MemoryDisk::new(DISK_BYTES)?;
        let path = disk.path().join("image");
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut image = Image::at(kind, &path, directory)?;
        image.device().write_page_by_page()?;
        let stacked = Self { image, disk };
        if kind == Kind::Ext4 {
            stacked.back_what_is_not_data(&path);
        }
        Ok(stacked)
    }

    /// Fills the disk until so many pages are left.
    pub(crate) fn leave_pages(&self, pages: u64) {
        self.image.settle();
        self.disk.leave_pages(pages);
    }

    /// Gives the file system's journal and tables their room for good. While a journal is given up, ext4 answers syncs of other files for bytes that it
    /// loses (seen on Linux 6.18, in three of a hundred tries, on preallocated files), and no store can be built on that. An xfs has written its log when it is
    /// made.
    fn back_what_is_not_data(&self, image: &Path) {
        let file = File::options().write(true).open(image).expect("opens");
        fallocate(file, FallocateFlags::empty(), 0, self.image.own_bytes()).expect("there is room");
    }
}
