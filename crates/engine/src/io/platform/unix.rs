//! The half of Unix.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

use rustix::{
    fs::{AtFlags, Dir, Mode, OFlags},
    io::{Errno, retry_on_intr},
    process::{Pid, test_kill_process},
};

use super::{A_DIRECTORY, A_LINK, A_SPECIAL_FILE, Opened};
use crate::io::{Access, DirectoryIdentity};

const DIRECTORY_MODE: u32 = 0o700;
const FILE_MODE: u32 = 0o600;
const PERMISSION_BITS: u32 = 0o777;
/// `st_blocks` counts these, whatever the file system's own block size.
const BLOCK_BYTES: u64 = 512;

pub(in crate::io) struct OpenDirectory(File);

impl OpenDirectory {
    pub(in crate::io) fn open(path: &Path) -> io::Result<Self> {
        let flags = OFlags::DIRECTORY.bits().cast_signed();
        OpenOptions::new().read(true).custom_flags(flags).open(path).map(Self)
    }

    pub(in crate::io) fn identity(&self) -> io::Result<DirectoryIdentity> {
        let metadata = self.0.metadata()?;
        Ok(DirectoryIdentity { device: metadata.dev(), inode: metadata.ino() })
    }

    pub(in crate::io) fn try_lock(&self) -> io::Result<bool> {
        super::try_lock(&self.0)
    }

    pub(in crate::io) fn unlock(&self) -> io::Result<()> {
        self.0.unlock()
    }

    pub(in crate::io) fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if name != "." && name != ".." {
                names.push(name);
            }
        }
        Ok(names)
    }

    pub(in crate::io) fn create(&self, name: &str) -> io::Result<File> {
        let file = self.open_at(name, OFlags::RDWR | OFlags::CREATE | OFlags::EXCL)?;
        if file.metadata()?.mode() & PERMISSION_BITS != FILE_MODE {
            // A umask that takes the owner's own rights. A file system that keeps no modes refuses, and its mount decides.
            match file.set_permissions(Permissions::from_mode(FILE_MODE)) {
                Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(error),
                _ => {}
            }
        }
        Ok(file)
    }

    pub(in crate::io) fn open_file(&self, name: &str, access: Access) -> io::Result<Opened> {
        let flags = match access {
            Access::Read => OFlags::RDONLY,
            Access::ReadWrite => OFlags::RDWR,
        };
        match self.open_at(name, flags) {
            Ok(file) => Opened::check(file),
            // FreeBSD says MLINK where the others say LOOP.
            Err(Errno::LOOP | Errno::MLINK) => Ok(Opened::Other(A_LINK)),
            Err(Errno::ISDIR) => Ok(Opened::Other(A_DIRECTORY)),
            Err(Errno::NXIO) => Ok(Opened::Other(A_SPECIAL_FILE)),
            Err(error) => Err(error.into()),
        }
    }

    fn open_at(&self, name: &str, flags: OFlags) -> Result<File, Errno> {
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
        let mode = Mode::RUSR | Mode::WUSR;
        retry_on_intr(|| rustix::fs::openat(&self.0, name, flags, mode)).map(File::from)
    }

    pub(in crate::io) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        Ok(retry_on_intr(|| rustix::fs::renameat(&self.0, from, &self.0, to))?)
    }

    pub(in crate::io) fn remove(&self, name: &str) -> io::Result<()> {
        Ok(retry_on_intr(|| rustix::fs::unlinkat(&self.0, name, AtFlags::empty()))?)
    }

    pub(in crate::io) fn sync(&self) -> io::Result<()> {
        self.0.sync_all()
    }
}

/// Makes one directory with mode 0700, whatever the umask.
pub(in crate::io) fn make_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(DIRECTORY_MODE).create(path)?;
    if fs::symlink_metadata(path)?.mode() & PERMISSION_BITS != DIRECTORY_MODE {
        match fs::set_permissions(path, Permissions::from_mode(DIRECTORY_MODE)) {
            Err(error) if error.kind() != io::ErrorKind::PermissionDenied => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

pub(in crate::io) fn sync_directory_at(path: &Path) -> io::Result<()> {
    OpenDirectory::open(path)?.sync()
}

/// Whether the process `pid` can be the one that has the directory locked: it exists, and no list of locks names others.
pub(in crate::io) fn may_hold(pid: u32, directory: DirectoryIdentity) -> bool {
    let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) else { return false };
    let holders = flock_holders(directory);
    let is_listed = holders.is_empty() || holders.contains(&pid.as_raw_pid());
    is_listed && test_kill_process(pid) != Err(Errno::SRCH)
}

/// The processes that have a directory locked, where Linux lists them, as in `1: FLOCK  ADVISORY  WRITE 2112 fd:00:1837 0 EOF`: device and inode, the first as two
/// hexadecimal numbers.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn flock_holders(directory: DirectoryIdentity) -> Vec<i32> {
    let (major, minor) = (rustix::fs::major(directory.device), rustix::fs::minor(directory.device));
    let place = format!("{major:02x}:{minor:02x}:{}", directory.inode);
    let locks = fs::read_to_string("/proc/locks").unwrap_or_default();
    let holder = |line: &str| {
        let mut fields = line.split_whitespace().skip(1);
        let is_flock = fields.next() == Some("FLOCK");
        let pid = fields.nth(2)?.parse().ok()?;
        (is_flock && fields.next() == Some(&place)).then_some(pid)
    };
    locks.lines().filter_map(holder).collect()
}

/// Others keep no list that a program can read.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn flock_holders(_directory: DirectoryIdentity) -> Vec<i32> {
    Vec::new()
}

pub(in crate::io) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    file.read_at(buffer, offset)
}

pub(in crate::io) fn write_at(file: &File, bytes: &[u8], offset: u64) -> io::Result<usize> {
    file.write_at(bytes, offset)
}

pub(in crate::io) fn allocated(file: &File) -> io::Result<u64> {
    Ok(file.metadata()?.blocks().saturating_mul(BLOCK_BYTES))
}

/// Allocates the bytes from `start` to `end`, growing the file to `end`; `false` where that cannot be done here.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(in crate::io) fn allocate(file: &File, start: u64, end: u64) -> io::Result<bool> {
    use rustix::fs::{FallocateFlags, fallocate};
    match retry_on_intr(|| fallocate(file, FallocateFlags::empty(), start, end.saturating_sub(start))) {
        Ok(()) => Ok(true),
        Err(Errno::OPNOTSUPP | Errno::NOSYS) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Only Linux has a call that allocates and grows at once; elsewhere the caller sets the length.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
#[expect(clippy::unnecessary_wraps, reason = "the same signature as on Linux")]
pub(in crate::io) fn allocate(_file: &File, _start: u64, _end: u64) -> io::Result<bool> {
    Ok(false)
}
