//! Sequences of operations on one store, through closings, kills and power cuts, against the model in memory; proptest makes them and shrinks those
//! that fail.
//!
//! Constraints:
//! - every answer is compared, not only what is found at the end: the answer of each change, and each read byte by byte;
//! - after a crash the state found is a prefix of the accepted order with all that was durable in it, and the model goes on from there;
//! - names, keys and times are few, so that operations meet, and odd, so that none of them is taken for something else;
//! - an operation names what it is about in relation to what there is (the last sequence, the newest version), so that it means something in
//!   whatever sequence shrinking leaves it;
//! - a sequence follows from its seed alone, and so does what comes of it, but for what background threads do meanwhile: what they sync,
//!   preallocate or merge by themselves changes no answer, and may change what a power cut takes.
//!
//! `crash.rs` cuts one workload at every call; this goes through many different, shorter ones. For how long, and from which seed: see
//! `support::long_run`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

#[path = "../support/mod.rs"]
pub mod support;

mod calls;
mod changes;
mod crashes;
mod operation;
mod player;
mod resolve;
mod strategy;
mod values;

use std::{
    cell::{Cell, RefCell},
    fmt::Write,
};

use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use self::{
    operation::{Operation, Sequence},
    player::{Counts, play},
};
use support::long_run::{print_figures, seeds};

/// Sequences that are made of one seed.
const CASES: u32 = 8;

/// How many shorter sequences are tried once one failed, and for how many milliseconds at most.
const SHRINKING: (u32, u32) = (4000, 180_000);

/// How often each of them is tried: what a power cut takes may depend on what a background thread did just before.
const TRIES: usize = 4;

/// Would catch a condition that is not checked, a change or a version that flush, compaction or recovery drops or brings back, an order that is
/// lost, a read that gives too few or too many, an answer that does not fit what was done, and a read-only opening that writes.
#[test]
fn every_sequence_of_operations_agrees_with_the_model() {
    let counts = RefCell::new(Counts::default());
    for seed in seeds(1, 12) {
        let mut runner = TestRunner::new_with_rng(config(), rng(seed));
        let (unfinished, failed) = (Cell::new(false), Cell::new(false));
        let outcome = runner.run(&strategy::sequence(), |sequence| {
            failed.set(failed.get() || unfinished.replace(true));
            for _ in 0..if failed.get() { TRIES } else { 1 } {
                counts.borrow_mut().add(&play(&sequence));
            }
            unfinished.set(false);
            Ok(())
        });
        if let Err(failure) = outcome {
            panic!("seed {seed}: {}", told(&failure));
        }
    }
    let counts = counts.into_inner();
    println!("{counts:?}");
    print_figures(&[
        ("sequences", counts.sequences),
        ("operations", counts.operations),
        ("sequence_crashes", counts.kills + counts.cuts),
    ]);
}

fn config() -> Config {
    let (max_shrink_iters, max_shrink_time) = SHRINKING;
    // A seed repeats a failure; a sequence that showed a fault goes to regressions.rs.
    Config { cases: CASES, max_shrink_iters, max_shrink_time, failure_persistence: None, ..Config::default() }
}

fn rng(seed: u64) -> TestRng {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    TestRng::from_seed(RngAlgorithm::ChaCha, &bytes)
}

/// What failed, and the shortest sequence that was found to fail, an operation a line.
fn told(failure: &TestError<Sequence>) -> String {
    let TestError::Fail(why, sequence) = failure else { return failure.to_string() };
    let mut text = format!("{why}\nin a store opened with {:?}:", sequence.opened);
    for operation in sequence.operations.iter().filter(|one| !matches!(one, Operation::Nothing)) {
        write!(text, "\n  {operation:?}").expect("room in a string");
    }
    text
}
