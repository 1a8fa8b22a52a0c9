//! Checkpoints on their way to JavaScript, listed while they are read.

use agent_storage_engine::store::Checkpoints;
use napi::{Env, Result};
use napi_derive::napi;

use crate::{errors::answer, options::saturated, shapes::NativeCheckpointInfo};

/// A list of checkpoints, as they were when it was made.
#[napi]
pub struct NativeListing {
    checkpoints: Checkpoints,
}

impl From<Checkpoints> for NativeListing {
    fn from(checkpoints: Checkpoints) -> Self {
        Self { checkpoints }
    }
}

#[napi]
impl NativeListing {
    /// The next checkpoints, at most `maxCheckpoints`; none at the end.
    #[napi(catch_unwind)]
    pub fn next(&mut self, env: Env, max_checkpoints: f64) -> Result<Vec<NativeCheckpointInfo>> {
        let infos = self.checkpoints.by_ref().take(saturated(max_checkpoints));
        answer(env, infos.map(|info| info.map(NativeCheckpointInfo::from)).collect())
    }
}
