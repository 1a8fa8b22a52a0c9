//! Checkpoints whose rows are lost while their bytes are there.
//!
//! Would catch: a repair that leaves such bytes without a name, so that the next compaction drops them, and one that brings back what was deleted.

use std::{collections::BTreeSet, path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    catalog::listing::ListOptions,
    engine::{Op, RepairReport, verify_directory},
    format::names::FileName,
    manifest::Manifest,
    options::Options,
    registry::Registry,
    store::Store,
};

use super::checks::repair;
use crate::support::{
    rng::Rng,
    runner::STORE,
    sim::SimDisk,
    victim::{Files, contents, disk_with},
};

const VERSIONS: u8 = 20;
const IDS: [&str; 5] = ["agent-1", "agent-2", "agent-3", "plan", "zebra"];

fn open(disk: &SimDisk) -> Arc<Store> {
    let options = Options { sync_interval: Duration::from_secs(3600), ..Options::default() };
    Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options).expect("opens")
}

/// Bytes that tell of which version they are.
fn data(id: &str, version: u8) -> Vec<u8> {
    let mut data = format!("{id} at {version}: ").into_bytes();
    data.extend(Rng::new(7).bytes(500));
    data
}

fn save(store: &Arc<Store>, id: &str, data: Vec<u8>) {
    let request = store.save_request(id, data, "", vec![3; 150], None);
    store.commit_and_wait(vec![Op::Save(request)]).expect("saves");
}

fn delete(store: &Arc<Store>, id: &str) {
    store.commit_and_wait(vec![Op::Delete { id: id.to_owned(), unless_after: None }]).expect("deletes");
}

/// Every id with every version, flushed in two halves and closed.
fn flushed() -> Files {
    let disk = SimDisk::new();
    let store = open(&disk);
    for half in [0..VERSIONS / 2, VERSIONS / 2..VERSIONS] {
        for version in half {
            for id in IDS {
                save(&store, id, data(id, version));
            }
        }
        store.flush_tables().expect("flushes");
    }
    store.close_and_wait().expect("closes");
    contents(&disk)
}

fn everything() -> BTreeSet<Vec<u8>> {
    IDS.iter().flat_map(|id| (0..VERSIONS).map(|version| data(id, version))).collect()
}

/// The bytes of all versions, and the ids.
fn all(store: &Arc<Store>) -> (BTreeSet<Vec<u8>>, Vec<String>) {
    let list = store.checkpoints(ListOptions::default()).expect("lists");
    let ids: Vec<String> = list.map(|info| info.expect("a row").id).collect();
    let mut found = BTreeSet::new();
    for id in &ids {
        for info in store.history(id).expect("a history") {
            let loaded = store.load_and_wait(id, Some(info.version)).expect("loads").expect("is there");
            found.insert(loaded.to_vec());
        }
    }
    (found, ids)
}

/// Repairs, and checks that the store is sound, that all is still there once it was compacted, and that there is nothing left to repair. Answers what is there.
fn repaired(files: &Files, label: &str) -> (RepairReport, BTreeSet<Vec<u8>>, Vec<String>) {
    let disk = disk_with(files);
    let report = repair(&disk).unwrap_or_else(|error| panic!("{label}: {error}"));
    let crashed = disk.power_cut_losing_all();
    let verified = verify_directory(&crashed, Path::new(STORE), &|| false, &mut |_, _| {}).expect("verifies");
    assert!(verified.is_ok(), "{label}: {verified:?}");
    let store = open(&crashed);
    let (found, ids) = all(&store);
    save(&store, "later", b"later".to_vec());
    store.flush_tables().expect("flushes");
    store.compact(&|| false, &mut |_, _| {}).expect("compacts");
    let (mut again, _) = all(&store);
    again.remove(b"later".as_slice());
    assert!(again == found, "{label}: a compaction dropped what was found");
    store.close_and_wait().expect("closes");
    let second = repair(&crashed).unwrap_or_else(|error| panic!("{label}: {error}"));
    assert!(second.damage.is_empty() && second.saved_to.is_none(), "{label}: {second:?}");
    let nameless = ids.iter().filter(|id| id.starts_with("lost+found/record-")).count();
    assert!(report.found <= nameless as u64, "{label}: {report:?}, {ids:?}");
    (report, found, ids)
}

