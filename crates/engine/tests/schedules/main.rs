//! Orders in which threads may run: group commit, flush, compaction, readers, idle release and close under a scheduler that chooses which thread goes on at
//! each lock, atomic, channel, wait and call to the disk.
//!
//! Constraint: the feature `schedules` replaces all that threads wait for (`src/sync`), so that only these tests can run with it:
//! `cargo test -p agent-storage-engine --features schedules --test schedules`.
//!
//! Half of the schedules are random; the others are by priorities that change at few points, which finds what needs few but certain switches (Burckhardt and
//! others, "A Randomized Scheduler with Probabilistic Guarantees of Finding Bugs", 2010). For how long, and from which seed: see `support::long_run`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "../support/mod.rs"]
pub mod support;

mod explore;
mod group_commit;
mod lifetimes;
mod upkeep;
