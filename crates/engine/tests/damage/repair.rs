//! Repairing what does not open: what is not damaged is there afterwards, and what is gone is told.
//!
//! Would catch: a repair that loses, alters or brings back something, one that changes a file before the new manifest is durable, removes what it did
//! not copy, leaves a store that does not open or cannot be written, or touches a store that is sound.

use std::{
    collections::BTreeMap,
    path::Path,
    sync::{Arc, Mutex},
    thread,
};

use agent_storage_engine::engine::{LostVersion, verify_directory};

use super::{
    FRAMES_OFFSET, THREADS,
    checks::{Missing, compare, open, repair, repaired},
};
use crate::support::{
    long_run::{is_long, print_figures},
    observe::salvaged,
    rng::Rng,
    runner::STORE,
    sim::{Call, Failure, Fault},
    victim::{Files, Victim, contents, disk_with, everything, log_only, unfinished},
};

const SEED: u64 = 23;
const HEADER_BYTES: usize = 64;
/// Power cuts that are tried at each call.
const CUTS: u64 = 8;

/// Where a file's bytes are that hold no data: only what tells of it.
fn only_tells(name: &str, bytes: &[u8], offset: usize) -> bool {
    let end = bytes.len();
    let u64_at = |at: usize| {
        let field = bytes.get(at..at + 8).and_then(|field| field.try_into().ok());
        usize::try_from(field.map_or(0, u64::from_le_bytes)).expect("an offset")
    };
    if name == "MANIFEST" || offset < HEADER_BYTES {
        return true;
    }
    match name.rsplit_once('.').map(|(_, kind)| kind) {
        Some("log") => offset < FRAMES_OFFSET,
        Some("run") => offset >= u64_at(end - 80 + 16),
        Some("pack") => offset >= u64_at(end - 64 + 16),
        _ => false,
    }
}

type Job = Box<dyn FnOnce(&Victim) + Send>;

