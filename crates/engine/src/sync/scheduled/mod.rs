//! Those of shuttle, a scheduler that runs one thread at a time and chooses which at every lock, atomic, channel and wait.
//!
//! Constraint: a deadline passes when the scheduler says so, whatever was to happen before it: a program that is right is right for every speed of the machine.

mod clock;
mod condvar;
pub(crate) mod thread;

pub(crate) use shuttle::sync::{atomic, mpsc};
pub(crate) use shuttle_parking_lot_impl::{Mutex, MutexGuard, RwLock};

pub(crate) use self::{clock::Instant, condvar::Condvar};

/// A value that the whole process shares, which here is one run of a schedule.
macro_rules! process_wide {
    ($(#[$attribute:meta])* $(pub($scope:ident))? static $name:ident: $type:ty = $value:expr;) => {
        shuttle::lazy_static! { $(#[$attribute])* $(pub($scope))? static ref $name: $type = $value; }
    };
}
pub(crate) use process_wide;
