//! What concerns a directory or the whole process, not one handle.

use std::path::Path;

use agent_storage_engine::{engine::verify_directory as verify, registry::Registry, store::run_apart};
use napi::{Env, Result, bindgen_prelude::Object};
use napi_derive::napi;

use crate::{
    deferred::promise,
    long_call::{NativeLongCall, watch},
    shapes::NativeVerifyReport,
};

/// Verifies a store that nobody has open, and changes no byte of it.
#[napi(catch_unwind, ts_return_type = "Promise<NativeVerifyReport>")]
pub fn verify_directory<'env>(
    env: &'env Env,
    directory: String,
    call: Option<&NativeLongCall>,
) -> Result<Object<'env>> {
    let (abort, mut progress) = watch(call);
    promise(env, NativeVerifyReport::from, |done| {
        run_apart(done, move || {
            verify(&**Registry::of_process().backend(), Path::new(&directory), &abort, &mut progress)
        });
    })
}

/// Makes everything durable that any store of this process has accepted: for the end of the process. Waits for it.
#[napi(catch_unwind)]
pub fn sync_all() {
    Registry::of_process().sync_all();
}
