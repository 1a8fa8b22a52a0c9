//! The target `skeleton` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| agent_storage_fuzz::run("skeleton", input));
