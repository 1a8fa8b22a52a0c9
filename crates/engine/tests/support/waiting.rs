//! Waiting for what other threads do.

use std::{
    thread,
    time::{Duration, Instant},
};

/// Waits until `holds`. `limit` only turns what never comes into a failure.
///
/// # Panics
/// Where it does not hold within that time.
pub fn wait_until(limit: Duration, what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < limit, "still not: {what}");
        thread::sleep(Duration::from_millis(1));
    }
}
