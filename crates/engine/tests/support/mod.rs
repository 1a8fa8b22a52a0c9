//! What several test programs share. Each says `pub mod support;`, so that what one of them does not use is no dead code.

pub mod answers;
pub mod calls;
pub mod history;
pub mod long_run;
pub mod model;
pub mod observe;
pub mod reads;
pub mod rng;
pub mod runner;
pub mod sim;
pub mod victim;
pub mod waiting;
pub mod workload;
