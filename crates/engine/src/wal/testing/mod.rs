//! A directory in memory whose files can be made to fail, to tear and to lose what was not synced.

mod directory;
mod file;
mod random;

use std::sync::Arc;

pub(super) use self::{directory::MemoryDirectory, file::MemoryFile, random::Random};
use crate::{
    format::frame::Link,
    ids::{FileNumber, Position, StoreId},
    sync::Mutex,
};

pub(super) const STORE: StoreId = StoreId(*b"0123456789abcdef");
pub(super) const NUMBER: FileNumber = FileNumber(7);
pub(super) const START: Link = Link { position: Position(41), checksum: 0xdead_beef };

/// Something a test has called at a certain point.
type Hook = Mutex<Option<Arc<dyn Fn(&MemoryFile) + Send + Sync>>>;
