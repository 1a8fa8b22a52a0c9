//! Numbers that cross.
//!
//! Constraint: every number is a safe integer or a time; positions and sizes beyond 2^53 cannot occur in any store that fits a disk.

/// A count, size or position as JavaScript's number.
#[expect(clippy::cast_precision_loss, reason = "no store reaches 2^53 of anything")]
pub(crate) fn number(value: u64) -> f64 {
    value as f64
}

/// A number that TypeScript has checked to be a safe integer of at least 0.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and what is out of range was refused before"
)]
pub(crate) fn integer(value: f64) -> u64 {
    value as u64
}
