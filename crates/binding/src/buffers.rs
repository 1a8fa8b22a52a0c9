//! Values on their way to JavaScript that the binding's own code has to turn into JavaScript's.
//!
//! Constraints: bytes are always a copy in an ordinary `ArrayBuffer`, valid whatever happens to the store.

use std::sync::Arc;

use napi::{
    Env, JsValue, Result,
    bindgen_prelude::{
        BufferSlice, Float64ArraySlice, Int32ArraySlice, ToNapiValue, TypeName, Uint32ArraySlice, ValueType,
        sys,
    },
};

/// Bytes that become a `Buffer`.
pub struct Bytes(pub(crate) Arc<Vec<u8>>);

impl From<Vec<u8>> for Bytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self(Arc::new(bytes))
    }
}

/// Numbers that become a `Float64Array`.
pub struct Doubles(pub(crate) Vec<f64>);

/// Numbers that become a `Uint32Array`.
pub struct Words(pub(crate) Vec<u32>);

/// Numbers that become an `Int32Array`.
pub struct Integers(pub(crate) Vec<i32>);

/// ASCII that becomes a string.
pub struct Ascii(pub(crate) Vec<u8>);

macro_rules! copied {
    ($name:ident, $js:literal, $type:ident, $env:ident, $value:ident => $copy:expr) => {
        impl TypeName for $name {
            fn type_name() -> &'static str {
                $js
            }

            fn value_type() -> ValueType {
                ValueType::$type
            }
        }

        impl ToNapiValue for $name {
            #[expect(
                unsafe_code,
                reason = "the trait's signature; the raw environment is the one that calls"
            )]
            unsafe fn to_napi_value(env: sys::napi_env, $value: Self) -> Result<sys::napi_value> {
                let $env = Env::from_raw(env);
                Ok($copy.raw())
            }
        }
    };
}

copied!(Bytes, "Buffer", Object, env, value => BufferSlice::copy_from(&env, &**value.0)?);
copied!(Doubles, "Float64Array", Object, env, value => Float64ArraySlice::copy_from(&env, &value.0)?);
copied!(Words, "Uint32Array", Object, env, value => Uint32ArraySlice::copy_from(&env, &value.0)?);
copied!(Integers, "Int32Array", Object, env, value => Int32ArraySlice::copy_from(&env, &value.0)?);
copied!(Ascii, "string", String, env, value => env.create_string_latin1(&value.0)?);

/// A value of whatever type.
pub(crate) struct AnyValue(IntoJs);

type IntoJs = Box<dyn FnOnce(&Env) -> Result<sys::napi_value> + Send>;

impl AnyValue {
    /// `value` for a promise.
    pub(crate) fn new<T: ToNapiValue + Send + 'static>(value: T) -> Self {
        Self(Box::new(move |env| Ok(value.into_unknown(env)?.raw())))
    }
}

impl ToNapiValue for AnyValue {
    #[expect(unsafe_code, reason = "the trait's signature; the raw environment is the one that calls")]
    unsafe fn to_napi_value(env: sys::napi_env, value: Self) -> Result<sys::napi_value> {
        (value.0)(&Env::from_raw(env))
    }
}
