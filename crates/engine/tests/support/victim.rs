//! Small stores that are damaged, and what may come of that: the right data, or a refusal that names what is damaged and has changed nothing.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    engine::{Op, SaveRequest},
    error::Error,
    io::Backend,
    registry::Registry,
    store::Store,
};

use super::{
    history::History,
    model::State,
    observe::{INTERNAL_KEYS, observe},
    rng::Rng,
    runner::{Runner, STORE, options},
    sim::SimDisk,
    workload::{Mix, Step},
};

/// A sync interval that leaves syncing to the calls that ask for it.
pub const LONG: Duration = Duration::from_secs(3600);

/// A store's files by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A store to be damaged.
#[derive(Debug)]
pub struct Victim {
    /// What it is, for messages.
    pub name: &'static str,
    /// Its files as they were left.
    pub files: Files,
    /// What was called.
    pub history: History,
    /// What must be there whatever is damaged, unless the store refuses.
    pub at_least: u64,
}

/// A save of `data` without a lineage.
pub fn save(id: &str, data: Vec<u8>) -> Op {
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
    let key = INTERNAL_KEYS[0].to_vec();
    runner.make(Step::Commit(vec![Op::SetInternal { key, value: vec![round; 40] }])).expect("sets");
}

/// Everything in the log, closed.
///
/// # Panics
/// Where a call fails.
#[must_use]
pub fn log_only() -> Victim {
    let disk = SimDisk::new();
    let mut runner = new_runner(&disk);
    small_changes(&mut runner, 1);
    runner.close().expect("closes");
    victim("log", &disk, runner, true)
}

/// Runs, packs and a log, closed.
///
/// # Panics
/// Where a call fails.
#[must_use]
pub fn everything() -> Victim {
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

/// A store that grew, was flushed again and again and compacted, closed; and its files as they were before each of the last steps.
///
/// # Panics
/// Where a call fails.
#[must_use]
pub fn grown() -> (Victim, Vec<Files>) {
    let disk = SimDisk::new();
    let mut runner = new_runner(&disk);
    let mut older = vec![contents(&disk.kill())];
    for round in 1..5 {
        small_changes(&mut runner, round);
        older.push(contents(&disk.kill()));
        runner.make(Step::FlushTables).expect("flushes");
        older.push(contents(&disk.kill()));
    }
    runner.make(Step::Compact).expect("compacts");
    older.push(contents(&disk.kill()));
    small_changes(&mut runner, 9);
    runner.close().expect("closes");
    (victim("grown", &disk, runner, true), older)
}

/// A log with an end that was never synced.
///
/// # Panics
/// Where a call fails.
#[must_use]
pub fn unfinished() -> Victim {
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

/// A disk with a store of these files.
///
/// # Panics
/// Never: the disk is empty.
#[must_use]
pub fn disk_with(files: &Files) -> SimDisk {
    let disk = SimDisk::new();
    disk.open_directory(Path::new(STORE), true).expect("creates");
    for (name, bytes) in files {
        disk.put(Path::new(STORE), name, bytes);
    }
    disk
}

/// The store's files, without what only informs.
#[must_use]
pub fn contents(disk: &SimDisk) -> Files {
    let mut files = disk.contents(Path::new(STORE));
    files.remove("owner");
    files
}

/// What became of damage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// Everything was read and is right.
    Right,
    /// It did not open.
    RefusedToOpen,
    /// It opened, and a call was refused.
    RefusedToRead,
}

impl Victim {
    /// Opens the store with other files and checks that what it gives is right or refused.
    ///
    /// # Panics
    /// Where it is neither.
    pub fn open_damaged(&self, files: &Files, label: &str) -> Outcome {
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

    /// Whether it was closed in order.
    pub fn is_closed(&self) -> bool {
        self.at_least == self.history.last()
    }

    /// Its files with one of them changed.
    ///
    /// # Panics
    /// Where it has no file of this name.
    pub fn with(&self, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Files {
        let mut files = self.files.clone();
        change(files.get_mut(name).expect("the file"));
        files
    }
}

/// Checks that `error` names damage of the store.
///
/// # Panics
/// Where it is another one.
pub fn check_refusal(error: &Error, label: &str) {
    match error {
        Error::Corrupt { path, .. } | Error::NotAStore { path, .. } => {
            assert!(path.starts_with(STORE), "{label}: {error}");
        }
        other => panic!("{label}: {other}"),
    }
}
