//! A file system that has room on a disk that has none: its image is sparse and lies on a disk that can be filled.
//!
//! What is written then stays in the page cache, marked as if it had been synced, and the sync fails.

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
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut image = Image::at(kind, &disk.path().join("image"), directory)?;
        image.device().write_page_by_page()?;
        Ok(Self { image, disk })
    }
}
