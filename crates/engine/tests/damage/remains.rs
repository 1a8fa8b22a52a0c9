//! What a crash left behind, beside damage that has nothing to do with it.
//!
//! Would catch: a repair that takes the remains of a flush, a merge or another repair for evidence against a sound manifest, and brings back what was deleted, gives old values or hides
//! a loss; one that makes a file under a name that is taken; an opening that stumbles over what it need not read.

use std::path::Path;

use agent_storage_engine::{
    engine::{Op, RepairReport, verify_directory},
    format::{
        header::{FileHeader, FileKind, HEADER_BYTES},
        mark::Mark,
    },
    ids::FileNumber,
    manifest::Manifest,
};

use super::checks::{self, repaired};
use crate::support::{
    rng::Rng,
    runner::STORE,
    sim::{Call, Failure, Fault, SimDisk},
    victim::{Files, contents, disk_with, everything, grown, log_only, save, unfinished},
};

fn manifest(files: &Files) -> Manifest {
    Manifest::decode(&files["MANIFEST"], Path::new("MANIFEST")).expect("a sound manifest")
}

fn name(number: FileNumber, kind: FileKind) -> String {
    let extension = match kind {
        FileKind::Log => "log",
        FileKind::Pack => "pack",
        _ => "run",
    };
    format!("{:016x}.{extension}", number.0)
}

/// Each run again, cut off before its footer; runs and packs of which nothing but the header was written; and a log that was never used: all under numbers that come next.
fn remains(files: &Files) -> Files {
    let manifest = manifest(files);
    let mut number = manifest.next_file;
    let mut left = Files::new();
    let mut leave = |kind, behind: &[u8]| {
        let header = FileHeader::new(kind, number, manifest.store).encode();
        left.insert(name(number, kind), [&header, behind].concat());
        number = number.next();
    };
    for run in &manifest.runs {
        if let Some(bytes) = files.get(&name(run.number, run.kind)) {
            leave(run.kind, &bytes[HEADER_BYTES..bytes.len() - 80]);
        }
    }
    for kind in [FileKind::EventRun, FileKind::CatalogRun, FileKind::Pack] {
        leave(kind, &[]);
    }
    let blank = FileHeader::new(FileKind::Log, number, manifest.store).encode();
    let mut log = [blank, vec![0; 20 << 10]].concat();
    for (slot, mark) in Mark::initial(number).iter().enumerate() {
        let bytes = mark.encode(manifest.store);
        log[4096 * (slot + 1)..][..bytes.len()].copy_from_slice(&bytes);
    }
    left.insert(name(number, FileKind::Log), log);
    left
}

/// What a repair says that has to be the same.
fn outcome(files: &Files, label: &str) -> RepairReport {
    let report = checks::repair(&disk_with(files)).unwrap_or_else(|error| panic!("{label}: {error}"));
    RepairReport { saved_to: None, ..report }
}

#[test]
fn remains_of_a_crash_change_nothing_about_a_repair() {
    for victim in [everything(), grown().0, log_only(), unfinished()] {
        let left = remains(&victim.files);
        for damaged in victim.files.keys().filter(|name| *name != "MANIFEST") {
            for way in ["missing", "without a header", "cut in half"] {
                let label = format!("{}: {damaged} is {way}", victim.name);
                let mut files = victim.files.clone();
                let bytes = files.get_mut(damaged).expect("a file");
                match way {
                    "missing" => drop(files.remove(damaged)),
                    "cut in half" => bytes.truncate(bytes.len() / 2),
                    _ => bytes[..HEADER_BYTES].fill(0),
                }
                let expected = outcome(&files, &label);
                files.extend(left.clone());
                let found = outcome(&files, &label);
                assert_eq!(found, expected, "{label}");
                assert!(found.damage.iter().all(|damage| !damage.what.starts_with("manifest")), "{label}");
                repaired(&victim, &files, &label);
            }
        }
    }
}

#[test]
fn a_file_under_one_of_the_names_that_come_next_costs_nothing() {
    let victim = everything();
    let next = manifest(&victim.files).next_file;
    for known in victim.files.keys().filter(|name| name.contains('.')) {
        for more in 0..6 {
            let extension = known.rsplit_once('.').expect("a name and a kind").1;
            let free = format!("{:016x}.{extension}", next.0 + more);
            let label = format!("{known} under the name {free}");
            let mut files = victim.files.clone();
            let bytes = files.remove(known).expect("a file");
            files.insert(free, bytes);
            let (report, missing) = repaired(&victim, &files, &label).expect("repaired");
            assert!(missing.is_nothing(), "{label}: {missing:?}, {report:?}");
        }
    }
}