/// The files of the runs of rows, oldest first.
fn catalog_runs(files: &Files) -> Vec<String> {
    let manifest = Manifest::decode(&files["MANIFEST"], Path::new("MANIFEST")).expect("a manifest");
    let kind = agent_storage_engine::format::header::FileKind::CatalogRun;
    let runs = manifest.runs.iter().filter(|run| run.kind == kind);
    runs.map(|run| FileName::Run(run.number).to_string()).collect()
}

fn with(files: &Files, name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Files {
    let mut files = files.clone();
    change(files.get_mut(name).expect("the file"));
    files
}

#[test]
fn a_damaged_block_of_rows_costs_no_checkpoint() {
    let files = flushed();
    let (mut found, mut lost) = (0, 0);
    for run in catalog_runs(&files) {
        for offset in (64..files[&run].len()).step_by(700) {
            let label = format!("byte {offset} of {run}");
            let damaged = with(&files, &run, |bytes| bytes[offset] ^= 1);
            let (report, there, _) = repaired(&damaged, &label);
            assert!(there == everything(), "{label}: {} are there, {report:?}", there.len());
            assert_eq!(report.kept_versions, everything().len() as u64, "{label}");
            assert!(report.lost_versions.len() as u64 <= report.found, "{label}: {report:?}");
            found += report.found;
            lost += report.lost_versions.len();
        }
    }
    assert!(found > 10, "{found}");
    assert!(lost > 5, "of those that were found, {lost} are told by name");
}

#[test]
fn a_missing_run_of_rows_costs_no_checkpoint() {
    let files = flushed();
    for run in catalog_runs(&files) {
        for with_manifest in [true, false] {
            let label = format!("without {run}, and the manifest: {with_manifest}");
            let mut damaged = files.clone();
            damaged.remove(&run);
            if !with_manifest {
                damaged.remove("MANIFEST");
            }
            let (report, there, _) = repaired(&damaged, &label);
            assert!(there == everything(), "{label}: {} are there, {report:?}", there.len());
            assert!(report.found > 0, "{label}: {report:?}");
        }
    }
}

/// All rows of an id were in the run that is gone, and no other file tells of it.
#[test]
fn an_id_of_which_no_row_is_left_is_found_by_its_number() {
    let disk = SimDisk::new();
    let store = open(&disk);
    for id in IDS {
        save(&store, id, data(id, 1));
        store.flush_tables().expect("flushes");
    }
    store.close_and_wait().expect("closes");
    let files = contents(&disk);
    for run in catalog_runs(&files) {
        let mut damaged = files.clone();
        damaged.remove("MANIFEST");
        damaged.remove(&run);
        let (report, there, ids) = repaired(&damaged, &run);
        assert_eq!(there.len(), IDS.len(), "{run}: {report:?}");
        assert_eq!((report.found, ids.len()), (1, IDS.len()), "{run}: {ids:?}");
    }
}

/// Would catch a deleted checkpoint, or a pruned version, that comes back because something else was damaged.
#[test]
fn what_is_known_to_be_deleted_stays_deleted() {
    let disk = SimDisk::new();
    let store = open(&disk);
    for id in IDS {
        save(&store, id, data(id, 1));
    }
    store.append_events("trace", &[[5; 40]; 9], None).expect("appends");
    store.flush_tables().expect("flushes");
    delete(&store, "plan");
    save(&store, "agent-1", data("agent-1", 2));
    store.flush_tables().expect("flushes");
    delete(&store, "zebra");
    store.append_events("trace", &[[6; 40]; 9], None).expect("appends");
    store.close_and_wait().expect("closes");
    let files = contents(&disk);
    let runs = catalog_runs(&files);
    let gone = [data("plan", 1), data("zebra", 1)];
    let mut tried = 0;
    for (name, bytes) in &files {
        let is_rows = runs.contains(name);
        for offset in (0..bytes.len()).step_by(if bytes.len() > 8000 { 97 } else { 31 }) {
            if bytes[offset] == 0 {
                continue;
            }
            let label = format!("byte {offset} of {name}");
            let damaged = with(&files, name, |bytes| bytes[offset] ^= 1);
            let (report, there, _) = repaired(&damaged, &label);
            // What tells that it was deleted may be what is damaged.
            let knows = !is_rows && !name.ends_with(".log");
            assert!(!knows || report.found == 0, "{label}: {report:?}");
            assert!(!knows || gone.iter().all(|gone| !there.contains(gone)), "{label}: it is back");
            tried += 1;
        }
    }
    assert!(tried > 50, "{tried}");
}

/// Nothing tells of such a record but that no row names it: in a whole catalog that is enough.
#[test]
fn what_has_no_row_is_garbage_where_no_row_is_lost() {
    let disk = SimDisk::new();
    let store = open(&disk);
    save(&store, "brief", data("brief", 1));
    delete(&store, "brief");
    save(&store, "agent", data("agent", 1));
    store.append_events("trace", &[[5; 40]; 9], None).expect("appends");
    store.flush_tables().expect("flushes");
    store.close_and_wait().expect("closes");
    let files = contents(&disk);
    let runs = catalog_runs(&files);
    let sealed = |name: &&String| name.ends_with(".pack") || name.ends_with(".run") && !runs.contains(*name);
    let mut tried = 0;
    for name in files.keys().filter(sealed) {
        for offset in (0..files[name].len()).step_by(13) {
            let damaged = with(&files, name, |bytes| bytes[offset] ^= 1);
            let (report, there, _) = repaired(&damaged, &format!("byte {offset} of {name}"));
            assert!(report.found == 0 && !there.contains(&data("brief", 1)), "{report:?}");
            tried += 1;
        }
    }
    assert!(tried > 20, "{tried}");
    // Without a manifest it may as well have been in a run that is gone.
    let mut without = files.clone();
    without.remove("MANIFEST");
    let (report, there, _) = repaired(&without, "without a manifest");
    assert!(report.found == 1 && there.contains(&data("brief", 1)), "{report:?}");
}

/// Would catch a deleted checkpoint that comes back with the rows that are lost, although a row tells that it had one.
#[test]
fn what_a_row_names_is_not_found() {
    let disk = SimDisk::new();
    let store = open(&disk);
    save(&store, "plan", data("plan", 1));
    save(&store, "agent", data("agent", 1));
    store.flush_tables().expect("flushes");
    delete(&store, "plan");
    save(&store, "zebra", data("zebra", 1));
    store.flush_tables().expect("flushes");
    save(&store, "later", data("later", 1));
    store.flush_tables().expect("flushes");
    save(&store, "last", data("last", 1));
    delete(&store, "zebra");
    save(&store, "zebra", data("zebra", 2));
    delete(&store, "zebra");
    store.close_and_wait().expect("closes");
    let mut files = contents(&disk);
    let runs = catalog_runs(&files);
    files.remove(&runs[2]);
    let (report, there, _) = repaired(&files, "without the newest run");
    assert_eq!(report.found, 1, "{report:?}");
    assert_eq!(there, BTreeSet::from([data("agent", 1), data("later", 1), data("last", 1)]));
}

/// A record too large for the log lies in a pack when the log with its frame is lost.
#[test]
fn a_lost_log_costs_no_record_that_lies_in_a_pack() {
    let disk = SimDisk::new();
    let store = open(&disk);
    let large = Rng::new(3).bytes(50_000);
    save(&store, "large", large.clone());
    save(&store, "small", b"small".to_vec());
    store.flush_and_wait().expect("flushes");
    let mut files = contents(&disk.kill());
    files.retain(|name, _| !name.ends_with(".log"));
    let (report, there, ids) = repaired(&files, "without its log");
    assert_eq!(there, BTreeSet::from([large]), "{report:?}");
    assert_eq!((report.found, ids.len()), (1, 1), "{ids:?}");
}

/// A name that somebody gave, of the kind that a repair gives.
#[test]
fn a_name_that_is_taken_is_not_given_again() {
    let disk = SimDisk::new();
    let store = open(&disk);
    save(&store, "agent", data("agent", 1));
    store.flush_tables().expect("flushes");
    save(&store, "lost+found/record-1", b"somebody's".to_vec());
    store.flush_tables().expect("flushes");
    store.close_and_wait().expect("closes");
    let mut files = contents(&disk);
    let runs = catalog_runs(&files);
    files.remove(&runs[0]);
    let (_, there, ids) = repaired(&files, "with a name that is taken");
    assert_eq!(there, BTreeSet::from([data("agent", 1), b"somebody's".to_vec()]));
    assert_eq!(ids, ["lost+found/record-1", "lost+found/record-1-2"]);
}
