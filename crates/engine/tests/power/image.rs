//! A file system in an image file that can lose its power.
//!
//! Constraints: the image, its loop device and its mount point are made once and used for thousands of cuts. Dropping it gives all of them back, even
//! where something still has a file of it open.
//!
//! The cut is the shutdown of the file system itself (`XFS_IOC_GOINGDOWN`, which ext4 has too, without writing its journal): from then on no byte reaches
//! the image, and after mounting again it is what a disk without power would have kept.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{statvfs, syncfs},
    io::Errno,
    mount::{MountFlags, UnmountFlags, mount, unmount},
};
use tempfile::TempDir;

use crate::{
    loop_device::LoopDevice,
    machine::{self, Missing},
};

/// How long closed files may take until nothing holds the file system any more. Only guards against a hang.
const RELEASE: Duration = Duration::from_secs(60);

/// What it is formatted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Ext4,
    Xfs,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ext4 => "ext4",
            Self::Xfs => "xfs",
        }
    }

    /// An xfs of less than 300 MB cannot be made. The file is sparse.
    fn image_bytes(self) -> u64 {
        match self {
            Self::Ext4 => 64 << 20,
            Self::Xfs => 300 << 20,
        }
    }

    fn format(self, image: &Path) -> Result<String, Missing> {
        let image = image.to_str().ok_or("a path that is no text")?;
        match self {
            // Nothing is left for the kernel to initialise behind the tests.
            Self::Ext4 => {
                let lazy = "lazy_itable_init=0,lazy_journal_init=0,packed_meta_blocks=1,nodiscard";
                machine::run("mkfs.ext4", &["-q", "-F", "-b", "4096", "-m", "0", "-E", lazy, image])
            }
            Self::Xfs => machine::run("mkfs.xfs", &["-q", "-f", "-K", image]),
        }
    }
}

/// See the module's description.
pub(crate) struct Image {
    kind: Kind,
    device: LoopDevice,
    mount_point: PathBuf,
    is_mounted: bool,
    _directory: TempDir,
}

impl Image {
    /// A new, mounted one, whose image lies in a temporary directory.
    pub(crate) fn new(kind: Kind) -> Result<Self, Missing> {
        let directory = tempfile::tempdir().map_err(|error| error.to_string())?;
        let image = directory.path().join("image");
        Self::at(kind, &image, directory)
    }

    /// The same with its image file at a path. `directory` gets the mount point.
    pub(crate) fn at(kind: Kind, image: &Path, directory: TempDir) -> Result<Self, Missing> {
        machine::check(&["losetup", "xfs_io", &format!("mkfs.{}", kind.name())])?;
        let file = File::create(image).map_err(|error| error.to_string())?;
        file.set_len(kind.image_bytes()).map_err(|error| error.to_string())?;
        kind.format(image)?;
        let device = LoopDevice::attach(image)?;
        let mount_point = directory.path().join("mounted");
        fs::create_dir(&mount_point).map_err(|error| error.to_string())?;
        let mut image = Self { kind, device, mount_point, is_mounted: false, _directory: directory };
        image.try_mount().map_err(|error| format!("mount: {error}"))?;
        Ok(image)
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> &Path {
        &self.mount_point
    }

    /// How many bytes at its beginning are its own, journal and all: those that are not free.
    pub(crate) fn own_bytes(&self) -> u64 {
        let state = statvfs(&self.mount_point).expect("tells its room");
        self.kind.image_bytes().saturating_sub(state.f_bfree * state.f_bsize)
    }

    /// Brings all that it holds onto its image, to where it belongs.
    pub(crate) fn settle(&self) {
        let root = File::open(&self.mount_point).expect("a directory");
        syncfs(root).expect("there is room");
    }

    /// What it lies on.
    pub(crate) fn device(&mut self) -> &mut LoopDevice {
        &mut self.device
    }

    /// Whether it makes a new file durable: after some failures it refuses every change until it is mounted again.
    pub(crate) fn takes_writes(&self) -> bool {
        let probe = self.mount_point.join("probe");
        let made = File::create(&probe).and_then(|file| file.sync_all());
        let directory = File::open(&self.mount_point).and_then(|directory| directory.sync_all());
        made.and(directory).is_ok()
    }

    /// Cuts its power.
    pub(crate) fn cut(&self) {
        let path = self.mount_point.to_str().expect("a path that is text");
        machine::run("xfs_io", &["-x", "-c", "shutdown", path]).expect("shuts down");
    }

    /// Takes it away and gives it back, as a restart of the machine does.
    pub(crate) fn remount(&mut self) {
        let began = Instant::now();
        loop {
            match unmount(&self.mount_point, UnmountFlags::empty()) {
                Ok(()) => break,
                Err(Errno::BUSY) if began.elapsed() < RELEASE => thread::sleep(Duration::from_micros(200)),
                Err(error) => panic!("{} does not let go: {error}", self.mount_point.display()),
            }
        }
        self.is_mounted = false;
        self.try_mount().expect("mounts again");
    }

    fn try_mount(&mut self) -> Result<(), Errno> {
        mount(self.device.path(), &self.mount_point, self.kind.name(), MountFlags::NOATIME, None)?;
        self.is_mounted = true;
        Ok(())
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        if self.is_mounted {
            // Who still has a file open keeps it until that is closed, but nobody else sees it.
            unmount(&self.mount_point, UnmountFlags::DETACH).ok();
        }
    }
}
