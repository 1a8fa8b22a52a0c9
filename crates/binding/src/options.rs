//! The options of a handle and of a list.
//!
//! Constraints: an absent option is the engine's default; ranges are the engine's.

use std::time::Duration;

use agent_storage_engine::{
    catalog::listing::{ListOptions, Order},
    error::{Error, Result},
    options::{DurabilityMode, Options},
};
use napi_derive::napi;

/// How a store is opened; times in milliseconds, sizes in bytes.
#[napi(object, object_to_js = false)]
pub struct NativeOptions {
    #[napi(ts_type = "\"background\" | \"sync\"")]
    pub durability: Option<String>,
    pub sync_interval_ms: Option<f64>,
    pub create_if_missing: Option<bool>,
    pub compression_level: Option<f64>,
    pub history_limit: Option<f64>,
    pub max_delta_chain: Option<f64>,
    pub max_record_bytes: Option<f64>,
    pub lock_timeout_ms: Option<f64>,
}

/// Which checkpoints to list; `from` and `until` bound their time, both inclusive.
#[napi(object, object_to_js = false)]
pub struct NativeListOptions {
    pub prefix: Option<String>,
    pub lineage: Option<String>,
    pub limit: Option<f64>,
    pub reverse: Option<bool>,
    #[napi(ts_type = "\"firstSaved\" | \"time\"")]
    pub order_by: Option<String>,
    pub from: Option<f64>,
    pub until: Option<f64>,
}

impl TryFrom<NativeOptions> for Options {
    type Error = Error;

    fn try_from(given: NativeOptions) -> Result<Self> {
        let default = Self::default();
        let durability = match given.durability.as_deref() {
            None => default.durability,
            Some("background") => DurabilityMode::Background,
            Some("sync") => DurabilityMode::Sync,
            Some(other) => return Err(unknown("durability", other)),
        };
        Ok(Self {
            durability,
            sync_interval: given.sync_interval_ms.map_or(default.sync_interval, milliseconds),
            create_if_missing: given.create_if_missing.unwrap_or(default.create_if_missing),
            compression_level: given.compression_level.map_or(default.compression_level, level),
            history_limit: given.history_limit.map_or(default.history_limit, saturated),
            max_delta_chain: given.max_delta_chain.map_or(default.max_delta_chain, saturated),
            max_record_bytes: given.max_record_bytes.map_or(default.max_record_bytes, saturated),
            lock_timeout: given.lock_timeout_ms.map_or(default.lock_timeout, milliseconds),
        })
    }
}

impl TryFrom<NativeListOptions> for ListOptions {
    type Error = Error;

    fn try_from(given: NativeListOptions) -> Result<Self> {
        let order = match given.order_by.as_deref() {
            None => Order::default(),
            Some("firstSaved") => Order::FirstSaved,
            Some("time") => Order::Time,
            Some(other) => return Err(unknown("orderBy", other)),
        };
        Ok(Self {
            prefix: given.prefix.unwrap_or_default(),
            lineage: given.lineage,
            limit: given.limit.map(saturated),
            reverse: given.reverse.unwrap_or_default(),
            order,
            from: given.from,
            until: given.until,
        })
    }
}

fn unknown(option: &str, value: &str) -> Error {
    Error::InvalidArgument { what: format!("{option} cannot be {value:?}") }
}

pub(crate) fn milliseconds(given: f64) -> Duration {
    Duration::from_millis(saturated(given))
}

fn level(given: f64) -> i32 {
    i32::try_from(saturated::<u32>(given)).unwrap_or(i32::MAX)
}

/// Integers that a JavaScript number becomes; one out of range becomes the nearest, whose range the engine then checks.
pub(crate) trait FromNumber {
    fn from_number(number: f64) -> Self;
}

macro_rules! from_number {
    ($($integer:ty),*) => {$(
        impl FromNumber for $integer {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "saturating is what is wanted"
            )]
            fn from_number(number: f64) -> Self {
                number as Self
            }
        }
    )*};
}

from_number!(u32, u64, usize);

pub(crate) fn saturated<T: FromNumber>(number: f64) -> T {
    T::from_number(number)
}
