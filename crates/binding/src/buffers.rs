//! Bytes and numbers on their way to JavaScript.
//!
//! Constraints: what goes out is a copy over a plain `ArrayBuffer`, valid after the store is closed.

use agent_storage_engine::store::Bytes;
use napi::{
    Env, Result, ValueType,
    bindgen_prelude::{BufferSlice, Float64ArraySlice, ToNapiValue, TypeName, Uint32ArraySlice},
    sys,
};

/// Bytes that become a `Buffer` of their own.
pub enum OutBytes {
    /// Owned.
    Owned(Vec<u8>),
    /// Shared with the engine's cache.
    Shared(Bytes),
}

impl From<Vec<u8>> for OutBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Owned(bytes)
    }
}

impl From<Bytes> for OutBytes {
    fn from(bytes: Bytes) -> Self {
        Self::Shared(bytes)
    }
}

impl AsRef<[u8]> for OutBytes {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Owned(bytes) => bytes,
            Self::Shared(bytes) => bytes,
        }
    }
}

macro_rules! copied_out {
    ($type:ty, $into:ident, $js:literal) => {
        impl TypeName for $type {
            fn type_name() -> &'static str {
                $js
            }

            fn value_type() -> ValueType {
                ValueType::Object
            }
        }

        impl ToNapiValue for $type {
            #[expect(unsafe_code, reason = "the trait demands the signature")]
            unsafe fn to_napi_value(env: sys::napi_env, value: Self) -> Result<sys::napi_value> {
                let copy = $into::copy_from(&Env::from_raw(env), value)?;
                // SAFETY: `env` is the one that this call was made with.
                unsafe { ToNapiValue::to_napi_value(env, &copy) }
            }
        }
    };
}

/// Numbers that become a `Uint32Array`.
pub struct OutU32(pub Vec<u32>);

/// Numbers that become a `Float64Array`.
pub struct OutF64(pub Vec<f64>);

impl AsRef<[u32]> for OutU32 {
    fn as_ref(&self) -> &[u32] {
        &self.0
    }
}

impl AsRef<[f64]> for OutF64 {
    fn as_ref(&self) -> &[f64] {
        &self.0
    }
}

copied_out!(OutBytes, BufferSlice, "Buffer");
copied_out!(OutU32, Uint32ArraySlice, "Uint32Array");
copied_out!(OutF64, Float64ArraySlice, "Float64Array");
