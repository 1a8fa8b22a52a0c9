//! Random numbers that never come twice: store ids and the openings of a log. Not for secrets.
//!
//! Constraints: no dependency and no failure. The standard library seeds each thread's [`RandomState`] from the operating system and steps it
//! at every use; process id and time are mixed in, because a forked process inherits the seed.

use std::{
    hash::{BuildHasher, Hasher, RandomState},
    process,
    time::{SystemTime, UNIX_EPOCH},
};

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut filled = [0; N];
    for part in filled.chunks_mut(size_of::<u64>()) {
        for (byte, random) in part.iter_mut().zip(word().to_le_bytes()) {
            *byte = random;
        }
    }
    filled
}

fn word() -> u64 {
    let mut hasher = RandomState::new().build_hasher();
    hasher.write_u32(process::id());
    // A clock before the epoch only means less to mix in.
    hasher.write_u128(SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos()));
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::{collections::HashSet, thread};

    use super::*;

    #[test]
    fn no_value_comes_twice_on_any_thread() {
        let threads: Vec<_> =
            (0..4).map(|_| thread::spawn(|| (0..1000).map(|_| bytes::<8>()).collect())).collect();
        let drawn: Vec<Vec<[u8; 8]>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        let distinct: HashSet<_> = drawn.iter().flatten().collect();
        assert_eq!(distinct.len(), 4000);
    }

    #[test]
    fn every_byte_is_filled() {
        // Catches a part that stays zero: sixteen draws that are all zero in one byte have a chance of 2^-128.
        let drawn: Vec<[u8; 13]> = (0..16).map(|_| bytes()).collect();
        assert!((0..13).all(|byte| drawn.iter().any(|bytes| bytes[byte] != 0)));
    }
}
