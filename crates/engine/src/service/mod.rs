//! The threads that serve every open store: a fixed number for the whole process, started when they are first needed.
//!
//! Constraints: a job knows its store, a thread does not; a job that panics takes no thread with it; no job waits for another job of its own pool.

pub(crate) mod pool;
mod read_ahead;
pub(crate) mod timer;

pub use self::read_ahead::{ReadAhead, Walk};
use self::{pool::Pool, timer::Timer};
use crate::sync::{Mutex, process_wide, thread};

/// How many devices have a sync thread of their own; further ones share them.
const SYNC_THREADS: usize = 3;

process_wide! {
    static POOL: Pool = {
        let cores = thread::available_parallelism().map_or(2, usize::from);
        Pool::new("storage-pool", cores.clamp(2, 4))
    };
}
process_wide! { static OPENINGS: Pool = Pool::new("storage-open", 4); }
process_wide! { static MAINTENANCE: Timer = Timer::new("storage-upkeep"); }
process_wide! { static SYNC: [Timer; SYNC_THREADS] = std::array::from_fn(|_| Timer::new("storage-sync")); }
process_wide! { static DEVICES: Mutex<Vec<u64>> = Mutex::default(); }

/// Compresses, loads and lists. Jobs that wait for the disk may run here, so there are two threads even on one core.
pub(crate) fn pool() -> &'static Pool {
    &POOL
}

/// Opens and closes stores, which may wait for a lock: apart from the pool, so that no other store waits with them.
pub(crate) fn openings() -> &'static Pool {
    &OPENINGS
}

/// Flushes, compactions, preallocation and idle releases, one at a time.
pub(crate) fn maintenance() -> &'static Timer {
    &MAINTENANCE
}

/// Syncs the logs of the stores on `device`.
pub(crate) fn sync(device: u64) -> &'static Timer {
    let mut devices = DEVICES.lock();
    let index = devices.iter().position(|known| *known == device).unwrap_or_else(|| {
        devices.push(device);
        devices.len() - 1
    });
    drop(devices);
    let [first, second, third] = &*SYNC;
    match index % SYNC_THREADS {
        0 => first,
        1 => second,
        _ => third,
    }
}
