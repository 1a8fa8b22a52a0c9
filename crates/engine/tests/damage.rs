//! Bytes that are not what was written: flipped, zeroed, cut off, missing, of another store or of a newer version.
//!
//! Would catch: other bytes than those that were written, damage before the durable-through mark that is taken for a torn end, an opening that refuses
//! and has changed something by then, a file of somebody else that is touched.
//!
//! `ENGINE_DAMAGE_ALL=1` flips every bit; without it one bit of each byte that is not zero, and of some that are.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

pub mod support;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use agent_storage_engine::{
    engine::{Op, SaveRequest},
    error::Error,
    format::names::FileName,
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

/// Runs `jobs` on a few threads and counts what came of them.
fn count(victim: &Arc<Victim>, jobs: Vec<(String, Files)>) -> BTreeMap<Outcome, usize> {
    let jobs = Arc::new(Mutex::new(jobs.into_iter()));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (jobs, victim) = (Arc::clone(&jobs), Arc::clone(victim));
            thread::spawn(move || {
                let mut counts = BTreeMap::new();
                while let Some((label, files)) = { jobs.lock().expect("no panic holds it").next() } {
                    *counts.entry(victim.open_damaged(&files, &label)).or_insert(0) += 1;
                }
                counts
            })
        })
        .collect();
    let mut sum = BTreeMap::new();
    for thread in threads {
        for (outcome, number) in thread.join().expect("right or refused") {
            *sum.entry(outcome).or_insert(0) += number;
        }
    }
    sum
}

/// The bits to flip: all of them, or one of each byte that is not zero and of every so manieth that is.
fn bits(bytes: &[u8], rng: &mut Rng) -> Vec<usize> {
    if std::env::var("ENGINE_DAMAGE_ALL").is_ok() {
        return (0..bytes.len() * 8).collect();
    }
    let stride = bytes.len() / 3000 + 1;
    let chosen = |rng: &mut Rng, index: usize, byte: u8| {
        if byte == 0 { rng.chance(1, 64) } else { index < 1000 || rng.chance(1, stride as u64) }
    };
    bytes
        .iter()
        .enumerate()
        .filter(|(index, byte)| chosen(rng, *index, **byte))
        .map(|(index, _)| index * 8)
        .collect::<Vec<_>>()
        .into_iter()
        .map(|bit| bit + rng.index(8))
        .collect()
}

#[test]
fn every_flipped_bit_gives_the_right_data_or_a_typed_error() {
    const SEED: u64 = 11;
    println!("seed {SEED}");
    for victim in [log_only(), everything(), unfinished()] {
        let victim = Arc::new(victim);
        for (name, bytes) in &victim.files {
            let mut rng = Rng::new(SEED);
            for some in bits(bytes, &mut rng).chunks(20_000) {
                let jobs = some.iter().map(|bit| {
                    let label = format!("{}: bit {bit} of {name}", victim.name);
                    (label, victim.with(name, |bytes| bytes[bit / 8] ^= 1 << (bit % 8)))
                });
                println!(
                    "{}, {name}, {} bits: {:?}",
                    victim.name,
                    some.len(),
                    count(&victim, jobs.collect())
                );
            }
        }
    }
}

#[test]
fn truncated_extended_zeroed_and_missing_files_are_told() {
    for victim in [log_only(), everything(), unfinished()] {
        let victim = Arc::new(victim);
        let mut jobs = Vec::new();
        for (name, bytes) in &victim.files {
            let lengths = (0..bytes.len()).step_by(bytes.len() / 150 + 1);
            jobs.extend(lengths.map(|length| {
                let label = format!("{}: {name} cut to {length}", victim.name);
                (label, victim.with(name, |bytes| bytes.truncate(length)))
            }));
            for more in [1, 100, 5000] {
                let label = format!("{}: {name} with {more} bytes more", victim.name);
                jobs.push((label, victim.with(name, |bytes| bytes.extend(vec![0xa5; more]))));
            }
            for sector in 0..bytes.len().div_ceil(512) {
                let label = format!("{}: sector {sector} of {name} zeroed", victim.name);
                let zero = |bytes: &mut Vec<u8>| {
                    let end = bytes.len().min(sector * 512 + 512);
                    bytes[sector * 512..end].fill(0);
                };
                jobs.push((label, victim.with(name, zero)));
            }
            let mut without = victim.files.clone();
            without.remove(name);
            let missing = victim.open_damaged(&without, &format!("{}: without {name}", victim.name));
            assert_eq!(missing, Outcome::RefusedToOpen, "{}: without {name}", victim.name);
        }
        println!("{}, {} damages: {:?}", victim.name, jobs.len(), count(&victim, jobs));
    }
}

fn log_of(files: &Files) -> String {
    files.keys().rfind(|name| matches!(FileName::parse(name), Some(FileName::Log(_)))).expect("a log").clone()
}

