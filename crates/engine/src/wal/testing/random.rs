//! Random numbers of a test.

use crate::random;

/// Numbers from a seed that is shown when a test fails.
#[derive(Debug)]
pub(in crate::wal) struct Random(u64);

impl Random {
    pub(in crate::wal) fn new() -> Self {
        let seed = u64::from_le_bytes(random::bytes()) | 1;
        eprintln!("seed {seed}");
        Self(seed)
    }

    pub(in crate::wal) fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 20) % limit as u64).unwrap()
    }

    /// From 1 to less than `limit`, small numbers as often as large ones.
    pub(in crate::wal) fn below_any_size(&mut self, limit: usize) -> usize {
        let bits = self.below(limit.ilog2() as usize);
        (1 << bits) + self.below(1 << bits)
    }
}
