//! Space that comes back. Would catch: a log or run that nobody removes, pruned events that every compaction carries along, dead records that keep
//! their packs.

use std::{cell::Cell, path::Path, sync::Arc};

use agent_storage_engine::{
    error::Error,
    format::names::FileName,
    ids::Sequence,
    io::{Backend, disk::Disk},
    manifest::Manifest,
    registry::Registry,
    store::Store,
};

use super::{STORE, delete, events, eventually, open, save, simulated};
use crate::support::rng::Rng;

fn bytes_in(directory: &Path) -> u64 {
    let entries = std::fs::read_dir(directory).expect("a directory").filter_map(Result::ok);
    entries.filter_map(|entry| entry.metadata().ok()).map(|found| found.len()).sum()
}

/// 60 MB of events that do not compress pass through a stream which keeps the last hundred; nobody compacts.
#[test]
fn a_stream_that_is_appended_to_and_pruned_for_ever_keeps_a_bounded_directory() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(&Registry::new(Arc::new(Disk)), directory.path());
    let pool = Rng::new(2).bytes(1 << 20);
    let (mut appended, mut most) = (0, 0);
    for round in 0..120u64 {
        let batch: Vec<&[u8]> = (0..500)
            .map(|number| {
                let at = usize::try_from((round * 7919 + number * 1009) % 1_000_000).expect("small");
                &pool[at..at + 1000]
            })
            .collect();
        let first = store.append_events("log", &batch, None).expect("appends");
        appended += 500_000u64;
        store.prune("log", Sequence(first.0 + 400)).expect("prunes");
        // As fast as the flush: one that is outrun is no fault, and the log would only grow for as long as this lasts.
        eventually("the log is flushed", || store.stats().expect("figures").log_bytes < 8 << 20);
        most = most.max(bytes_in(directory.path()));
    }
    eventually("what is dead goes", || bytes_in(directory.path()) < 12 << 20);
    println!("{appended} bytes appended, at most {most} on disk, {} at the end", bytes_in(directory.path()));
    assert!(most < 32 << 20, "{most} bytes");
    assert_eq!(events(&store, "log").len(), 100);
    store.close_and_wait().expect("closes");
}

fn fill(store: &Arc<Store>) -> u64 {
    let mut plain = 0;
    for id in 0..60u64 {
        let mut data = Rng::new(id).bytes(20_000);
        for version in 0..6 {
            data.extend_from_slice(format!("version {version}").as_bytes());
            store.commit_and_wait(vec![save(store, &format!("id {id}"), data.clone())]).expect("saves");
            plain += data.len() as u64;
        }
        store.append_events("log", &[Rng::new(id).bytes(10_000)], None).expect("appends");
        plain += 10_000;
    }
    plain
}

#[test]
fn deleting_and_compacting_gives_the_space_back() {
    let (disk, registry) = simulated();
    let size = || disk.contents(Path::new(STORE)).values().map(|bytes| bytes.len() as u64).sum::<u64>();
    let store = open(&registry, Path::new(STORE));
    let plain = fill(&store);
    let full = store.compact(&|| false, &mut |_, _| {}).expect("compacts");
    let full_size = size();
    assert!(full_size < plain, "{full_size} bytes for {plain}");
    for id in 0..59 {
        store.commit_and_wait(vec![delete(&format!("id {id}"))]).expect("deletes");
    }
    assert!(store.delete_stream("log").expect("deletes"));
    let report = store.compact(&|| false, &mut |_, _| {}).expect("compacts");
    println!("{plain} bytes saved; {full_size} on disk, {} after the deletes; {full:?} {report:?}", size());
    assert!(size() < full_size / 20, "{} of {full_size}", size());
    assert!(report.bytes_after < report.bytes_before / 10);
    let kept = store.load_and_wait("id 59", Some(5)).expect("loads").expect("there");
    assert_eq!(kept.len(), 20_000 + 5 * "version 0".len());
    store.close_and_wait().expect("closes");

    let again = open(&registry, Path::new(STORE));
    assert_eq!(again.stats().expect("figures").checkpoints, 1);
    assert!(events(&again, "log").is_empty());
    assert!(again.streams().expect("streams").is_empty());
    again.close_and_wait().expect("closes");
}

/// Aborted half way, a compaction leaves the store and nothing else.
#[test]
fn an_aborted_compaction_leaves_nothing_behind() {
    let (disk, registry) = simulated();
    let store = open(&registry, Path::new(STORE));
    fill(&store);
    store.flush_tables().expect("flushes");
    fill(&store);
    store.flush_tables().expect("flushes");
    let unnamed = || {
        let directory = disk.open_directory(Path::new(STORE), false).expect("opens");
        let manifest = Manifest::load(&*directory).expect("reads").expect("a manifest");
        let mut names: Vec<_> = disk.contents(Path::new(STORE)).into_keys().collect();
        names.retain(|name| {
            let file = FileName::parse(name).expect("a name of ours");
            !matches!(file, FileName::Manifest | FileName::Owner) && !manifest.names(file)
        });
        names
    };
    for slices in 0..4 {
        let asked = Cell::new(0);
        let abort = || asked.replace(asked.get() + 1) >= slices;
        let aborted = store.compact(&abort, &mut |_, _| {});
        assert!(matches!(aborted, Err(Error::Aborted) | Ok(_)), "{aborted:?}");
        assert!(unnamed().is_empty(), "after {slices} slices {:?}", unnamed());
    }
    store.append_events("log", &[b"goes on"], None).expect("appends");
    store.compact(&|| false, &mut |_, _| {}).expect("compacts");
    assert_eq!(store.stats().expect("figures").checkpoints, 60);
    store.close_and_wait().expect("closes");
}
