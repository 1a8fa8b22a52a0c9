//! Stopping a long call, and watching it.
//!
//! Constraints: a call never waits for JavaScript, and keeps the process alive only by its own promise, not by its progress.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};
use std::time::Instant;

use napi::{
    Result,
    bindgen_prelude::{FnArgs, Function},
    threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode},
};
use napi_derive::napi;

use crate::shapes::number;

/// Progress is told at most this often, and at the end.
const TELL_EVERY_MS: u64 = 100;

type Teller = ThreadsafeFunction<(f64, f64), (), FnArgs<(f64, f64)>, napi::Status, false, true>;

/// What a long call asks and tells.
#[derive(Clone, Default)]
pub(crate) struct Watch {
    aborted: Arc<AtomicBool>,
    teller: Option<Arc<Telling>>,
}

struct Telling {
    teller: Teller,
    started: Instant,
    next_ms: AtomicU64,
}

impl Watch {
    pub(crate) fn is_aborted(&self) -> bool {
        self.aborted.load(Ordering::Relaxed)
    }

    pub(crate) fn progress(&self, done: u64, total: u64) {
        let Some(telling) = &self.teller else { return };
        let now = u64::try_from(telling.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if done < total && now < telling.next_ms.load(Ordering::Relaxed) {
            return;
        }
        telling.next_ms.store(now + TELL_EVERY_MS, Ordering::Relaxed);
        telling.teller.call((number(done), number(total)), ThreadsafeFunctionCallMode::NonBlocking);
    }
}

/// The JavaScript end of a long call.
#[napi]
pub struct NativeLongCall {
    watch: Watch,
}

#[napi]
impl NativeLongCall {
    /// A call that tells `on_progress` how much of how much is done.
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
        let telling = teller
            .map(|teller| Arc::new(Telling { teller, started: Instant::now(), next_ms: AtomicU64::new(0) }));
        Ok(Self { watch: Watch { aborted: Arc::default(), teller: telling } })
    }

    /// Asks the call to stop.
    #[napi(catch_unwind)]
    pub fn abort(&self) {
        self.watch.aborted.store(true, Ordering::Relaxed);
    }

    pub(crate) fn watch(&self) -> Watch {
        self.watch.clone()
    }
}
