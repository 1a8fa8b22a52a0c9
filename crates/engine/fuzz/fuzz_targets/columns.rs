//! The target `columns` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| agent_storage_fuzz::run("columns", input));
