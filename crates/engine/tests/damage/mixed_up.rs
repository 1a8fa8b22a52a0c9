//! Files of other times, other stores and other names: whole ones, in the wrong place.
//!
//! Would catch: a repair that believes a manifest which was copied back from an older state or from another store, and gives up the sound files that it does
//! not name; one that reads a file as what its name says; an opening that removes what is not its own.

use std::{path::Path, sync::Arc};

use agent_storage_engine::{
    engine::{LostChanges, Op, verify_directory},
    error::Error,
    ids::Position,
    registry::Registry,
    store::Store,
};

use super::checks::{self, repaired};
use crate::support::{
    runner::{STORE, options},
    sim::SimDisk,
    victim::{Files, LONG, Victim, contents, disk_with, everything, grown, log_only, save},
};

fn numbered(files: &Files) -> Vec<&String> {
    files.keys().filter(|name| name.contains('.')).collect()
}

fn told(files: &Files) -> Vec<&'static str> {
    let report = verify_directory(&disk_with(files), Path::new(STORE), &|| false, &mut |_, _| {});
    report.expect("verifies").damage.iter().map(|damage| damage.what).collect()
}

#[test]
fn an_older_manifest_of_the_store_costs_nothing() {
    let (victim, older) = grown();
    let mut outdated = 0;
    for (age, older) in older.iter().enumerate() {
        let label = format!("the manifest of state {age}");
        let files = victim.with("MANIFEST", |bytes| bytes.clone_from(&older["MANIFEST"]));
        let (report, missing) = repaired(&victim, &files, &label).expect("repaired");
        assert!(missing.is_nothing(), "{label}: {missing:?}, {report:?}");
        if report.saved_to.is_some() {
            outdated += 1;
            assert_eq!(told(&files)[0], "manifest that is older than other files", "{label}");
        }
    }
    assert!(outdated > 4, "{outdated} of {} manifests were refused", older.len());
}

#[test]
fn the_manifest_of_another_store_costs_nothing() {
    for (victim, other) in [(everything(), log_only()), (log_only(), everything()), (grown().0, log_only())] {
        let label = format!("{} with the manifest of {}", victim.name, other.name);
        let files = victim.with("MANIFEST", |bytes| bytes.clone_from(&other.files["MANIFEST"]));
        assert_eq!(told(&files)[0], "manifest of another store", "{label}");
        let (report, missing) = repaired(&victim, &files, &label).expect("repaired");
        assert!(missing.is_nothing(), "{label}: {missing:?}, {report:?}");
    }
}

#[test]
fn two_files_that_changed_names_cost_nothing() {
    for victim in [everything(), grown().0, log_only()] {
        let names: Vec<_> = victim.files.keys().collect();
        for (index, one) in names.iter().enumerate() {
            for other in &names[index + 1..] {
                let label = format!("{}: {one} and {other} changed names", victim.name);
                let mut files = victim.files.clone();
                files.insert((*one).clone(), victim.files[*other].clone());
                files.insert((*other).clone(), victim.files[*one].clone());
                let (report, missing) = repaired(&victim, &files, &label).expect("repaired");
                assert!(missing.is_nothing(), "{label}: {missing:?}, {report:?}");
            }
        }
    }
}

#[test]
fn a_file_under_another_name_and_one_that_is_there_twice_cost_nothing() {
    let victim = everything();
    for name in numbered(&victim.files) {
        let kind = name.rsplit_once('.').expect("a name and a kind").1;
        let free = format!("00000000000000e0.{kind}");
        let mut renamed = victim.files.clone();
        let bytes = renamed.remove(name).expect("a file");
        renamed.insert(free.clone(), bytes.clone());
        costs_nothing(&victim, &renamed, &format!("{name} under the name {free}"));
        for other in numbered(&victim.files).into_iter().filter(|other| *other != name) {
            let mut twice = victim.files.clone();
            twice.insert(other.clone(), bytes.clone());
            let label = format!("{name} in the place of {other}, too");
            let (_, missing) = repaired(&victim, &twice, &label).expect("repaired");
            let mut without = victim.files.clone();
            without.remove(other);
            let (_, expected) = repaired(&victim, &without, &label).expect("repaired");
            assert_eq!(missing, expected, "{label}: it costs what the file that is gone costs");
        }
    }
}

fn costs_nothing(victim: &Victim, files: &Files, label: &str) {
    let (report, missing) = repaired(victim, files, label).expect("repaired");
    assert!(missing.is_nothing(), "{label}: {missing:?}, {report:?}");
}

