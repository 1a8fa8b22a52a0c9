//! How long a test goes on: a few fixed rounds in the test suite, or as long as a long run says.
//!
//! `ENGINE_SECONDS=n` lets it go on for that long, `ENGINE_ROUNDS=n` for that many rounds; `ENGINE_SEED=n` starts with that seed, so that
//! a printed one repeats what it showed. What was tried is printed as one line of JSON that starts with [`FIGURES`], which the command for
//! long runs adds up.

use std::{
    env,
    time::{Duration, Instant},
};

/// What the line with a test's figures starts with.
pub const FIGURES: &str = "figures: ";

/// The seeds of a test's rounds: `rounds` of them from `first` on, unless the environment says otherwise. Prints the first.
pub fn seeds(first: u64, rounds: u64) -> impl Iterator<Item = u64> {
    let first = number("ENGINE_SEED").unwrap_or(first);
    let time = number("ENGINE_SECONDS").map(Duration::from_secs);
    let rounds = number("ENGINE_ROUNDS").unwrap_or(if time.is_some() { u64::MAX - first } else { rounds });
    println!("seeds from {first}");
    let start = Instant::now();
    (first..first + rounds).take_while(move |_| time.is_none_or(|time| start.elapsed() < time))
}

/// Whether a long run was asked for.
pub fn is_long() -> bool {
    env::var_os("ENGINE_SECONDS").is_some() || env::var_os("ENGINE_ROUNDS").is_some()
}

/// Prints how many of what were tried.
pub fn print_figures(figures: &[(&str, u64)]) {
    let members: Vec<String> = figures.iter().map(|(name, count)| format!("\"{name}\":{count}")).collect();
    println!("{FIGURES}{{{}}}", members.join(","));
}

fn number(variable: &str) -> Option<u64> {
    let value = env::var(variable).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{variable} is no whole number: {value:?}")))
}
