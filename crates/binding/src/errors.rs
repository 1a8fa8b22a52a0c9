//! The engine's errors as JavaScript errors.
//!
//! Constraints: a real `Error` with the stable `code` and, where the kind has them, `path`, `offset`, `holderPid`, `actual`, `errno`, `syscall` and `cause`; whatever goes wrong
//! while it is made, an error comes out.

use std::{path::Path, process};

use agent_storage_engine::error::Error as StorageError;
use napi::{
    Env, Error, JsValue, Result, Status,
    bindgen_prelude::{JsObjectValue, Object},
};

use crate::shapes::number;

/// `error` as what is thrown or rejected with.
pub(crate) fn to_js(env: &Env, error: &StorageError) -> Error {
    match object(env, error) {
        Ok(object) => Error::from_unknown_without_coercion(object.to_unknown()),
        Err(failed) => failed,
    }
}

fn object<'env>(env: &'env Env, error: &StorageError) -> Result<Object<'env>> {
    let mut object = env.create_error(Error::new(Status::GenericFailure, error.to_string()))?;
    object.set_named_property("code", error.code())?;
    match error {
        StorageError::Locked { path, holder_pid } => {
            set_path(&mut object, path)?;
            object.set_named_property("holderPid", *holder_pid)?;
        }
        StorageError::OpenHere { path } => {
            set_path(&mut object, path)?;
            object.set_named_property("holderPid", process::id())?;
        }
        StorageError::Corrupt { path, offset, .. } => {
            set_path(&mut object, path)?;
            object.set_named_property("offset", number(*offset))?;
        }
        StorageError::UnsupportedFormat { path, .. }
        | StorageError::NotAStore { path, .. }
        | StorageError::NotEmpty { path, .. }
        | StorageError::NoStore { path }
        | StorageError::HandleClosed { path }
        | StorageError::Full { path } => set_path(&mut object, path)?,
        StorageError::ReadOnly { path, source } => {
            set_path(&mut object, path)?;
            object.set_named_property("errno", source.raw_os_error())?;
        }
        StorageError::Io { operation, path, source } => {
            set_path(&mut object, path)?;
            object.set_named_property("syscall", *operation)?;
            object.set_named_property("errno", source.raw_os_error())?;
        }
        StorageError::Conflict { actual, .. } => object.set_named_property("actual", number(*actual))?,
        StorageError::Poisoned { cause } => {
            let cause = self::object(env, cause)?;
            object.set_named_property("cause", cause)?;
        }
        _ => {}
    }
    Ok(object)
}

fn set_path(object: &mut Object<'_>, path: &Path) -> Result<()> {
    object.set_named_property("path", path.to_string_lossy().as_ref())
}
