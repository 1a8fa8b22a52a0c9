//! What must hold of every repair, whatever was damaged.

use std::{path::Path, sync::Arc};

use agent_storage_engine::{
    engine::{RepairReport, VerifyReport, plan_repair, repair_directory, verify_directory},
    error::Error,
    ids::Sequence,
    registry::Registry,
    store::Store,
};

use crate::support::{
    model::{ModelCheckpoint, ModelEvent, ModelStream, ModelVersion, State},
    observe::{INTERNAL_KEYS, salvaged},
    runner::{STORE, options},
    sim::SimDisk,
    victim::{Files, LONG, Victim, contents, disk_with, save},
};

pub(crate) fn repair(disk: &SimDisk) -> Result<RepairReport, Error> {
    repair_directory(disk, Path::new(STORE), &|| false, &mut |_, _| {})
}

pub(crate) fn open(disk: &SimDisk, label: &str) -> Arc<Store> {
    Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG))
        .unwrap_or_else(|error| panic!("{label}: it does not open: {error}"))
}

/// What is missing of a store: events and versions.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Missing {
    pub(crate) events: usize,
    pub(crate) versions: usize,
    pub(crate) internal: usize,
}

impl Missing {
    pub(crate) fn is_nothing(self) -> bool {
        self == Self::default()
    }
}

/// Checks that everything in `found` was there at some time, and counts what is missing of the last of `states`.
pub(crate) fn compare(found: &State, states: &[State], label: &str) -> Missing {
    for (name, stream) in &found.streams {
        for (sequence, event) in &stream.events {
            let same = |(known, stream): (&String, &ModelStream)| {
                is_or_was(name, known) && stream.events.get(sequence) == Some(event)
            };
            let is_right = states.iter().any(|state| state.streams.iter().any(same));
            assert!(is_right, "{label}: event {sequence} of {name:?}");
        }
    }
    for (id, checkpoint) in &found.checkpoints {
        for (version, content) in &checkpoint.versions {
            let same = |(known, checkpoint): (&String, &ModelCheckpoint)| {
                is_or_was(id, known) && checkpoint.versions.get(version) == Some(content)
                    || is_nameless(id) && has_data(checkpoint, content)
            };
            let is_right = states.iter().any(|state| state.checkpoints.iter().any(same));
            assert!(is_right, "{label}: version {version} of {id:?}");
        }
    }
    count_missing(found, states.last().expect("a state"))
}

/// Whether what was found under the name `found` can be that of the name `known`.
fn is_or_was(found: &str, known: &str) -> bool {
    found == known || found.starts_with("lost+found/")
}

/// Whether it is the name of a record whose row was lost: nothing but its bytes is known then.
fn is_nameless(found: &str) -> bool {
    found.starts_with("lost+found/record-")
}

fn has_data(checkpoint: &ModelCheckpoint, content: &ModelVersion) -> bool {
    checkpoint.versions.values().any(|version| version.data == content.data)
}

fn count_missing(found: &State, expected: &State) -> Missing {
    let mut missing = Missing::default();
    for (name, stream) in &expected.streams {
        let is_there = |(sequence, event): &(&u64, &ModelEvent)| {
            let same = |(found, there): (&String, &ModelStream)| {
                is_or_was(found, name) && there.events.get(sequence) == Some(event)
            };
            found.streams.iter().any(same)
        };
        missing.events += stream.events.iter().filter(|event| !is_there(event)).count();
    }
    for (id, checkpoint) in &expected.checkpoints {
        let is_there = |(version, content): &(&u32, &ModelVersion)| {
            let same = |(found, there): (&String, &ModelCheckpoint)| {
                is_or_was(found, id) && there.versions.get(version) == Some(content)
                    || is_nameless(found) && has_data(there, content)
            };
            found.checkpoints.iter().any(same)
        };
        missing.versions += checkpoint.versions.iter().filter(|version| !is_there(version)).count();
    }
    let differs = |key: &&&[u8]| found.internal.get(**key) != expected.internal.get(**key);
    missing.internal = INTERNAL_KEYS.iter().filter(differs).count();
    missing
}

