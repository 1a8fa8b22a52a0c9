//! Promises that native threads settle: the one pattern for every asynchronous call.
//!
//! Constraints: each is settled exactly once, also if its job panics or is dropped, since a promise that never is would keep the process alive for
//! ever; settling never blocks. Whatever type a promise has, it is settled by the same code: a copy for each would be large.

use std::panic::{AssertUnwindSafe, catch_unwind};

use agent_storage_engine::{
    engine::Done,
    error::{Error as StorageError, Result as StorageResult},
};
use napi::{
    Env, JsDeferred, Result,
    bindgen_prelude::{Object, ToNapiValue},
};

use crate::{buffers::AnyValue, errors::to_js};

type Resolver = Box<dyn FnOnce(Env) -> Result<AnyValue> + Send>;

/// The native end of a promise.
pub(crate) struct Answer {
    deferred: Option<JsDeferred<AnyValue, Resolver>>,
}

impl Answer {
    /// A promise and its native end.
    pub(crate) fn new(env: &Env) -> Result<(Self, Object<'_>)> {
        let (deferred, promise) = env.create_deferred()?;
        Ok((Self { deferred: Some(deferred) }, promise))
    }

    fn settle(&mut self, answer: StorageResult<AnyValue>) {
        if let Some(deferred) = self.deferred.take() {
            deferred.resolve(Box::new(move |env| answer.map_err(|error| to_js(&env, &error))));
        }
    }

    /// What the engine calls with its answer, which `convert` turns into the promise's value.
    pub(crate) fn done<U: Send + 'static, T: ToNapiValue + Send + 'static>(
        mut self,
        convert: impl FnOnce(U) -> T + Send + 'static,
    ) -> Done<U> {
        Box::new(move |answer| {
            let converted = catch_unwind(AssertUnwindSafe(|| answer.map(convert).map(AnyValue::new)));
            self.settle(converted.unwrap_or_else(|_| Err(never_answered())));
        })
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        self.settle(Err(never_answered()));
    }
}

fn never_answered() -> StorageError {
    StorageError::Panicked { what: "a call ended without an answer".to_owned() }
}
