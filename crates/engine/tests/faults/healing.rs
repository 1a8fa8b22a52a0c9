//! Healing while others call. Would catch: an append that the old engine accepts once the new one has read the log, a call that is answered by neither.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use agent_storage_engine::{
    error::{Error, Result},
    registry::Registry,
    store::Store,
};

use super::{LONG, look};
use crate::support::{
    runner::{STORE, options},
    sim::{Call, Failure, Fault, SimDisk},
};

const THREADS: usize = 4;
const FAILURES: u64 = 100;

/// Syncs fail again and again under appends and saves; whoever is told opens the store anew. No process ends, so nothing accepted may go.
#[test]
fn nothing_accepted_is_lost_to_healing() {
    let disk = SimDisk::new();
    let registry = Registry::new(Arc::new(disk.clone()));
    let open = || Store::open(&registry, Path::new(STORE), options(Duration::from_millis(1)));
    open().expect("opens").close_and_wait().expect("closes");
    let progress = Progress::default();
    let accepted: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS)
            .map(|thread| {
                let (progress, open) = (&progress, &open);
                scope.spawn(move || append_until_over(&format!("{thread}"), open, progress))
            })
            .collect();
        let goes_on = (0..FAILURES).all(|_| {
            let (told, accepted) = (&progress.told, &progress.accepted);
            let told_before = told.load(Ordering::Acquire);
            disk.fail(Fault::nth(Some(Call::Sync), 1, Failure::Io).on(".log"));
            reaches(told, told_before + 1) && reaches(accepted, accepted.load(Ordering::Acquire) + 10)
        });
        progress.over.store(true, Ordering::Release);
        assert!(goes_on, "nothing goes on");
        threads.into_iter().map(|thread| thread.join().expect("no other answer")).collect()
    });
    drop(registry);
    let found = look(&disk.kill()).expect("opens");
    let mut events = 0;
    for (thread, accepted) in accepted.into_iter().enumerate() {
        let there = found.streams.get(&format!("{thread}")).cloned().unwrap_or_default();
        println!("thread {thread}: {} accepted, {} to {} found", accepted.len(), there.first(), there.last);
        events += accepted.len();
        for (sequence, number) in accepted {
            let event = there.events.get(&sequence);
            let found = event.map(|event| event.data.to_vec());
            assert_eq!(found, Some(number.to_le_bytes().to_vec()), "event {sequence} of thread {thread}");
        }
    }
    let told = progress.told.load(Ordering::Relaxed);
    println!("{FAILURES} failed syncs, told {told} times, {events} events accepted");
}

/// An append that is in the middle of its write when the engine fails elsewhere: healing waits for it, and finds it.
#[test]
fn healing_waits_for_an_append_under_way() {
    let disk = SimDisk::new();
    let registry = Registry::new(Arc::new(disk.clone()));
    let open = || Store::open(&registry, Path::new(STORE), options(LONG));
    let store = open().expect("opens");
    store.append_events("", &[b"one"], None).expect("appends");
    disk.fail(Fault::nth(Some(Call::Sync), 1, Failure::Io).on(".log"));
    disk.hold_writes(".log");
    thread::scope(|scope| {
        let under_way = scope.spawn(|| store.append_events("", &[b"two"], None));
        until(|| disk.held_writes() > 0);
        registry.sync_all();
        let healing = scope.spawn(open);
        // Long enough to heal, if it did not wait.
        thread::sleep(Duration::from_millis(100));
        disk.release_writes();
        let accepted = under_way.join().expect("no panic").is_ok();
        let healed = healing.join().expect("no panic").expect("heals");
        assert!(accepted, "it had begun before the failure");
        assert_eq!(healed.last_sequence("").expect("reads").0, 2);
        healed.close_and_wait().expect("closes");
    });
    assert_eq!(look(&disk.power_cut_losing_all()).expect("opens").last_sequence(""), 2);
}

fn until(holds: impl Fn() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(30), "it never came to that");
        thread::sleep(Duration::from_millis(1));
    }
}

#[derive(Default)]
struct Progress {
    over: AtomicBool,
    /// Events that were accepted.
    accepted: AtomicU64,
    /// How often a handle or an opening was told of a failure.
    told: AtomicU64,
}

fn reaches(count: &AtomicU64, enough: u64) -> bool {
    let began = Instant::now();
    while count.load(Ordering::Acquire) < enough && began.elapsed() < Duration::from_secs(30) {
        thread::sleep(Duration::from_micros(200));
    }
    count.load(Ordering::Acquire) >= enough
}

/// The accepted events: sequence and what was written.
fn append_until_over(
    stream: &str,
    open: &dyn Fn() -> Result<Arc<Store>>,
    progress: &Progress,
) -> Vec<(u64, u64)> {
    let (mut accepted, mut number) = (Vec::new(), 0u64);
    let mut store = None;
    while !progress.over.load(Ordering::Acquire) {
        number += 1;
        let Some(handle) = &store else {
            store = open()
                .inspect_err(|_| {
                    progress.told.fetch_add(1, Ordering::AcqRel);
                })
                .ok();
            continue;
        };
        match handle.append_events(stream, &[number.to_le_bytes()], None) {
            Ok(sequence) => {
                accepted.push((sequence.0, number));
                progress.accepted.fetch_add(1, Ordering::AcqRel);
                // Each healing reads the whole log: it must not grow as fast as it can.
                thread::sleep(Duration::from_micros(100));
            }
            Err(Error::Poisoned { .. }) => {
                progress.told.fetch_add(1, Ordering::AcqRel);
                store = None;
            }
            Err(other) => panic!("{other}"),
        }
    }
    accepted
}