fn run(victim: Victim, jobs: Vec<Job>) -> usize {
    let count = jobs.len();
    let jobs = Arc::new(Mutex::new(jobs.into_iter()));
    let victim = Arc::new(victim);
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (jobs, victim) = (Arc::clone(&jobs), Arc::clone(&victim));
            thread::spawn(move || {
                while let Some(job) = { jobs.lock().expect("no panic holds it").next() } {
                    job(&victim);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().expect("repaired");
    }
    count
}

/// Every so manieth byte that is not zero, or all in a long run.
fn offsets(bytes: &[u8], most: usize) -> Vec<usize> {
    let written: Vec<usize> = (0..bytes.len()).filter(|offset| bytes[*offset] != 0).collect();
    let stride = if is_long() { 1 } else { written.len() / most + 1 };
    let mut rng = Rng::new(SEED);
    written.into_iter().filter(|_| rng.chance(1, stride as u64)).collect()
}

#[test]
fn one_flipped_bit_costs_what_it_is_in_and_nothing_else() {
    println!("seed {SEED}");
    let mut repairs = 0;
    for victim in [log_only(), everything(), unfinished()] {
        let label = victim.name;
        let mut jobs: Vec<Job> = Vec::new();
        for (name, bytes) in &victim.files {
            for offset in offsets(bytes, 150) {
                let (name, tells) = (name.clone(), only_tells(name, bytes, offset));
                jobs.push(Box::new(move |victim| {
                    let label = format!("{}: byte {offset} of {name}", victim.name);
                    let files = victim.with(&name, |bytes| bytes[offset] ^= 1 << (offset % 8));
                    let Some((report, missing)) = repaired(victim, &files, &label) else { return };
                    assert!(!tells || missing.is_nothing(), "{label}: {missing:?}, {report:?}");
                    if name.ends_with(".log") {
                        // The frame, and the next one where the checksum that it is told by is gone. A version takes its deltas along.
                        let is_little = missing.events <= 4 && missing.internal <= 1;
                        assert!(is_little || !victim.is_closed(), "{label}: {missing:?}, {report:?}");
                    }
                }));
            }
        }
        let count = run(victim, jobs);
        println!("{label}: {count} repairs");
        repairs += count as u64;
    }
    print_figures(&[("repairs", repairs)]);
}

/// Would catch a bit of a version that locks a store up: refused by every call as another version's, by repair too.
#[test]
fn a_flipped_bit_of_a_version_is_damage_and_repaired() {
    let victim = everything();
    for name in victim.files.keys() {
        for bit in [0, 1, 9, 31] {
            let label = format!("bit {bit} of the version of {name}");
            let files = victim.with(name, |bytes| bytes[8 + bit / 8] ^= 1 << (bit % 8));
            let verified = verify_directory(&disk_with(&files), Path::new(STORE), &|| false, &mut |_, _| {});
            assert!(verified.is_ok_and(|report| !report.is_ok()), "{label}");
            let (_, missing) = repaired(&victim, &files, &label).expect("repaired");
            assert!(missing.is_nothing(), "{label}: {missing:?}");
        }
    }
}

#[test]
fn cut_zeroed_and_missing_files_are_repaired() {
    for victim in [log_only(), everything(), unfinished()] {
        let label = victim.name;
        let mut jobs: Vec<Job> = Vec::new();
        for (name, bytes) in &victim.files {
            let stride = if is_long() { bytes.len() / 200 + 1 } else { bytes.len() / 12 + 1 };
            for length in (0..bytes.len()).step_by(stride) {
                let name = name.clone();
                jobs.push(Box::new(move |victim| {
                    let label = format!("{}: {name} cut to {length}", victim.name);
                    let files = victim.with(&name, |bytes| bytes.truncate(length));
                    let missing = repaired(victim, &files, &label).map(|(_, missing)| missing);
                    let loses_nothing = missing.is_none_or(Missing::is_nothing);
                    assert!(name != "MANIFEST" || loses_nothing, "{label}: {missing:?}");
                }));
            }
            for sector in
                (0..bytes.len().div_ceil(512)).filter(|sector| bytes[sector * 512] != 0 || is_long())
            {
                let name = name.clone();
                jobs.push(Box::new(move |victim| {
                    let label = format!("{}: sector {sector} of {name} zeroed", victim.name);
                    let files = victim.with(&name, |bytes| {
                        let end = bytes.len().min(sector * 512 + 512);
                        bytes[sector * 512..end].fill(0);
                    });
                    repaired(victim, &files, &label);
                }));
            }
            let name = name.clone();
            jobs.push(Box::new(move |victim| {
                let label = format!("{}: without {name}", victim.name);
                let mut files = victim.files.clone();
                files.remove(&name);
                let (_, missing) = repaired(victim, &files, &label).expect("repaired");
                assert!(name != "MANIFEST" || missing.is_nothing(), "{label}: {missing:?}");
            }));
        }
        println!("{label}: {} repairs", run(victim, jobs));
    }
}

/// Would catch a verification that stops at the first thing that is wrong.
#[test]
fn without_a_manifest_all_damaged_files_are_told() {
    let victim = everything();
    let mut files = victim.files.clone();
    files.remove("MANIFEST");
    let mut damaged = vec!["MANIFEST".to_owned()];
    for (name, bytes) in files.iter_mut().filter(|(name, _)| name.ends_with(".run")) {
        bytes[HEADER_BYTES + 20] ^= 1;
        damaged.push(name.clone());
    }
    let log = files.iter_mut().find(|(name, _)| name.ends_with(".log")).expect("a log");
    log.1[FRAMES_OFFSET + 30] ^= 1;
    damaged.push(log.0.clone());
    let report = verify_directory(&disk_with(&files), Path::new(STORE), &|| false, &mut |_, _| {});
    let told = report.expect("verifies").damage;
    for name in damaged {
        assert!(told.iter().any(|damage| damage.path.ends_with(&name)), "{name} in {told:?}");
    }
}

/// A version in the middle that cannot be loaded is told, and its neighbours are there.
#[test]
fn a_lost_version_is_named_and_its_number_not_given_again() {
    let victim = everything();
    let mut named = BTreeMap::new();
    for (name, bytes) in victim.files.iter().filter(|(name, _)| name.ends_with(".pack")) {
        for offset in (HEADER_BYTES..bytes.len()).step_by(101) {
            let files = victim.with(name, |bytes| bytes[offset] ^= 4);
            let label = format!("byte {offset} of {name}");
            let Some((report, missing)) = repaired(&victim, &files, &label) else { continue };
            assert_eq!(report.lost_versions.len(), missing.versions, "{label}: {report:?}");
            for LostVersion { id, version } in report.lost_versions {
                *named.entry((id, version)).or_insert(0) += 1;
            }
        }
    }
    assert!(named.len() > 3, "{named:?}");
}

/// Until its new manifest is durable, a repair has changed nothing; after that it is done. Also where the manifest itself was lost.
#[test]
fn a_repair_that_is_cut_off_can_be_begun_again() {
    let victim = everything();
    let log = victim.files.keys().find(|name| name.ends_with(".log")).expect("a log").clone();
    let without_manifest = {
        let mut files = victim.files.clone();
        files.remove("MANIFEST");
        files
    };
    let damaged = victim.with(&log, |bytes| bytes[FRAMES_OFFSET + 40] ^= 1);
    for (what, files) in [
        ("no manifest", without_manifest),
        ("a damaged frame", damaged),
        ("lost rows", without_a_block_of_rows(&victim)),
    ] {
        let (_, expected) = repaired(&victim, &files, what).expect("repaired");
        for call in 1.. {
            let disk = disk_with(&files);
            disk.fail(Fault::nth(None, call, Failure::Halt));
            let done = repair(&disk).is_ok();
            let cuts = (0..CUTS).map(|cut| ("cut", disk.power_cut(SEED + call * CUTS + cut)));
            for (how, crashed) in cuts.chain([("killed", disk.kill())]) {
                let label = format!("{what}, {how} at call {call}");
                repair(&crashed).unwrap_or_else(|error| panic!("{label}: {error}"));
                let store = open(&crashed, &label);
                let found = salvaged(&store).unwrap_or_else(|error| panic!("{label}: {error}"));
                assert_eq!(compare(&found, &victim.history.states(), &label), expected, "{label}");
                store.close_and_wait().unwrap_or_else(|error| panic!("{label}: {error}"));
            }
            if done {
                println!("{what}: {call} calls");
                break;
            }
        }
    }
}

/// A full disk, a failed sync: told, and nothing is lost by it.
#[test]
fn a_repair_that_fails_changes_nothing() {
    let victim = everything();
    let log = victim.files.keys().find(|name| name.ends_with(".log")).expect("a log").clone();
    let files = victim.with(&log, |bytes| bytes[FRAMES_OFFSET + 40] ^= 1);
    for (call, failure) in [
        (Call::Write, Failure::Full),
        (Call::Write, Failure::Io),
        (Call::Sync, Failure::Io),
        (Call::Create, Failure::Full),
    ] {
        for nth in 1.. {
            let disk = disk_with(&files);
            disk.fail(Fault::nth(Some(call), nth, failure));
            match repair(&disk) {
                // The first file written only says who holds the store.
                Ok(_) if nth <= 2 => continue,
                Ok(_) => break,
                Err(_) => {}
            }
            let label = format!("{failure:?} of {call:?} {nth}");
            let after = contents(&disk);
            let kept = files.iter().filter(|(name, bytes)| after.get(*name) == Some(*bytes)).count();
            // The last sync of all is the directory's, once the new manifest is in place.
            assert!(kept == files.len() || call == Call::Sync, "{label}: a file was changed");
            repair(&disk).unwrap_or_else(|error| panic!("{label}: {error}"));
        }
    }
}

/// A call that fails around the replacement of the manifest, when the new files may be what counts.
#[test]
fn a_repair_that_fails_at_any_call_loses_nothing() {
    let victim = everything();
    let log = victim.files.keys().find(|name| name.ends_with(".log")).expect("a log").clone();
    let files = victim.with(&log, |bytes| bytes[FRAMES_OFFSET + 40] ^= 1);
    for files in [files, without_a_block_of_rows(&victim)] {
        fail_at_any_call(&victim, &files);
    }
}

/// The first run of rows has one block here, and what it names is found without a name.
fn without_a_block_of_rows(victim: &Victim) -> Files {
    let is_rows = |bytes: &[u8]| bytes.starts_with(b"AGENTRUN") && bytes[12] == 2;
    let run = victim.files.iter().find(|(_, bytes)| is_rows(bytes)).expect("a run of rows").0;
    let files = victim.with(run, |bytes| bytes[HEADER_BYTES + 20] ^= 1);
    assert!(repair(&disk_with(&files)).is_ok_and(|report| report.found > 0), "nothing has lost its name");
    files
}

fn fail_at_any_call(victim: &Victim, files: &Files) {
    let (_, expected) = repaired(victim, files, "no failure").expect("repaired");
    for nth in 1.. {
        let disk = disk_with(files);
        disk.fail(Fault::nth(None, nth, Failure::Io));
        let repaired = repair(&disk);
        let struck = disk.count(None) >= nth;
        disk.clear_faults();
        for (how, after) in [("killed", disk.kill()), ("cut", disk.power_cut(SEED + nth))] {
            let label = format!("call {nth} failed, {how}: {:?}", repaired.as_ref().err());
            repair(&after).unwrap_or_else(|error| panic!("{label}: {error}"));
            let store = open(&after, &label);
            let found = salvaged(&store).unwrap_or_else(|error| panic!("{label}: {error}"));
            assert_eq!(compare(&found, &victim.history.states(), &label), expected, "{label}");
            store.close_and_wait().unwrap_or_else(|error| panic!("{label}: {error}"));
        }
        if !struck {
            println!("{nth} calls");
            break;
        }
    }
}
