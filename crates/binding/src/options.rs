//! A handle's options.

use std::time::Duration;

use agent_storage_engine::options::{DurabilityMode, Options};
use napi_derive::napi;

use crate::shapes::integer;

/// Options as TypeScript has checked them; what is absent has the engine's default.
#[napi(object, object_to_js = false)]
pub struct NativeOptions {
    /// When a change becomes durable.
    #[napi(ts_type = "\"background\" | \"sync\"")]
    pub durability: Option<String>,
    /// Milliseconds.
    pub sync_interval_ms: Option<f64>,
    /// Whether to make a store where there is none.
    pub create_if_missing: Option<bool>,
    /// 1 to 19.
    pub compression_level: Option<f64>,
    /// Versions kept.
    pub history_limit: Option<f64>,
    /// Records a load may read.
    pub max_delta_chain: Option<f64>,
    /// Bytes.
    pub max_record_bytes: Option<f64>,
    /// Milliseconds.
    pub lock_timeout_ms: Option<f64>,
    /// Whether no byte of the directory may change.
    pub read_only: Option<bool>,
}

impl From<NativeOptions> for Options {
    fn from(given: NativeOptions) -> Self {
        let default = Self::default();
        let milliseconds = |value: f64| Duration::from_millis(integer(value));
        let small = |value: f64| u32::try_from(integer(value)).unwrap_or(u32::MAX);
        Self {
            durability: match given.durability.as_deref() {
                Some("sync") => DurabilityMode::Sync,
                _ => DurabilityMode::Background,
            },
            sync_interval: given.sync_interval_ms.map_or(default.sync_interval, milliseconds),
            create_if_missing: given.create_if_missing.unwrap_or(default.create_if_missing),
            compression_level: given
                .compression_level
                .map_or(default.compression_level, |level| i32::try_from(integer(level)).unwrap_or(i32::MAX)),
            history_limit: given.history_limit.map_or(default.history_limit, small),
            max_delta_chain: given.max_delta_chain.map_or(default.max_delta_chain, small),
            max_record_bytes: given.max_record_bytes.map_or(default.max_record_bytes, integer),
            lock_timeout: given.lock_timeout_ms.map_or(default.lock_timeout, milliseconds),
            read_only: given.read_only.unwrap_or(default.read_only),
        }
    }
}
