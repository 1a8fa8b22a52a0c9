//! Every bit, sector and length of every file of small stores.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    thread,
};

use super::THREADS;
use crate::support::{
    long_run::{is_long, print_figures},
    rng::Rng,
    victim::{Files, Outcome, Victim, everything, log_only, unfinished},
};

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
    if is_long() {
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
    let mut flipped = 0;
    for victim in [log_only(), everything(), unfinished()] {
        let victim = Arc::new(victim);
        for (name, bytes) in &victim.files {
            let mut rng = Rng::new(SEED);
            for some in bits(bytes, &mut rng).chunks(20_000) {
                let jobs = some.iter().map(|bit| {
                    let label = format!("{}: bit {bit} of {name}", victim.name);
                    (label, victim.with(name, |bytes| bytes[bit / 8] ^= 1 << (bit % 8)))
                });
                let outcomes = count(&victim, jobs.collect());
                println!("{}, {name}, {} bits: {outcomes:?}", victim.name, some.len());
                flipped += some.len();
            }
        }
    }
    print_figures(&[("flipped_bits", flipped as u64)]);
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
