//! A process killed at random moments, in the middle of appends, saves, deletes, prunes, flushes and compactions, on a real directory.
//!
//! The test runs itself again as the child, which makes the calls that a seed stands for and tells through a pipe what was accepted. The parent
//! kills it, opens the store and checks that everything accepted is there, and nothing else but the one call that was under way.
//!
//! Would catch: a call that returns before its bytes are with the operating system, a recovery that drops what a killed process accepted, a lock that
//! outlives its process, a recovery that cannot be killed and repeated.
//!
//! For how long, and from which seed: see `support::long_run`.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

pub mod support;

use std::{
    collections::{BTreeMap, HashMap, hash_map::DefaultHasher},
    fmt::Write as _,
    hash::{Hash, Hasher},
    io::{BufRead, BufReader, Write, stdout},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use agent_storage_engine::{engine::Op, io::disk::Disk, registry::Registry, store::Store};
use support::{
    history::History,
    long_run::{print_figures, seeds},
    model::State,
    observe::observe,
    rng::Rng,
    runner::{Runner, options},
    workload::{Mix, Step, Workload},
};

const DIRECTORY: &str = "ENGINE_KILL_DIRECTORY";
const SEED: &str = "ENGINE_KILL_SEED";
/// Instead of a workload the child only opens the store.
const ONLY_OPEN: &str = "ENGINE_KILL_ONLY_OPEN";
const MIX: Mix = Mix { larger_than_a_frame: 1, upkeep: 15, backups: false };
const INTERVAL: Duration = Duration::from_millis(5);
/// A directory is used for so many lives, so that checking stays quick.
const LIVES_OF_A_DIRECTORY: u64 = 20;

fn batches(step: Step) -> Vec<Vec<Op>> {
    match step {
        Step::Commit(ops) => vec![ops],
        Step::Append(stream, events) => vec![vec![Op::Append { stream, events, after: None }]],
        Step::Together(batches) => batches,
        _ => Vec::new(),
    }
}

fn hash(ops: &[Op]) -> u64 {
    let mut hasher = DefaultHasher::new();
    for op in ops {
        match op {
            Op::Append { stream, events, .. } => (stream, events).hash(&mut hasher),
            // Two that differ in their time alone are two, and either may come first.
            Op::Save(save) => {
                (&save.id, &save.data, &save.meta, &save.lineage, save.time.map(f64::to_bits))
                    .hash(&mut hasher);
            }
            other => format!("{other:?}").hash(&mut hasher),
        }
    }
    hasher.finish()
}

/// What the child does: it never ends by itself.
#[test]
#[ignore = "only a child of the other test runs it"]
fn child() {
    let (Ok(directory), Ok(seed)) = (std::env::var(DIRECTORY), std::env::var(SEED)) else { return };
    let directory = Path::new(&directory);
    let registry = Registry::new(Arc::new(Disk));
    let store = Store::open(&registry, directory, options(INTERVAL)).expect("opens");
    if std::env::var(ONLY_OPEN).is_ok() {
        store.close_and_wait().expect("closes");
        return;
    }
    let base = observe(&store, None).expect("reads");
    let workload = Workload::new(seed.parse().expect("a number"), MIX);
    let mut runner = Runner::attach(registry, directory, base, workload, options(INTERVAL)).expect("opens");
    drop(store);
    loop {
        let told = runner.history.last();
        runner.step().expect("a call");
        let mut line = "step".to_owned();
        for (position, ops) in runner.history.accepted_after(told) {
            write!(line, " {position} {}", hash(ops)).expect("room in a string");
        }
        writeln!(stdout().lock(), "{line}").expect("the parent reads");
    }
}

fn spawn(directory: &Path, seed: u64, only_open: bool) -> Child {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .env(DIRECTORY, directory)
        .env(SEED, seed.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    if only_open {
        command.env(ONLY_OPEN, "1");
    }
    command.spawn().expect("a child")
}

/// The accepted batches of each step that came to its end: position by hash.
fn read_steps(output: ChildStdout) -> Vec<HashMap<u64, Vec<u64>>> {
    let lines = BufReader::new(output).lines().map_while(Result::ok);
    let steps = lines.filter_map(|line| {
        // The harness writes its own words before the first one.
        let (_, line) = line.split_once("step")?;
        let numbers: Vec<u64> = line.split_whitespace().map(|word| word.parse().expect("a number")).collect();
        let mut accepted: HashMap<u64, Vec<u64>> = HashMap::new();
        for pair in numbers.chunks(2) {
            accepted.entry(pair[1]).or_default().push(pair[0]);
        }
        Some(accepted)
    });
    steps.collect()
}

/// What the child did, told from its seed and from what it wrote. The last is the step that was under way.
fn rebuild(base: State, seed: u64, steps: Vec<HashMap<u64, Vec<u64>>>) -> (History, Step, usize) {
    let mut workload = Workload::new(seed, MIX);
    let mut history = History::new(base.clone());
    let mut state = base;
    let count = steps.len();
    for mut accepted in steps {
        let mut placed = BTreeMap::new();
        for ops in batches(workload.next(&state)) {
            if let Some(position) = accepted.get_mut(&hash(&ops)).and_then(Vec::pop) {
                placed.insert(position, ops);
            }
        }
        assert!(
            accepted.values().all(Vec::is_empty),
            "seed {seed}: parent and child disagree about the calls"
        );
        for (position, ops) in placed {
            state.advance(&ops);
            history.accepted(position, ops);
        }
    }
    let under_way = workload.next(&state);
    for ops in batches(under_way.clone()) {
        history.doubtful(ops);
    }
    (history, under_way, count)
}

fn kill_after(mut child: Child, pause: Duration) -> Vec<HashMap<u64, Vec<u64>>> {
    let output = child.stdout.take().expect("a pipe");
    let reader = thread::spawn(move || read_steps(output));
    thread::sleep(pause);
    child.kill().expect("it never ends by itself");
    child.wait().expect("it was killed");
    reader.join().expect("reads to its end")
}

#[test]
fn nothing_accepted_is_lost_to_a_kill() {
    let mut under_way: BTreeMap<&str, u64> = BTreeMap::new();
    let (mut killed, mut killed_recoveries, mut calls) = (0u64, 0u64, 0);
    let mut directory = tempfile::tempdir().expect("a directory");
    let mut base = State::default();
    for (lives, seed) in (0u64..).zip(seeds(4200, 176)) {
        if lives.is_multiple_of(LIVES_OF_A_DIRECTORY) {
            directory = tempfile::tempdir().expect("a directory");
            base = State::default();
        }
        let path = directory.path().join("store");
        let mut rng = Rng::new(seed);
        let pause = Duration::from_millis(20 + rng.below(180));
        let steps = kill_after(spawn(&path, seed, false), pause);
        killed += 1;
        if rng.chance(1, 4) {
            kill_after(spawn(&path, seed, true), Duration::from_millis(1 + rng.below(12)));
            killed += 1;
            killed_recoveries += 1;
        }
        let (history, step, count) = rebuild(std::mem::take(&mut base), seed, steps);
        calls += count;
        *under_way.entry(step.kind()).or_default() += 1;
        let registry = Registry::new(Arc::new(Disk));
        let store = Store::open(&registry, &path, options(INTERVAL))
            .unwrap_or_else(|error| panic!("seed {seed}: it does not open: {error}"));
        let found = observe(&store, None).unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        if let Err(wrong) = history.check(&found, history.last()) {
            panic!("seed {seed}, killed in {step:?} after {count} steps: {wrong}, after{}", history.tail());
        }
        store.close_and_wait().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        base = found;
    }
    println!(
        "{killed} kills, {killed_recoveries} of them while opening, after {calls} calls; under way: {under_way:?}"
    );
    print_figures(&[("kills", killed)]);
}
