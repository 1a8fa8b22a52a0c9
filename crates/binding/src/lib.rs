//! The Node addon: the engine's calls as napi.
//!
//! Constraints: nothing here decides anything about storage; no panic crosses into JavaScript; bytes are copied both ways, and never handed out as
//! external buffers, which Electron forbids; a promise is settled exactly once, from whatever thread; types and ranges are checked
//! by the TypeScript above, so a value of a wrong type here is a fault of the package.

#![expect(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    reason = "napi passes the environment by reference and strings by value"
)]

mod buffers;
mod checkpoint_calls;
mod column_walk;
mod columns;
mod deferred;
mod errors;
mod events;
mod graph;
mod graph_calls;
mod graph_fold;
mod listing;
mod long_call;
mod ops;
mod options;
mod record;
mod shapes;
mod store;
mod stream_calls;
mod timeline;

use std::path::Path;

use agent_storage_engine::{
    format::header,
    registry::Registry,
    store::{plan_repair, repair_directory as repair_store, run_apart, verify_directory as verify_store},
};
use napi::{Env, Result, bindgen_prelude::Object};
use napi_derive::napi;

use crate::{
    deferred::Answer,
    long_call::{NativeLongCall, watch},
    shapes::{NativeRepairReport, NativeVerifyReport},
};

/// The addon's version, as `MAJOR.MINOR.PATCH`.
#[napi]
pub fn version() -> &'static str {
    env!("CARGO_PKG_VERSION")
}

/// The version of the format on disk that this addon writes, and the newest it reads.
#[napi]
pub fn format_version() -> u32 {
    header::FORMAT_VERSION
}

/// Makes everything accepted durable, in all stores of the process: for its end.
#[napi(catch_unwind)]
pub fn sync_all() {
    Registry::of_process().sync_all();
}

/// Reads and checks every live byte of a store that nobody has open.
#[napi(catch_unwind, ts_return_type = "Promise<NativeVerifyReport>")]
pub fn verify_directory<'env>(
    env: &'env Env,
    directory: String,
    call: Option<&NativeLongCall>,
) -> Result<Object<'env>> {
    let (answer, promise) = Answer::new(env)?;
    let (abort, mut progress) = watch(call);
    run_apart(answer.done(NativeVerifyReport::from), move || {
        verify_store(Registry::of_process(), Path::new(&directory), &abort, &mut progress)
    });
    Ok(promise)
}

/// Makes a damaged store that nobody has open one that opens again, with everything that is not damaged; or only tells what that would do.
#[napi(catch_unwind, ts_return_type = "Promise<NativeRepairReport>")]
pub fn repair_directory<'env>(
    env: &'env Env,
    directory: String,
    dry_run: bool,
    call: Option<&NativeLongCall>,
) -> Result<Object<'env>> {
    let (answer, promise) = Answer::new(env)?;
    let (abort, mut progress) = watch(call);
    run_apart(answer.done(NativeRepairReport::from), move || {
        let repair = if dry_run { plan_repair } else { repair_store };
        repair(Registry::of_process(), Path::new(&directory), &abort, &mut progress)
    });
    Ok(promise)
}
