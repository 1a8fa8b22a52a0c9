//! Runs every fuzz target on the stable toolchain: on its committed inputs, then on seeded mutations of them.
//!
//! Would catch: a decoder that panics, hangs, reads beyond its input, accepts what it then cannot write, or allocates by a number that nothing
//! checked; a damaged store that gives other bytes than were written, or ends a thread of the engine.
//!
//! A round tries a number of inputs of each target that its cost allows. `ENGINE_TARGET=name` runs one target alone.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod mutate;

use std::{
    any::Any,
    collections::BTreeSet,
    env, fs,
    panic::{self, AssertUnwindSafe},
    path::{Path, PathBuf},
    sync::{
        Mutex, Once, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use agent_storage_fuzz::{
    TARGETS, Target,
    support::{
        long_run::{is_long, print_figures, seeds},
        rng::Rng,
    },
};

/// How many rounds there are in the test suite.
const ROUNDS: u64 = 24;

/// A target with its inputs and what was done with them.
struct Fuzzed {
    target: &'static Target,
    pool: Vec<Vec<u8>>,
    inputs: AtomicU64,
    nanoseconds: AtomicU64,
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The files of a folder, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    files.sort_unstable();
    files
}

impl Fuzzed {
    fn new(target: &'static Target) -> Self {
        let corpus = files(&folder("corpus").join(target.name));
        let pool: Vec<_> = corpus.iter().map(|path| fs::read(path).expect("a readable input")).collect();
        assert!(!pool.is_empty(), "{} has no inputs", target.name);
        Self { target, pool, inputs: AtomicU64::new(0), nanoseconds: AtomicU64::new(0) }
    }

    fn try_committed(&self) {
        for input in &self.pool {
            self.try_input(input, "a committed input");
        }
    }

    fn try_mutations(&self, seed: u64) {
        let mut rng = Rng::new(seed);
        let start = Instant::now();
        for _ in 0..self.target.share {
            let input = mutate::mutated(&self.pool, &mut rng);
            self.try_input(&input, &format!("ENGINE_SEED={seed}"));
        }
        let elapsed = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.nanoseconds.fetch_add(elapsed, Ordering::Relaxed);
    }

    fn try_input(&self, input: &[u8], whence: &str) {
        self.inputs.fetch_add(1, Ordering::Relaxed);
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| (self.target.run)(input)));
        if outcome.is_err() || panicked_elsewhere() {
            FAILED.store(true, Ordering::SeqCst);
            let why = outcome.err().map(|cause| message(&*cause)).unwrap_or_default();
            let bytes = input.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
            panic!("{}, {whence}: {why}\ninput: {bytes}", self.target.name);
        }
    }

    fn print_speed(&self) {
        let inputs = self.inputs.load(Ordering::Relaxed);
        let nanoseconds = self.nanoseconds.load(Ordering::Relaxed).max(1);
        let threads = thread::available_parallelism().map_or(1, usize::from) as u64;
        let a_second = inputs.saturating_mul(1_000_000_000) / nanoseconds * threads;
        println!("{:>14}: {inputs} inputs, {a_second} a second on all cores", self.target.name);
    }
}

fn message(cause: &(dyn Any + Send)) -> String {
    let text = cause.downcast_ref::<String>().cloned();
    text.or_else(|| cause.downcast_ref::<&str>().map(|text| (*text).to_owned())).unwrap_or_default()
}

/// Set by the first failure, which ends all threads.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Panics of threads that are not the test's own: of the engine's.
static PANICS_ELSEWHERE: AtomicU64 = AtomicU64::new(0);

fn panicked_elsewhere() -> bool {
    PANICS_ELSEWHERE.load(Ordering::SeqCst) > 0
}

/// The engine makes errors of its threads' panics, which would hide them.
fn note_panics_elsewhere() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            let own = thread::current().name().is_some_and(|name| name.starts_with("fuzz"));
            if !own {
                PANICS_ELSEWHERE.fetch_add(1, Ordering::SeqCst);
            }
            before(panic);
        }));
    });
}

#[test]
fn fuzz() {
    note_panics_elsewhere();
    let only = env::var("ENGINE_TARGET").ok();
    let chosen = TARGETS.iter().filter(|target| only.as_ref().is_none_or(|only| only == target.name));
    let fuzzed: Vec<_> = chosen.map(Fuzzed::new).collect();
    fuzzed.iter().for_each(Fuzzed::try_committed);
    let seeds = Mutex::new(seeds(1, ROUNDS));
    thread::scope(|scope| {
        for number in 0..thread::available_parallelism().map_or(1, usize::from) {
            let (seeds, fuzzed) = (&seeds, &fuzzed);
            let rounds = move || {
                while let Some(seed) = next_of(seeds) {
                    for one in fuzzed {
                        one.try_mutations(seed);
                    }
                }
            };
            thread::Builder::new()
                .name(format!("fuzz {number}"))
                .spawn_scoped(scope, rounds)
                .expect("a thread");
        }
    });
    if is_long() {
        fuzzed.iter().for_each(Fuzzed::print_speed);
    }
    let inputs = fuzzed.iter().map(|one| one.inputs.load(Ordering::Relaxed)).sum();
    print_figures(&[("inputs_fuzzed", inputs)]);
}

fn next_of(seeds: &Mutex<impl Iterator<Item = u64>>) -> Option<u64> {
    let goes_on = !FAILED.load(Ordering::SeqCst);
    goes_on.then(|| seeds.lock().unwrap_or_else(PoisonError::into_inner).next()).flatten()
}

/// Catches a target that only one of the two ways of running knows.
#[test]
fn every_target_has_a_program_and_inputs() {
    let names = |folder: &Path| -> BTreeSet<String> {
        let stem = |path: PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
        files(folder).into_iter().map(stem).collect()
    };
    let targets: BTreeSet<_> = TARGETS.iter().map(|target| target.name.to_owned()).collect();
    assert_eq!(names(&folder("fuzz_targets")), targets);
    assert_eq!(names(&folder("corpus")), targets);
}

/// Catches a change of the format that leaves the committed inputs behind: they would be refused at their first byte.
#[test]
fn the_committed_samples_are_those_of_the_code() {
    for target in TARGETS {
        for (index, sample) in (target.samples)().into_iter().enumerate() {
            let path = folder("corpus").join(target.name).join(format!("sample-{index:02}"));
            let committed = fs::read(&path).unwrap_or_default();
            assert!(committed == sample, "{}: run the example `write_corpus`", path.display());
        }
    }
}
