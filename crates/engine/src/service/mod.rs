//! The threads that serve every open store: a fixed number for the whole process, started when they are first needed.
//!
//! Constraints: a job knows its store, a thread does not; a job that panics takes no thread with it; no job waits for another job of its own pool.

pub(crate) mod pool;
pub(crate) mod timer;

use std::sync::OnceLock;

use self::{pool::Pool, timer::Timer};

/// How many devices have a sync thread of their own; further ones share them.
const SYNC_THREADS: usize = 3;

/// Compresses, loads and lists. Jobs that wait for the disk may run here, so there are two threads even on one core.
pub(crate) fn pool() -> &'static Pool {
    static POOL: OnceLock<Pool> = OnceLock::new();
    POOL.get_or_init(|| {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Pool::new("storage-pool", cores.clamp(2, 4))
    })
}

/// Opens and closes stores, which may wait for a lock: apart from the pool, so that no other store waits with them.
pub(crate) fn openings() -> &'static Pool {
    static OPENINGS: OnceLock<Pool> = OnceLock::new();
    OPENINGS.get_or_init(|| Pool::new("storage-open", 4))
}

/// Flushes, compactions, preallocation and idle releases, one at a time.
pub(crate) fn maintenance() -> &'static Timer {
    static MAINTENANCE: OnceLock<Timer> = OnceLock::new();
    MAINTENANCE.get_or_init(|| Timer::new("storage-upkeep"))
}

/// Syncs the logs of the stores on `device`.
pub(crate) fn sync(device: u64) -> &'static Timer {
    static SYNC: [OnceLock<Timer>; SYNC_THREADS] = [const { OnceLock::new() }; SYNC_THREADS];
    static DEVICES: parking_lot::Mutex<Vec<u64>> = parking_lot::Mutex::new(Vec::new());
    let mut devices = DEVICES.lock();
    let index = devices.iter().position(|known| *known == device).unwrap_or_else(|| {
        devices.push(device);
        devices.len() - 1
    });
    drop(devices);
    let [first, second, third] = &SYNC;
    let cell = match index % SYNC_THREADS {
        0 => first,
        1 => second,
        _ => third,
    };
    cell.get_or_init(|| Timer::new("storage-sync"))
}
