//! Programs that read what is kept otherwise than [`Chain`] does.

use agent_storage_engine::folds::Fold;

use super::chain::Chain;

/// How many events are there to be read, pruned ones included: a fold that never has a state.
#[derive(Default)]
pub(super) struct Count(pub(super) u64);

impl Fold for Count {
    const NAME: &'static str = "test-count";

    type Finished = Self;

    fn apply(&mut self, _event: &[u8]) {
        self.0 += 1;
    }

    fn size_bytes(&self) -> usize {
        0
    }

    fn encode(&self) -> Vec<u8> {
        Vec::new()
    }

    fn decode(_bytes: Vec<u8>) -> Option<Self> {
        None
    }

    fn finish(self) -> Self {
        self
    }
}

/// A program that can read the states of [`Chain`] of at most `READS` events.
#[derive(Debug, Default)]
pub(super) struct OlderChain<const READS: u64>(pub(super) Chain);

impl<const READS: u64> Fold for OlderChain<READS> {
    const NAME: &'static str = Chain::NAME;

    type Finished = Self;

    fn apply(&mut self, event: &[u8]) {
        self.0.apply(event);
    }

    fn size_bytes(&self) -> usize {
        0
    }

    fn encode(&self) -> Vec<u8> {
        Vec::new()
    }

    fn decode(bytes: Vec<u8>) -> Option<Self> {
        Chain::decode(bytes).filter(|chain| chain.events <= READS).map(Self)
    }

    fn finish(self) -> Self {
        self
    }
}

/// What [`Chain`] is, and whether it was given out as it was kept.
#[derive(Debug, Default)]
pub(super) struct AsKept(Chain);

impl Fold for AsKept {
    const NAME: &'static str = Chain::NAME;

    type Finished = (Chain, bool);

    fn apply(&mut self, event: &[u8]) {
        self.0.apply(event);
    }

    fn size_bytes(&self) -> usize {
        self.0.size_bytes()
    }

    fn encode(&self) -> Vec<u8> {
        self.0.encode()
    }

    fn decode(bytes: Vec<u8>) -> Option<Self> {
        Chain::decode(bytes).map(Self)
    }

    fn finish(self) -> (Chain, bool) {
        (self.0, false)
    }

    fn decode_finished(bytes: Vec<u8>) -> Option<(Chain, bool)> {
        Chain::decode(bytes).map(|chain| (chain, true))
    }
}
