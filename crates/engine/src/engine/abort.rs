//! Long calls that can be told to stop.

use crate::error::{Error, Result};

/// What a slice of a long call answers where it was told to stop.
pub(super) fn stopped(abort: &dyn Fn() -> bool) -> Result<()> {
    if abort() { Err(Error::Aborted) } else { Ok(()) }
}
