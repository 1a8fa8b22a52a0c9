//! Bounds on what a decoder allocates.

use allocation_counter::measure;

/// What `call` answers.
///
/// # Panics
/// Where at one time more than `most_bytes` were allocated for it on this thread.
pub(crate) fn bounded<T>(most_bytes: usize, call: impl FnOnce() -> T) -> T {
    let mut answer = None;
    let used = measure(|| answer = Some(call()));
    assert!(
        used.bytes_max <= most_bytes as u64,
        "{} bytes were allocated where {most_bytes} are due",
        used.bytes_max
    );
    answer.expect("measuring calls once")
}

/// A bound for what holds its input in a form that takes up to `times` as much, and one small thing more.
pub(crate) fn times(times: usize, input: &[u8]) -> usize {
    const SMALL_BYTES: usize = 4096;
    times * input.len() + SMALL_BYTES
}
