//! The real ones.

pub(crate) use std::{
    sync::{atomic, mpsc},
    thread,
    time::Instant,
};

pub(crate) use parking_lot::{Condvar, Mutex, MutexGuard, RwLock};

/// A value that the whole process shares, made when it is first asked for.
macro_rules! process_wide {
    ($(#[$attribute:meta])* $(pub($scope:ident))? static $name:ident: $type:ty = $value:expr;) => {
        $(#[$attribute])*
        $(pub($scope))? static $name: std::sync::LazyLock<$type> = std::sync::LazyLock::new(|| $value);
    };
}
pub(crate) use process_wide;