/// Repairs a store with these files, and checks all that must hold whatever was damaged.
pub(crate) fn repaired(victim: &Victim, files: &Files, label: &str) -> Option<(RepairReport, Missing)> {
    let disk = disk_with(files);
    let before = contents(&disk);
    let planned = plan_repair(&disk, Path::new(STORE), &|| false, &mut |_, _| {});
    let seen = verify_directory(&disk, Path::new(STORE), &|| false, &mut |_, _| {});
    assert!(disk.contents(Path::new(STORE)) == *files, "{label}: a look has changed something");
    let report = match repair(&disk) {
        Ok(report) => report,
        Err(Error::NotAStore { .. }) => {
            assert!(contents(&disk) == before, "{label}: refused, but changed");
            return None;
        }
        Err(error) => panic!("{label}: {error}"),
    };
    let Some(saved_to) = &report.saved_to else {
        assert!(report.damage.is_empty(), "{label}: {report:?}");
        assert!(contents(&disk) == before, "{label}: nothing to repair, but changed");
        return Some((report, Missing::default()));
    };
    let planned = planned.unwrap_or_else(|error| panic!("{label}: {error}"));
    assert_eq!(planned, RepairReport { saved_to: None, ..report.clone() }, "{label}");
    let seen = seen.unwrap_or_else(|error| panic!("{label}: {error}"));
    let counted = (seen.events, seen.versions, &seen.damage);
    assert_eq!(counted, (report.kept_events, report.kept_versions - report.found, &report.damage), "{label}");
    let after = contents(&disk);
    let saved = disk.contents(saved_to);
    for (name, bytes) in before.iter().filter(|(name, bytes)| after.get(*name) != Some(*bytes)) {
        assert!(saved.get(name) == Some(bytes), "{label}: {name} was removed and not copied");
    }
    let crashed = disk.power_cut_losing_all();
    let verified = verify_directory(&crashed, Path::new(STORE), &|| false, &mut |_, _| {});
    assert!(verified.as_ref().is_ok_and(VerifyReport::is_ok), "{label}: {verified:?}");
    let store = open(&crashed, label);
    let opened = contents(&crashed);
    for (name, bytes) in
        before.iter().filter(|(name, _)| after.contains_key(*name) && !opened.contains_key(*name))
    {
        assert!(
            saved.get(name) == Some(bytes),
            "{label}: {name} is removed by an opening and was not copied"
        );
    }
    let found = salvaged(&store).unwrap_or_else(|error| panic!("{label}: {error}"));
    let missing = compare(&found, &victim.history.states(), label);
    goes_on(&store, &found, label);
    store.close_and_wait().unwrap_or_else(|error| panic!("{label}: {error}"));
    let again = repair(&crashed).unwrap_or_else(|error| panic!("{label}: {error}"));
    assert_eq!(again.saved_to, None, "{label}: {again:?}");
    Some((report, missing))
}

/// What is written next gets numbers that nothing had before.
fn goes_on(store: &Arc<Store>, found: &State, label: &str) {
    for name in ["trace", "a new one"] {
        let last = found.last_sequence(name);
        let appended = store.append_events(name, &[b"after the repair"], None);
        assert_eq!(appended.expect("appends"), Sequence(last + 1), "{label}");
    }
    let change = save("agent", vec![77; 300]);
    store.commit_and_wait(vec![change]).unwrap_or_else(|error| panic!("{label}: {error}"));
    store.flush_tables().unwrap_or_else(|error| panic!("{label}: {error}"));
    store.compact(&|| false, &mut |_, _| {}).unwrap_or_else(|error| panic!("{label}: {error}"));
    let loaded = store.load_and_wait("agent", None).expect("loads").expect("there");
    assert_eq!(loaded.as_slice(), [77; 300], "{label}");
    let again = salvaged(store).unwrap_or_else(|error| panic!("{label}: {error}"));
    for (name, stream) in &found.streams {
        for (sequence, event) in &stream.events {
            assert_eq!(again.streams[name].events.get(sequence), Some(event), "{label}: {name:?}");
        }
    }
}
