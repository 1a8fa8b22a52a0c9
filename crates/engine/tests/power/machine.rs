//! The machine's own tools, which only its administrator may use.

use std::{env, fs, process::Command};

use rustix::process::geteuid;

/// Why a test cannot run here.
pub(crate) type Missing = String;

/// Whether this user and this machine have what mounting takes.
pub(crate) fn check(tools: &[&str]) -> Result<(), Missing> {
    if !geteuid().is_root() {
        return Err("only root can mount a file system".to_owned());
    }
    match tools.iter().find(|tool| !is_installed(tool)) {
        Some(tool) => Err(format!("there is no {tool}")),
        None => Ok(()),
    }
}

/// Tells on stdout that a test did not run.
pub(crate) fn skip(why: &Missing) {
    println!("skipped: {why}");
}

/// Runs a tool to its end and gives what it printed, or why it failed.
pub(crate) fn run(tool: &str, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(tool).args(arguments).output().map_err(|error| format!("{tool}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(format!("{tool} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr).trim()))
}

fn is_installed(tool: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path)
        .any(|directory| fs::metadata(directory.join(tool)).is_ok_and(|found| found.is_file()))
}
