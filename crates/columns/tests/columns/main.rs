//! What JavaScript gets stands for exactly the values that went in, whatever those are.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failed expectation is a failed test"
)]

mod rebuild;
mod skeleton;
mod support;