/// Damage up to the mark refuses, with the place of the frame.
#[test]
fn damage_before_the_mark_is_told_with_its_place() {
    let victim = unfinished();
    let log = log_of(&victim.files);
    let bytes = &victim.files[&log];
    let mut offset = FRAMES_OFFSET;
    let mut refused = 0;
    for position in 1..=victim.history.last() {
        let length = u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("four bytes"));
        let end = offset + 28 + usize::try_from(length).expect("small");
        let files = victim.with(&log, |bytes| bytes[end - 1] ^= 0x40);
        let disk = disk_with(&files);
        let opened = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG));
        match opened {
            Err(Error::Corrupt { path, offset: told, .. }) => {
                assert_eq!(
                    (path, told),
                    (PathBuf::from(STORE).join(&log), offset as u64),
                    "position {position}"
                );
                assert!(contents(&disk) == contents(&disk_with(&files)), "position {position}");
                refused += 1;
            }
            Err(other) => panic!("position {position}: {other}"),
            Ok(store) => {
                assert!(position >= victim.history.durable(), "position {position} is durable");
                assert_eq!(observe(&store, None).expect("reads").position, position - 1);
            }
        }
        offset = end;
    }
    println!("{refused} of {} frames are before the mark", victim.history.last());
    assert!(refused > 5);
}

/// The log's end may be torn anywhere; what comes back is a prefix, and the store goes on.
#[test]
fn a_torn_end_is_no_damage() {
    let victim = unfinished();
    let log = log_of(&victim.files);
    let written = victim.files[&log].iter().rposition(|byte| *byte != 0).expect("frames") + 1;
    let mut rng = Rng::new(3);
    for _ in 0..200 {
        let cut = written - rng.index(500);
        let files = victim.with(&log, |bytes| {
            for byte in &mut bytes[cut..written] {
                *byte = if rng.chance(1, 2) { 0 } else { 0x5a };
            }
        });
        let disk = disk_with(&files);
        let registry = Registry::new(Arc::new(disk.clone()));
        let store = Store::open(&registry, Path::new(STORE), options(LONG)).expect("opens");
        let found = observe(&store, None).expect("reads");
        victim.history.check(&found, victim.at_least).unwrap_or_else(|wrong| panic!("cut at {cut}: {wrong}"));
        store.append_events("tail", &[b"goes on"], None).expect("appends");
        store.close_and_wait().expect("closes");
    }
}

/// Every file of a newer version is refused, and untouched.
#[test]
fn a_newer_version_is_refused_untouched() {
    let victim = everything();
    for name in victim.files.keys() {
        let files = victim.with(name, |bytes| {
            bytes[8..12].copy_from_slice(&2u32.to_le_bytes());
            let checksum = crc32fast::hash(&bytes[..60]);
            bytes[60..64].copy_from_slice(&checksum.to_le_bytes());
        });
        let disk = disk_with(&files);
        let opened = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG));
        let Err(Error::UnsupportedFormat { path, found, supported }) = opened.map(drop) else {
            panic!("{name} of a newer version was not refused");
        };
        assert_eq!((path, found, supported), (PathBuf::from(STORE).join(name), 2, 1));
        assert!(contents(&disk) == files, "{name}");
    }
}

/// What is not ours is refused or left alone, and never touched.
#[test]
fn files_of_others_are_not_touched() {
    let victim = everything();
    let open = |files: &Files| {
        let disk = disk_with(files);
        let opened = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG));
        (disk, opened)
    };
    let foreign = Files::from([("notes.txt".to_owned(), b"mine".to_vec())]);
    let (disk, opened) = open(&foreign);
    assert!(matches!(opened, Err(Error::NotAStore { .. })));
    assert!(contents(&disk) == foreign);

    // A name like ours is not yet a file of ours.
    let like_ours = Files::from([("0000000000000001.log".to_owned(), b"another program's log".to_vec())]);
    let (disk, opened) = open(&like_ours);
    assert!(matches!(opened, Err(Error::Corrupt { .. } | Error::NotAStore { .. })));
    assert!(contents(&disk) == like_ours);

    let mut beside = victim.files.clone();
    beside.extend(foreign.clone());
    let (disk, opened) = open(&beside);
    opened.expect("a store with a file beside it").close_and_wait().expect("closes");
    assert_eq!(contents(&disk).get("notes.txt"), foreign.get("notes.txt"));

    let mut without = victim.files.clone();
    without.remove("MANIFEST");
    let (disk, opened) = open(&without);
    assert!(matches!(opened, Err(Error::Corrupt { what: "missing manifest", .. })));
    assert!(contents(&disk) == without);

    let mut mixed = victim.files.clone();
    mixed.insert("MANIFEST".to_owned(), log_only().files["MANIFEST"].clone());
    let (disk, opened) = open(&mixed);
    assert!(matches!(opened, Err(Error::Corrupt { .. })), "a manifest of another store");
    assert!(contents(&disk) == mixed);
}

/// What a change that never took place has left goes; what has another name stays.
#[test]
fn files_that_no_manifest_names_are_removed() {
    let victim = everything();
    let mut files = victim.files.clone();
    for stray in ["00000000000000ff.run", "00000000000000fe.pack", "00000000000000fd.log", "MANIFEST.tmp"] {
        files.insert(stray.to_owned(), b"left behind".to_vec());
    }
    files.insert("00000000000000FF.run".to_owned(), b"no name of ours".to_vec());
    let disk = disk_with(&files);
    let store =
        Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG)).expect("opens");
    store.close_and_wait().expect("closes");
    let left = contents(&disk);
    let expected: Vec<_> = victim.files.keys().cloned().chain(["00000000000000FF.run".to_owned()]).collect();
    assert!(expected.iter().all(|name| left.contains_key(name)));
    assert_eq!(left.len(), expected.len(), "{:?}", left.keys());
}