/// Would catch a deleted checkpoint that comes back with files that a manifest had dropped.
#[test]
fn what_an_older_manifest_had_dropped_stays_dropped() {
    let disk = SimDisk::new();
    let store = checks::open(&disk, "a new store");
    let commit = |op| store.commit_and_wait(vec![op]).expect("commits");
    commit(save("gone", vec![1; 300]));
    store.flush_tables().expect("flushes");
    let before = contents(&disk);
    commit(Op::Delete { id: "gone".to_owned(), unless_after: None });
    store.flush_tables().expect("flushes");
    store.compact(&|| false, &mut |_, _| {}).expect("compacts");
    let older = contents(&disk);
    commit(save("kept", vec![2; 300]));
    store.flush_tables().expect("flushes");
    store.close_and_wait().expect("closes");
    let mut files = contents(&disk);
    for (name, bytes) in before.into_iter().filter(|(name, _)| name.ends_with(".run")) {
        assert!(!older.contains_key(&name), "{name} outlives a compaction");
        files.insert(name, bytes);
    }
    files.insert("MANIFEST".to_owned(), older["MANIFEST"].clone());
    assert_eq!(told(&files)[0], "manifest that is older than other files");
    let disk = disk_with(&files);
    let report = checks::repair(&disk).expect("repairs");
    assert_eq!((report.lost_versions, report.kept_versions), (Vec::new(), 1));
    let store = checks::open(&disk, "repaired");
    assert_eq!(store.load_and_wait("gone", None).expect("loads"), None);
    assert_eq!(store.load_and_wait("kept", None).expect("loads").expect("there").as_slice(), [2; 300]);
}

#[test]
fn all_runs_gone_is_told_as_a_loss() {
    let (victim, _) = grown();
    let mut files = victim.files.clone();
    files.retain(|name, _| !name.ends_with(".run"));
    let (report, missing) = repaired(&victim, &files, "without runs").expect("repaired");
    assert!(missing.events > 0, "{missing:?}");
    let [LostChanges { from: Position(1), to: Some(Position(last)) }, ..] = report.lost_changes[..] else {
        panic!("no loss is told: {report:?}");
    };
    assert!(last > 20, "{report:?}");
}

/// Would catch somebody's file that goes because its name looks like one of ours.
#[test]
fn what_is_not_the_store_s_stays_and_is_no_hindrance() {
    let (victim, other) = (everything(), log_only());
    let log = numbered(&other.files)[0];
    let mut precious: Vec<(String, Vec<u8>)> = vec![
        ("00000000000000FF.run".to_owned(), b"no name of ours".to_vec()),
        ("00000000000000fe.pack".to_owned(), vec![7; 5000]),
        ("ffffffffffffffff.log".to_owned(), b"the last number".to_vec()),
        ("0000000000000050.log".to_owned(), other.files[log].clone()),
    ];
    // The numbers that come next.
    for number in 0x10..0x20 {
        let kinds = ["run", "pack", "log"];
        precious.extend(kinds.map(|kind| (format!("{number:016x}.{kind}"), b"precious".to_vec())));
    }
    let mut files = victim.files.clone();
    files.extend(precious.clone());
    let check = |found: &Files, label: &str| {
        for (name, bytes) in &precious {
            assert_eq!(found.get(name), Some(bytes), "{label}: {name}");
        }
    };
    let disk = disk_with(&files);
    let store = checks::open(&disk, "beside somebody's files");
    store.append_events("trace", &[b"more"], None).expect("appends");
    store.flush_tables().expect("flushes");
    store.compact(&|| false, &mut |_, _| {}).expect("compacts");
    store.close_and_wait().expect("closes");
    check(&contents(&disk), "opened, changed and closed");
    let mut damaged = files.clone();
    damaged.remove("MANIFEST");
    let disk = disk_with(&damaged);
    let saved_to = checks::repair(&disk).expect("repairs").saved_to.expect("files went");
    // Without a manifest, it may have been a file of the store whose beginning is damaged.
    let mut found = disk.contents(&saved_to);
    found.extend(contents(&disk));
    check(&found, "repaired");
}

/// Would catch remains of a crash that stay for ever.
#[test]
fn what_a_crash_left_is_removed() {
    let victim = everything();
    let header = |kind: &str| {
        let name = victim.files.keys().find(|name| name.ends_with(kind)).expect("one");
        victim.files[name][..64].to_vec()
    };
    let remains = [
        ("00000000000000d0.run", Vec::new()),
        ("00000000000000d1.run", vec![0; 4096]),
        ("00000000000000d2.pack", header(".pack")),
        ("00000000000000d3.log", [header(".log"), vec![0; 16 << 10]].concat()),
        ("00000000000000d4.log", vec![0; 10]),
        ("MANIFEST.tmp", b"half of".to_vec()),
    ];
    let mut files = victim.files.clone();
    files.extend(remains.clone().map(|(name, bytes)| (name.to_owned(), bytes)));
    let disk = disk_with(&files);
    assert_eq!(told(&files), Vec::<&str>::new());
    let registry = Registry::new(Arc::new(disk.clone()));
    let store = Store::open(&registry, Path::new(STORE), options(LONG)).expect("opens");
    store.close_and_wait().expect("closes");
    let left = contents(&disk);
    assert!(remains.iter().all(|(name, _)| !left.contains_key(*name)), "{:?}", left.keys());
    let found: Result<_, Error> = verify_directory(&disk, Path::new(STORE), &|| false, &mut |_, _| {});
    assert!(found.expect("verifies").is_ok());
}
