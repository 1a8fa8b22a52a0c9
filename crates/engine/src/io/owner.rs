//! The lock on a store's directory, and the file that tells others who holds it.
//!
//! Constraints:
//! - the lock is on the open directory itself, so removing any file of it, `owner` included, lets nobody else in, and the
//!   end of the process frees it;
//! - the file `owner` only informs: a killed process leaves it to whoever holds the lock without a word, so a process that is known not to hold it is not named;
//!   it is neither synced nor trusted, and a failure to write or remove it is no failure. On
//!   a directory that cannot be written the lock is taken all the same, for a reader that wants the store to itself;
//!   a writer is refused by its first file;
//! - it is touched only once the directory is known to be a store's;
//! - it is removed before the lock is given back, since afterwards it may be the next holder's.

use std::{process, sync::Arc, time::Duration};

use super::{Access, Directory, OWNER};
use crate::{
    error::{Error, Result},
    sync::{
        Instant,
        atomic::{AtomicBool, Ordering},
        thread,
    },
};

const FIRST_PAUSE: Duration = Duration::from_millis(1);
const LONGEST_PAUSE: Duration = Duration::from_millis(20);
/// A holder that has just taken the lock is about to say who it is. Waiting that long beats an error that names nobody.
const UNNAMED_HOLDER_GRACE: Duration = Duration::from_millis(50);
/// The digits of the largest `u32`.
const LONGEST_PID: usize = 10;

/// The exclusive lock on a directory, until it is dropped.
#[derive(Debug)]
pub struct DirectoryLock {
    directory: Arc<dyn Directory>,
    announced: AtomicBool,
}

impl DirectoryLock {
    /// Takes the lock of `directory`; where somebody else has it, tries again until `timeout` is over and then answers
    /// [`Error::Locked`] with the holder's process id, as far as it can be read. A file system that cannot lock is [`Error::Io`] of `flock`.
    pub fn acquire(directory: Arc<dyn Directory>, timeout: Duration) -> Result<Self> {
        let began = Instant::now();
        let mut pause = FIRST_PAUSE;
        while !directory.try_lock()? {
            let waited = began.elapsed();
            let mut left = timeout.saturating_sub(waited);
            if left.is_zero() {
                let holder_pid = holder_pid(directory.as_ref());
                left = timeout.saturating_add(UNNAMED_HOLDER_GRACE).saturating_sub(waited);
                if holder_pid.is_some() || left.is_zero() {
                    return Err(Error::Locked { path: directory.path().to_owned(), holder_pid });
                }
            }
            thread::sleep(pause.min(left));
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
        Ok(Self { directory, announced: AtomicBool::new(false) })
    }

    /// Tells others who holds the lock. Only for a directory that is known to be a store's: in any other, a file `owner` is somebody else's.
    pub fn announce(&self) {
        self.announced.store(true, Ordering::Relaxed);
        // Whatever became of it, the lock is held.
        let _informed = name_holder(self.directory.as_ref());
    }

    /// The locked directory.
    pub fn directory(&self) -> &Arc<dyn Directory> {
        &self.directory
    }
}

impl Drop for DirectoryLock {
    fn drop(&mut self) {
        // Nobody is left to tell of a failure; closing the directory gives the lock back as well.
        if *self.announced.get_mut() {
            let _informed = self.directory.remove(OWNER);
        }
        let _given_back = self.directory.unlock();
    }
}

fn name_holder(directory: &dyn Directory) -> Result<()> {
    // What an earlier holder left could be longer, and names the wrong process.
    directory.remove(OWNER)?;
    let file = directory.create(OWNER)?;
    Ok(file.write_all_at(process::id().to_string().as_bytes(), 0)?)
}

fn holder_pid(directory: &dyn Directory) -> Option<u32> {
    let file = directory.open(OWNER, Access::Read).ok()?;
    let length = usize::try_from(file.length().ok()?).ok().filter(|length| *length <= LONGEST_PID)?;
    let mut digits = vec![0; length];
    file.read_exact_at(&mut digits, 0).ok()?;
    parse_pid(&digits).filter(|pid| directory.may_be_locked_by(*pid))
}

/// Decimal digits and nothing else: a sign, a blank or a half-written line names nobody.
fn parse_pid(digits: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(digits).ok()?;
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::parse_pid;

    /// Would catch a message that names a process which never held the lock.
    #[test]
    fn only_a_whole_decimal_number_is_a_process_id() {
        assert_eq!(parse_pid(b"1"), Some(1));
        assert_eq!(parse_pid(b"4294967295"), Some(u32::MAX));
        for other in [&b""[..], b"+1", b"-1", b" 1", b"1\n", b"4294967296", b"0x1", b"1\0", b"\xff"] {
            assert_eq!(parse_pid(other), None, "{other:?}");
        }
    }
}
