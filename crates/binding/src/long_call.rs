//! Stopping a long call, and watching it.
//!
//! Constraints: a call never waits for JavaScript, tells of progress at most every 100 ms, and keeps the process alive only by its own promise, not by its progress.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use agent_storage_engine::store::{Abort, Progress};
use napi::{
    Result, Status,
    bindgen_prelude::{FnArgs, Function},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;

use crate::shapes::number;

const TELL_EVERY: Duration = Duration::from_millis(100);

type Teller = ThreadsafeFunction<(f64, f64), (), FnArgs<(f64, f64)>, Status, false, true>;

/// The JavaScript end of a long call.
#[napi]
pub struct NativeLongCall {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    aborted: AtomicBool,
    done: AtomicU64,
    total: AtomicU64,
    teller: Option<Teller>,
}

#[napi]
impl NativeLongCall {
    /// A call that tells `on_progress` how much of how much is done. What it tells last may come after its promise; `done` and `total` have it before.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        #[napi(ts_arg_type = "(done: number, total: number) => void")] on_progress: Option<
            Function<'_, FnArgs<(f64, f64)>, ()>,
        >,
    ) -> Result<Self> {
        let teller = on_progress
            .map(|on_progress| {
                on_progress
                    .build_threadsafe_function::<(f64, f64)>()
                    .weak::<true>()
                    .build_callback(|context| Ok(FnArgs::from(context.value)))
            })
            .transpose()?;
        Ok(Self { shared: Arc::new(Shared { teller, ..Shared::default() }) })
    }

    /// Asks the call to stop.
    #[napi(catch_unwind)]
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

/// What the engine asks and tells.
pub(crate) fn watch(call: Option<&NativeLongCall>) -> (Abort, Progress) {
    let asked = call.map(|call| Arc::clone(&call.shared)).unwrap_or_default();
    let told = Arc::clone(&asked);
    let mut last: Option<Instant> = None;
    let progress = move |done, total| {
        told.done.store(done, Ordering::Relaxed);
        told.total.store(total, Ordering::Relaxed);
        if let Some(teller) = &told.teller
            && last.is_none_or(|last| last.elapsed() >= TELL_EVERY)
        {
            last = Some(Instant::now());
            teller.call((number(done), number(total)), ThreadsafeFunctionCallMode::NonBlocking);
        }
    };
    (Box::new(move || asked.aborted.load(Ordering::Relaxed)), Box::new(progress))
}
