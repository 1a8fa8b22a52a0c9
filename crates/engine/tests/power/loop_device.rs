//! A block device whose medium is a file.
//!
//! Constraint: dropping it gives the device back as it was, at the latest when nothing uses it any more.

use std::{
    fs::{self, File, OpenOptions},
    os::unix::fs::FileExt,
    path::Path,
};

use crate::{
    machine::{self, Missing},
    memory_disk::MemoryDisk,
};

/// See the module's description.
pub(crate) struct LoopDevice {
    path: String,
    /// How much it wrote at once, where that was changed: the kernel keeps such a limit for whoever gets the device next.
    limit_before: Option<String>,
}

impl LoopDevice {
    /// A device on the file `image`.
    pub(crate) fn attach(image: &Path) -> Result<Self, Missing> {
        machine::check(&["losetup"])?;
        let image = image.to_str().ok_or("a path that is no text")?;
        Ok(Self { path: machine::run("losetup", &["--find", "--show", image])?, limit_before: None })
    }

    /// Its own name.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Has it write one page at a time. A larger write of which its file has room for a part only it takes for done (seen on Linux 6.18): a sync then
    /// answers for bytes that are nowhere, and no store can be built on that.
    pub(crate) fn write_page_by_page(&mut self) -> Result<(), Missing> {
        let limit = self.limit();
        let changed = fs::read_to_string(&limit).and_then(|before| {
            fs::write(&limit, "4")?;
            Ok(before)
        });
        self.limit_before = Some(changed.map_err(|error| format!("{limit}: {error}"))?);
        Ok(())
    }

    fn limit(&self) -> String {
        format!("/sys/block/{}/queue/max_sectors_kb", self.path.trim_start_matches("/dev/"))
    }
}

impl Drop for LoopDevice {
    fn drop(&mut self) {
        if let Some(before) = &self.limit_before {
            fs::write(self.limit(), before).ok();
        }
        machine::run("losetup", &["--detach", &self.path]).ok();
    }
}

/// Would catch a device that answers for what it has lost, which would show as a fault of the engine wherever its medium is full.
#[test]
fn a_sync_of_what_found_no_room_fails() {
    match sync_with_room_for_a_part() {
        Ok(synced) => assert!(synced.is_err(), "the device answers for bytes that are nowhere"),
        Err(why) => machine::skip(&why),
    }
}

fn sync_with_room_for_a_part() -> Result<std::io::Result<()>, Missing> {
    let disk = MemoryDisk::new(1 << 20)?;
    let image = disk.path().join("image");
    File::create(&image).and_then(|file| file.set_len(4 << 20)).map_err(|error| error.to_string())?;
    let mut device = LoopDevice::attach(&image)?;
    device.write_page_by_page()?;
    disk.leave_pages(7);
    let opened = OpenOptions::new().write(true).open(device.path()).map_err(|error| error.to_string())?;
    opened.write_all_at(&[7; 9 << 10].repeat(4), 1 << 20).expect("the page cache has room");
    Ok(opened.sync_all())
}
