//! A fold that is tested.

use std::fmt::Debug;

use agent_storage_engine::folds::Fold;

use crate::support::rng::Rng;

/// See the module.
pub(super) trait Subject: Fold {
    /// Its state in a form that has nothing to do with how the fold keeps it.
    type Plain: Debug + Default + Clone + PartialEq + Send;

    /// An event that may come behind those that led to `before`.
    fn random_event(rng: &mut Rng, before: &Self::Plain) -> Vec<u8>;

    /// Gives an event its effect.
    fn apply_to(plain: &mut Self::Plain, event: &[u8]);

    /// What a state says that was given out.
    fn plain(finished: Self::Finished) -> Self::Plain;
}
