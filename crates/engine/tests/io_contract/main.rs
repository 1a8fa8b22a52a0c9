//! What every backend must do, run on the real disk and on the simulated one; then what only one of them can show.
//!
//! Tests that run on both stand in `contract`, `lock` and `replace` and are called here, once for each backend.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "../support/mod.rs"]
pub mod support;

mod contract;
mod lock;
mod power_cut;
mod replace;

#[cfg(unix)]
mod disk;

use std::path::Path;

use agent_storage_engine::{
    format::names::{self, FileName},
    io::{self, Backend, disk::Disk},
};

use support::sim::SimDisk;

/// Runs the test on a directory (not yet there) of each backend.
fn on_each_backend(test: impl Fn(&dyn Backend, &Path)) {
    let temporary = tempfile::tempdir().expect("a temporary directory");
    test(&Disk, &temporary.path().join("store"));
    test(&SimDisk::new(), Path::new("/store"));
}

/// Would catch the two parts, neither of which may import the other, naming these files differently.
#[test]
fn names_of_the_lock_are_those_of_the_format() {
    assert_eq!(io::OWNER, names::OWNER);
    assert_eq!(io::LOCK, names::LOCK);
    assert_eq!(FileName::parse(io::OWNER), Some(FileName::Owner));
}
