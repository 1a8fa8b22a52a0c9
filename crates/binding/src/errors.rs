//! An engine's error as a JavaScript one.
//!
//! Constraints: a real `Error` with a stable `code`; the other properties are there only where the kind of failure has them.

use std::{io, path::Path, sync::Arc};

use agent_storage_engine::error::Error;
use napi::{
    Env, JsValue,
    bindgen_prelude::{JsObjectValue, Object},
};

/// The engine's answer, or its error to be thrown.
pub(crate) fn answer<T>(env: Env, answer: Result<T, Error>) -> napi::Result<T> {
    answer.map_err(|error| thrown(env, &error))
}

/// `error` to be thrown, or to reject with.
pub(crate) fn thrown(env: Env, error: &Error) -> napi::Error {
    match object(&env, error) {
        Ok(object) => napi::Error::from_unknown_without_coercion(object.to_unknown()),
        Err(failed) => failed,
    }
}

fn object<'env>(env: &'env Env, error: &Error) -> napi::Result<Object<'env>> {
    let mut object = env.create_error(napi::Error::from_reason(error.to_string()))?;
    object.set_named_property("code", error.code())?;
    match error {
        Error::Locked { path, holder_pid } => {
            set_path(&mut object, path)?;
            if let Some(pid) = holder_pid {
                object.set_named_property("holderPid", *pid)?;
            }
        }
        Error::Corrupt { path, offset, .. } => {
            set_path(&mut object, path)?;
            object.set_named_property("offset", number(*offset))?;
        }
        Error::UnsupportedFormat { path, .. } | Error::NotAStore { path, .. } | Error::Full { path } => {
            set_path(&mut object, path)?;
        }
        Error::Conflict { actual, .. } => object.set_named_property("actual", number(*actual))?,
        Error::Poisoned { cause } => object.set_named_property("cause", self::object(env, cause)?)?,
        Error::Io { operation, path, source } => {
            set_path(&mut object, path)?;
            set_system_error(&mut object, source)?;
            object.set_named_property("syscall", *operation)?;
        }
        Error::ReadOnly { path, source } => {
            set_path(&mut object, path)?;
            set_system_error(&mut object, source)?;
        }
        _ => {}
    }
    Ok(object)
}

fn set_path(object: &mut Object<'_>, path: &Path) -> napi::Result<()> {
    object.set_named_property("path", path.to_string_lossy().into_owned())
}

fn set_system_error(object: &mut Object<'_>, source: &Arc<io::Error>) -> napi::Result<()> {
    // Negative, as Node's own errors have it.
    source.raw_os_error().map_or(Ok(()), |errno| object.set_named_property("errno", -errno))
}

/// A count as a JavaScript number; exact up to 2^53, which no count of a store reaches.
#[expect(clippy::cast_precision_loss, reason = "positions, sequences, sizes and times stay below 2^53")]
pub(crate) fn number(count: u64) -> f64 {
    count as f64
}
