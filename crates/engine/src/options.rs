//! How a store is used.
//!
//! Constraints: every option has a default and a range, and is checked before anything is opened.

use std::time::Duration;

use crate::error::{Error, Result};

/// The largest record that any store takes, in bytes.
pub const MAX_RECORD_BYTES: u64 = 256 << 20;

/// The largest `meta` in bytes.
pub const MAX_META_BYTES: u64 = 64 << 10;

/// The longest id, lineage or stream name in bytes.
pub const MAX_NAME_BYTES: usize = 1024;

/// When an accepted change becomes durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DurabilityMode {
    /// An event survives the end of the process as soon as its call returns, and a power cut within [`Options::sync_interval`]. A save is durable when it is answered.
    #[default]
    Background,
    /// Every call is durable before it returns.
    Sync,
}

/// The options of one handle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// When a change becomes durable. Default: in the background.
    pub durability: DurabilityMode,
    /// How long after its acceptance a change's sync starts, at the latest. Default 50 ms; at least 1 ms.
    pub sync_interval: Duration,
    /// Whether opening makes a store where there is none. Default `true`.
    pub create_if_missing: bool,
    /// The zstd level. Default 3; 1 to 19.
    pub compression_level: i32,
    /// How many versions of a checkpoint are kept. Default 256; at least 1.
    pub history_limit: u32,
    /// How many records a load may have to read. Default 8, at most 255; 0 and 1 store every version whole.
    pub max_delta_chain: u32,
    /// The largest event or checkpoint in bytes. Default and at most 256 MiB.
    pub max_record_bytes: u64,
    /// How long opening waits while another process holds the store. Default: not at all.
    pub lock_timeout: Duration,
    /// Whether the store is only read: no byte of its directory changes, nothing is recovered or created, and changes are [`Error::ReadOnly`]. Default `false`.
    pub read_only: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            durability: DurabilityMode::Background,
            sync_interval: Duration::from_millis(50),
            create_if_missing: true,
            compression_level: 3,
            history_limit: 256,
            max_delta_chain: 8,
            max_record_bytes: MAX_RECORD_BYTES,
            lock_timeout: Duration::ZERO,
            read_only: false,
        }
    }
}

impl Options {
    /// Checks every range.
    pub fn validate(&self) -> Result<()> {
        check(self.sync_interval >= Duration::from_millis(1), || {
            "syncIntervalMs must be at least 1".to_owned()
        })?;
        check((1..=19).contains(&self.compression_level), || {
            format!("compressionLevel must be 1 to 19, not {}", self.compression_level)
        })?;
        check(self.history_limit >= 1, || "historyLimit must be at least 1".to_owned())?;
        check(self.max_delta_chain <= 255, || {
            format!("maxDeltaChain must be 0 to 255, not {}", self.max_delta_chain)
        })?;
        check((1..=MAX_RECORD_BYTES).contains(&self.max_record_bytes), || {
            format!("maxRecordBytes must be 1 to {MAX_RECORD_BYTES}, not {}", self.max_record_bytes)
        })
    }
}

fn check(holds: bool, what: impl FnOnce() -> String) -> Result<()> {
    if holds { Ok(()) } else { Err(Error::InvalidArgument { what: what() }) }
}

/// Checks a lineage or the name of a stream: 0 to 1,024 bytes.
pub fn check_name(kind: &str, name: &str) -> Result<()> {
    check(name.len() <= MAX_NAME_BYTES, || {
        format!("{kind} has {} bytes of UTF-8, at most {MAX_NAME_BYTES} are possible", name.len())
    })
}

/// Checks a checkpoint id: 1 to 1,024 bytes.
pub fn check_id(id: &str) -> Result<()> {
    check(!id.is_empty(), || "a checkpoint id must not be empty".to_owned())?;
    check_name("a checkpoint id", id)
}

/// Checks a size against its limit.
pub fn check_size(what: &'static str, bytes: usize, limit: u64) -> Result<()> {
    let bytes = bytes as u64;
    if bytes <= limit { Ok(()) } else { Err(Error::TooLarge { what, bytes, limit }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_option_has_its_range() {
        let with = |change: fn(&mut Options)| {
            let mut options = Options::default();
            change(&mut options);
            options.validate()
        };
        Options::default().validate().unwrap();
        with(|options| options.sync_interval = Duration::ZERO).unwrap_err();
        with(|options| options.compression_level = 0).unwrap_err();
        with(|options| options.compression_level = 20).unwrap_err();
        with(|options| options.history_limit = 0).unwrap_err();
        with(|options| options.max_delta_chain = 256).unwrap_err();
        with(|options| options.max_delta_chain = 0).unwrap();
        with(|options| options.max_record_bytes = 0).unwrap_err();
        with(|options| options.max_record_bytes = MAX_RECORD_BYTES + 1).unwrap_err();
    }

    #[test]
    fn names_are_measured_in_bytes() {
        check_id("").unwrap_err();
        check_id(&"é".repeat(512)).unwrap();
        check_id(&"é".repeat(513)).unwrap_err();
        check_name("a stream", "").unwrap();
    }
}
