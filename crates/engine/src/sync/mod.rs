//! Locks, atomics, channels, threads and time: those of the machine or, with the feature `schedules`, those of a test that decides which thread runs.
//!
//! Constraint: whatever a thread may wait for, or another may see change, comes from here; a test of schedules runs all threads as one, and
//! would hang where one of them waited for the machine.
//!
//! The idea is that of loom and shuttle: the same code, with the scheduler as an input.

#[cfg(not(feature = "schedules"))]
mod machine;
#[cfg(feature = "schedules")]
mod scheduled;

#[cfg(not(feature = "schedules"))]
pub(crate) use self::machine::*;
#[cfg(feature = "schedules")]
pub(crate) use self::scheduled::*;
