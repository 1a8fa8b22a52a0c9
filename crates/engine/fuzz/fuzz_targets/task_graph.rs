//! The target `task_graph` for libFuzzer.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| agent_storage_fuzz::run("task_graph", input));
