//! Bytes that are not what was written: flipped, zeroed, cut off, missing, of another store or of a newer version.
//!
//! Would catch: other bytes than those that were written, damage before the durable-through mark that is taken for a torn end, an opening that refuses
//! and has changed something by then, a file of somebody else that is touched.
//!
//! A long run (see `support::long_run`) flips every bit; the test suite one of each byte that is not zero, and of some that are.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "a test that cannot go on fails"
)]

#[path = "../support/mod.rs"]
pub mod support;

mod cases;
mod every_byte;
mod repair;

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    engine::{Op, SaveRequest},
    error::Error,
    io::Backend,
    registry::Registry,
    store::Store,
};
use support::{
    history::History,
    model::State,
    observe::observe,
    rng::Rng,
    runner::{Runner, STORE, options},
    sim::SimDisk,
    workload::{Mix, Step},
};

const LONG: Duration = Duration::from_secs(3600);
const FRAMES_OFFSET: usize = 12_288;
const THREADS: usize = 2;

type Files = BTreeMap<String, Vec<u8>>;

/// A store to be damaged.
struct Victim {
    name: &'static str,
    files: Files,
    history: History,
    /// What must be there whatever is damaged, unless the store refuses.
    at_least: u64,
}

fn save(id: &str, data: Vec<u8>) -> Op {
    let (id, lineage, meta) = (id.to_owned(), String::new(), vec![9; 30]);
    Op::Save(SaveRequest {
        id,
        data: Arc::new(data),
        lineage,
        meta,
        time: Some(1.),
        level: 3,
        max_delta_chain: 3,
    })
}

fn new_runner(disk: &SimDisk) -> Runner {
    Runner::open(Arc::new(disk.clone()), State::default(), 0, Mix::SMALL, options(LONG)).expect("opens")
}

fn small_changes(runner: &mut Runner, round: u8) {
    for number in 0..4 {
        let events = vec![vec![number ^ round; 20 + usize::from(number)]; 2];
        runner.make(Step::Append("trace".to_owned(), events)).expect("appends");
    }
    let mut data = vec![0; 200];
    for version in 0..3u8 {
        data.push(version + round);
        runner
            .make(Step::Commit(vec![save("agent", data.clone()), save("plan", vec![version; 50])]))
            .expect("saves");
    }
    let key = support::observe::INTERNAL_KEYS[0].to_vec();
    runner.make(Step::Commit(vec![Op::SetInternal { key, value: vec![round; 40] }])).expect("sets");
}

/// Everything in the log, closed.
fn log_only() -> Victim {
    let disk = SimDisk::new();
    let mut runner = new_runner(&disk);
    small_changes(&mut runner, 1);
    runner.close().expect("closes");
    victim("log", &disk, runner, true)
}

/// Runs, packs and a log, closed.
fn everything() -> Victim {
    let disk = SimDisk::new();
    let mut runner = new_runner(&disk);
    let large = Rng::new(5).bytes(33 << 10);
    small_changes(&mut runner, 1);
    runner.make(Step::FlushTables).expect("flushes");
    small_changes(&mut runner, 2);
    runner.make(Step::Commit(vec![save("large", large[..33_000].to_vec())])).expect("saves");
    runner.make(Step::FlushTables).expect("flushes");
    small_changes(&mut runner, 3);
    runner.close().expect("closes");
    victim("everything", &disk, runner, true)
}

/// A log with an end that was never synced.
fn unfinished() -> Victim {
    let disk = SimDisk::new();
    let mut runner = new_runner(&disk);
    small_changes(&mut runner, 1);
    runner.make(Step::Flush).expect("flushes");
    // The mark of the flush becomes durable with this one.
    runner.make(Step::Commit(vec![save("agent", vec![4; 60])])).expect("saves");
    for number in 0..5 {
        runner.make(Step::Append("tail".to_owned(), vec![vec![number; 70]])).expect("appends");
    }
    victim("unfinished", &disk, runner, false)
}

fn victim(name: &'static str, disk: &SimDisk, mut runner: Runner, closed: bool) -> Victim {
    let history = std::mem::take(&mut runner.history);
    let at_least = if closed { history.last() } else { history.durable() };
    Victim { name, files: contents(&disk.kill()), history, at_least }
}

fn disk_with(files: &Files) -> SimDisk {
    let disk = SimDisk::new();
    disk.open_directory(Path::new(STORE), true).expect("creates");
    for (name, bytes) in files {
        disk.put(Path::new(STORE), name, bytes);
    }
    disk
}

/// Without what only informs.
fn contents(disk: &SimDisk) -> Files {
    let mut files = disk.contents(Path::new(STORE));
    files.remove("owner");
    files
}

/// What became of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Right,
    RefusedToOpen,
    RefusedToRead,
}

impl Victim {
    /// Opens the store with other files and checks that what it gives is right or refused.
    fn open_damaged(&self, files: &Files, label: &str) -> Outcome {
        let disk = disk_with(files);
        let before = contents(&disk);
        let registry = Registry::new(Arc::new(disk.clone()));
        let store = match Store::open(&registry, Path::new(STORE), options(LONG)) {
            Ok(store) => store,
            Err(error) => {
                check_refusal(&error, label);
                assert!(
                    contents(&disk) == before,
                    "{label}: refused with {error}, but something was changed"
                );
                return Outcome::RefusedToOpen;
            }
        };
        match observe(&store, None) {
            Ok(found) => {
                let checked = self.history.check(&found, self.at_least);
                checked.unwrap_or_else(|wrong| panic!("{label}: {wrong}"));
                Outcome::Right
            }
            Err(error) => {
                check_refusal(&error, label);
                Outcome::RefusedToRead
            }
        }
    }

    fn is_closed(&self) -> bool {
        self.at_least == self.history.last()
    }

    fn with(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Files {
        let mut files = self.files.clone();
        change(files.get_mut(name).expect("the file"));
        files
    }
}

fn check_refusal(error: &Error, label: &str) {
    match error {
        Error::Corrupt { path, .. }
        | Error::UnsupportedFormat { path, .. }
        | Error::NotAStore { path, .. } => {
            assert!(path.starts_with(STORE), "{label}: {error}");
        }
        other => panic!("{label}: {other}"),
    }
}
