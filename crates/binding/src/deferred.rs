//! The one way in which a call becomes a promise.
//!
//! Constraints: the promise is settled exactly once, whatever becomes of the call: one that stays pending would keep the process alive for ever. The answer may come from any thread, also
//! after the environment that asked is gone.

use agent_storage_engine::{
    engine::Done,
    error::{Error, Result},
};
use napi::{
    Env, JsDeferred,
    bindgen_prelude::{Object, ToNapiValue},
};

use crate::errors::thrown;

type Resolve<R> = Box<dyn FnOnce(Env) -> napi::Result<R> + Send>;

/// A promise for what `start` gives to its [`Done`], made into a JavaScript value by `convert` on the JavaScript thread.
pub(crate) fn promise<T, R>(
    env: &Env,
    convert: fn(T) -> R,
    start: impl FnOnce(Done<T>),
) -> napi::Result<Object<'_>>
where
    T: Send + 'static,
    R: ToNapiValue + 'static,
{
    let (deferred, promise) = env.create_deferred::<R, Resolve<R>>()?;
    let pending = Pending { deferred: Some(deferred), convert };
    start(Box::new(move |answer| pending.settle(answer)));
    Ok(promise)
}

/// A promise that nobody has settled yet.
struct Pending<T: Send + 'static, R: ToNapiValue + 'static> {
    deferred: Option<JsDeferred<R, Resolve<R>>>,
    convert: fn(T) -> R,
}

impl<T: Send + 'static, R: ToNapiValue + 'static> Pending<T, R> {
    fn settle(mut self, answer: Result<T>) {
        self.resolve(answer);
    }

    fn resolve(&mut self, answer: Result<T>) {
        let Some(deferred) = self.deferred.take() else { return };
        let convert = self.convert;
        deferred.resolve(Box::new(move |env| match answer {
            Ok(value) => Ok(convert(value)),
            Err(error) => Err(thrown(env, &error)),
        }));
    }
}

impl<T: Send + 'static, R: ToNapiValue + 'static> Drop for Pending<T, R> {
    fn drop(&mut self) {
        self.resolve(Err(Error::Panicked { what: "a call was never answered".to_owned() }));
    }
}