/// A repair that was cut off before its manifest leaves whole runs and a blank log, which make nothing good that was lost.
#[test]
fn a_repair_after_one_that_was_cut_off_tells_the_same_loss() {
    let disk = SimDisk::new();
    let store = checks::open(&disk, "a new store");
    let ten: Vec<_> = (0..10u8).map(|number| [number; 40]).collect();
    for _ in 0..2 {
        store.flush_tables().expect("flushes");
        for event in &ten {
            store.append_events("trace", &[event], None).expect("appends");
        }
    }
    store.close_and_wait().expect("closes");
    let mut files = contents(&disk);
    files.retain(|name, _| !name.ends_with(".log"));
    let disk = disk_with(&files);
    let first = checks::repair(&disk).expect("repairs");
    assert_eq!(first.lost_changes.len(), 1, "{first:?}");
    let made =
        contents(&disk).into_iter().filter(|(name, _)| name.contains('.') && !files.contains_key(name));
    let made: Vec<_> = made.collect();
    files.extend(made);
    let second = checks::repair(&disk_with(&files)).expect("repairs");
    assert_eq!((second.lost_changes, second.kept_events), (first.lost_changes, first.kept_events));
}

/// Where nothing but removals was flushed, no run tells where the log begins.
#[test]
fn where_the_log_begins_is_believed_of_an_older_manifest_too() {
    let disk = SimDisk::new();
    let store = checks::open(&disk, "a new store");
    let commit = |op| store.commit_and_wait(vec![op]).expect("commits");
    commit(save("x", vec![1; 300]));
    commit(Op::Delete { id: "x".to_owned(), unless_after: None });
    store.flush_tables().expect("flushes");
    store.append_events("trace", &[b"first"], None).expect("appends");
    commit(save("big", Rng::new(2).bytes(40_000)));
    store.append_events("trace", &[b"second"], None).expect("appends");
    let mut files = contents(&disk.kill());
    let sealed = manifest(&files).packs.into_iter().find(|pack| pack.sealed).expect("a sealed pack");
    let left = remains(&files);
    files.remove(&name(sealed.number, FileKind::Pack));
    let expected = outcome(&files, "without remains");
    assert_eq!(expected.kept_events, 2);
    files.extend(left);
    assert_eq!(outcome(&files, "with remains"), expected);
}

/// A log of a creation whose manifest never was durable must not give its name to the store that was made after it.
#[test]
fn the_remains_of_a_creation_are_no_store_s_name() {
    let disk = SimDisk::new();
    let _made = checks::open(&disk, "a new store");
    let mut files = contents(&disk.kill());
    let again = disk_with(&files);
    let _opened = checks::open(&again, "opened again");
    files.extend(contents(&again.kill()));
    files.remove("MANIFEST");
    assert_eq!(files.len(), 2, "{:?}", files.keys());
    let disk = disk_with(&files);
    let store = checks::open(&disk, "made anew");
    for number in 0..5u8 {
        store.append_events("trace", &[[number; 40]], None).expect("appends");
        store.flush_tables().expect("flushes");
    }
    store.append_events("trace", &[b"last"], None).expect("appends");
    store.close_and_wait().expect("closes");
    let mut files = contents(&disk);
    files.remove("MANIFEST");
    assert_eq!(outcome(&files, "without a manifest").kept_events, 6);
}

#[test]
fn somebody_s_file_beside_damage_changes_nothing_about_a_repair() {
    let (everything, log_only) = (everything(), log_only());
    let a_file = |files: &Files, kind: &str| {
        files.iter().find(|(name, _)| name.ends_with(kind)).expect("one").1.clone()
    };
    let (foreign_log, foreign_run) = (a_file(&log_only.files, ".log"), a_file(&everything.files, ".run"));
    let mut later = a_file(&everything.files, ".run");
    later[8] = 99;
    let checksum = crc32fast::hash(&later[..HEADER_BYTES - 4]);
    later[HEADER_BYTES - 4..HEADER_BYTES].copy_from_slice(&checksum.to_le_bytes());
    for (victim, beside, bytes) in [
        (&everything, "0000000000000000.log", &foreign_log),
        (&log_only, "0000000000000050.run", &foreign_run),
        (&everything, "0000000000000050.run", &later),
    ] {
        for damaged in victim.files.keys() {
            if damaged == "MANIFEST" && *bytes == later {
                // The store itself may be of that version.
                continue;
            }
            let label = format!("{}: {damaged}, and {beside} beside it", victim.name);
            let mut files = victim.with(damaged, |bytes| bytes[20] ^= 1);
            let expected = outcome(&files, &label);
            files.insert(beside.to_owned(), bytes.clone());
            assert_eq!(outcome(&files, &label), expected, "{label}");
        }
    }
}

#[test]
fn remains_that_cannot_be_read_are_in_nobody_s_way() {
    let mut files = everything().files;
    let left = "00000000000000d1.run";
    files.insert(left.to_owned(), vec![0; 4096]);
    let disk = disk_with(&files);
    disk.fail(Fault::nth(Some(Call::Read), 1, Failure::Io).on(left).lasting());
    let found = verify_directory(&disk, Path::new(STORE), &|| false, &mut |_, _| {});
    assert!(found.is_ok_and(|report| report.is_ok()));
    checks::open(&disk, "beside a file that cannot be read").close_and_wait().expect("closes");
}
