//! Replacing a file's content atomically.
//!
//! Constraint: after a crash at any point the name holds all of the old content or all of the new (or is as absent as it was), never a mixture;
//! once [`replace`] has returned it is the new one. For that the content is durable before the name points to it, and the
//! name is durable before the caller goes on.
//!
//! After a failure the temporary file may be left behind; the next replacement removes it. Whether the name holds the old or
//! the new content is known only if the failure is [`Error::Full`]: then it is the old one.

use super::Directory;
use crate::error::{Error, Result};

/// Makes `bytes` the content of the file `name`, by way of the file `temporary` in the same directory.
///
/// A failed sync is not repeated: the caller takes it as it takes every failed sync.
pub fn replace(directory: &dyn Directory, temporary: &str, name: &str, bytes: &[u8]) -> Result<()> {
    directory.remove(temporary)?;
    let file = directory.create(temporary)?;
    if let Err(failed) = file.write_all_at(bytes, 0) {
        return Err(give_back(directory, temporary, failed.error));
    }
    file.sync()?;
    directory.rename(temporary, name)?;
    directory.sync()
}

/// A temporary file that found no room only takes more of it. Nothing that counts was changed, so the refusal is whole.
fn give_back(directory: &dyn Directory, temporary: &str, error: Error) -> Error {
    if !error.is_out_of_space() {
        return error;
    }
    match directory.remove(temporary) {
        Ok(()) => Error::Full { path: directory.path().join(temporary) },
        Err(failed) => failed,
    }
}
