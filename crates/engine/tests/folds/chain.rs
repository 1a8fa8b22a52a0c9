//! A checksum over all events in order: another one for every other list of events.

use agent_storage_engine::folds::Fold;

use super::subject::Subject;
use crate::support::rng::Rng;

/// See the module.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chain {
    sum: u64,
    pub(super) events: u64,
}

impl Fold for Chain {
    const NAME: &'static str = "test-chain";

    type Finished = Self;

    fn apply(&mut self, event: &[u8]) {
        self.events += 1;
        for byte in event {
            self.sum = (self.sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3).rotate_left(7);
        }
    }

    fn size_bytes(&self) -> usize {
        self.encode().len()
    }

    /// Every fourth is large, so that it takes several records.
    fn encode(&self) -> Vec<u8> {
        let mut bytes = [self.sum.to_le_bytes(), self.events.to_le_bytes()].concat();
        bytes.resize(if self.events.is_multiple_of(4) { 600_000 } else { 16 }, 7);
        bytes
    }

    fn decode(bytes: Vec<u8>) -> Option<Self> {
        let (sum, rest) = bytes.split_first_chunk()?;
        let (events, padding) = rest.split_first_chunk()?;
        let state = Self { sum: u64::from_le_bytes(*sum), events: u64::from_le_bytes(*events) };
        (padding.iter().all(|byte| *byte == 7) && state.encode().len() == bytes.len()).then_some(state)
    }

    fn finish(self) -> Self {
        self
    }
}

impl Subject for Chain {
    type Plain = Self;

    fn random_event(rng: &mut Rng, _before: &Self) -> Vec<u8> {
        rng.bytes(40)
    }

    fn apply_to(plain: &mut Self, event: &[u8]) {
        plain.apply(event);
    }

    fn plain(finished: Self) -> Self {
        finished
    }
}
