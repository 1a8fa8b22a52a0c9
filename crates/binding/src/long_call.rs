//! The watch over a call that may take minutes.
//!
//! Constraints: it keeps no process alive, never waits for JavaScript, and tells of progress at most every 100 ms.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use agent_storage_engine::store::{Abort, Progress};
use napi::{
    Status, Unknown,
    bindgen_prelude::FnArgs,
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;

use crate::errors::number;

const TELL_EVERY: Duration = Duration::from_millis(100);

/// Weak: what is pending is the call's own promise, not this.
type Tell = ThreadsafeFunction<FnArgs<(f64, f64)>, Unknown<'static>, FnArgs<(f64, f64)>, Status, false, true>;

/// Watches one long call, and can end it.
#[napi]
pub struct NativeLongCall {
    shared: Arc<Shared>,
}

struct Shared {
    aborted: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    tell: Option<Tell>,
}

#[napi]
impl NativeLongCall {
    /// `onProgress` gets how much is done and how much there is; it must not throw. The last figures may reach it after the call has ended: they are in `done` and `total` by then.
    #[napi(constructor)]
    pub fn new(
        #[napi(ts_arg_type = "((done: number, total: number) => void) | undefined | null")]
        on_progress: Option<Tell>,
    ) -> Self {
        let shared = Shared {
            aborted: AtomicBool::new(false),
            done: AtomicU64::new(0),
            total: AtomicU64::new(0),
            tell: on_progress,
        };
        Self { shared: Arc::new(shared) }
    }

    /// Asks the call to end; it then fails with `ERR_STORAGE_ABORTED`, unless it is over before it notices.
    #[napi]
    pub fn abort(&self) {
        self.shared.aborted.store(true, Ordering::Relaxed);
    }

    /// How much is done.
    #[napi(getter)]
    pub fn done(&self) -> f64 {
        number(self.shared.done.load(Ordering::Relaxed))
    }

    /// How much there is.
    #[napi(getter)]
    pub fn total(&self) -> f64 {
        number(self.shared.total.load(Ordering::Relaxed))
    }
}

/// What the engine asks and tells; without a call nobody is asked or told.
pub(crate) fn watch(call: Option<&NativeLongCall>) -> (Abort, Progress) {
    let Some(call) = call else { return (Box::new(|| false), Box::new(|_, _| {})) };
    let (asked, told) = (Arc::clone(&call.shared), Arc::clone(&call.shared));
    let mut last = Instant::now();
    let progress = move |done, total| {
        told.done.store(done, Ordering::Relaxed);
        told.total.store(total, Ordering::Relaxed);
        if let Some(tell) = &told.tell
            && last.elapsed() >= TELL_EVERY
        {
            last = Instant::now();
            tell.call((number(done), number(total)).into(), ThreadsafeFunctionCallMode::NonBlocking);
        }
    };
    (Box::new(move || asked.aborted.load(Ordering::Relaxed)), Box::new(progress))
}
