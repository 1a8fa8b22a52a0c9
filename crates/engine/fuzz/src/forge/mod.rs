//! Whole files made of what an input gives, with right checksums where the input asks for that: so that what lies behind them is reached.

mod log;
mod pack;
mod run;

use agent_storage_engine::{ids::Position, wal::Link};

pub(crate) use self::{
    log::log_files,
    pack::{pack_file, records_of},
    run::{ForgedBlock, run_file, run_of},
};

/// What a forged log's first frame chains to.
pub(crate) const LOG_START: Link = Link { position: Position(41), checksum: 0xdead_beef };

/// The number of a forged run.
pub(crate) const RUN_NUMBER: u64 = 7;

/// The number of a forged pack.
pub(crate) const PACK_NUMBER: u64 = 8;

/// The bit of an input's first byte that asks for right checksums.
const REPAIRED: u8 = 0x04;
