//! A loaded record that has not crossed yet.
//!
//! Constraint: the bytes are given back as soon as they have been taken, since the object that held them lives until JavaScript's garbage is collected.

use std::{mem, sync::Arc};

use agent_storage_columns::{LongText, Skeleton};
use napi::{
    Env, Error, Result,
    bindgen_prelude::{Array, BufferSlice},
};
use napi_derive::napi;

use crate::shapes::number;

/// The bytes of one version of a checkpoint, to be taken once.
#[napi]
pub struct NativeRecord {
    raw: Arc<Vec<u8>>,
    skeleton: Option<Skeleton>,
}

impl NativeRecord {
    /// Best made on a thread other than JavaScript's: this reads all of `raw`.
    pub(crate) fn new(raw: Arc<Vec<u8>>) -> Self {
        let skeleton = Skeleton::of(&raw);
        Self { raw, skeleton }
    }

    fn bytes(&self) -> &[u8] {
        self.skeleton.as_ref().map_or(&self.raw, |skeleton| &skeleton.bytes)
    }
}

#[napi]
impl NativeRecord {
    /// How many bytes there are to take.
    #[napi(getter)]
    pub fn length(&self) -> f64 {
        number(self.bytes().len() as u64)
    }

    /// Copies the bytes to the beginning of `target`, which is at least as long, and lets go of them. The texts are those that the bytes 0xc1 stand for, in order; there are
    /// none of those bytes where there are no texts.
    #[napi(catch_unwind, ts_return_type = "string[]")]
    pub fn take<'env>(
        &mut self,
        env: &'env Env,
        #[napi(ts_arg_type = "Buffer")] mut target: BufferSlice<'_>,
    ) -> Result<Array<'env>> {
        let bytes = self.bytes();
        let room = target.get_mut(..bytes.len());
        room.ok_or_else(|| Error::from_reason("the target is too short"))?.copy_from_slice(bytes);
        let raw = mem::take(&mut self.raw);
        let texts = self.skeleton.take().map(|skeleton| skeleton.texts).unwrap_or_default();
        let mut made = env.create_array(u32::try_from(texts.len()).unwrap_or(u32::MAX))?;
        for (place, LongText { range, is_ascii }) in (0..).zip(texts) {
            let text = raw.get(range).unwrap_or_default();
            let text = if is_ascii {
                env.create_string_latin1(text)?
            } else {
                env.create_string(
                    str::from_utf8(text).map_err(|error| Error::from_reason(error.to_string()))?,
                )?
            };
            made.set(place, text)?;
        }
        Ok(made)
    }
}
