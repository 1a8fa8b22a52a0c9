//! What calls answer, in JavaScript's shapes.

mod checkpoint;
mod damage;
mod numbers;
mod repair;
mod stats;

pub(crate) use self::{
    checkpoint::{NativeBatchResult, NativeCheckpointInfo, infos},
    damage::NativeVerifyReport,
    numbers::{integer, number},
    repair::NativeRepairReport,
    stats::{NativeCompactionReport, NativeStats, NativeStreamInfo},
};
