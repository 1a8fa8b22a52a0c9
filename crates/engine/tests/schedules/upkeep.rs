//! Flushes, compactions, backups and readers at once.
//!
//! Would catch: a reader that sees an event twice or misses one while it moves from the log to a run, a file that is removed under its reader, a compaction that
//! drops what a save under way builds on, two of them that wait for each other.

use std::{path::Path, sync::Arc};

use agent_storage_engine::{engine::Op, options::Options, store::Store};
use shuttle::thread;

use crate::explore::{after, disk, explore, join, numbers, open, registry};

const EVENTS: u8 = 3;
const VERSIONS: u8 = 3;
const CHECKPOINT_BYTES: usize = 3000;

fn write(store: &Arc<Store>) {
    for number in 0..EVENTS {
        store.append_events("", &[[number]], None).expect("appends");
    }
}

fn save(store: &Arc<Store>) {
    save_as(store, "one");
}

fn save_another(store: &Arc<Store>) {
    save_as(store, "other");
}

fn save_as(store: &Arc<Store>, id: &str) {
    for version in 0..VERSIONS {
        let request = store.save_request(id, vec![version; CHECKPOINT_BYTES], "", Vec::new(), None);
        store.commit_and_wait(vec![Op::Save(request)]).expect("saves");
    }
}

fn compact(store: &Arc<Store>) {
    store.compact(&|| false, &mut |_, _| ()).expect("compacts");
}

/// What is read never steps back and has no gap.
fn read(store: &Arc<Store>) {
    let (mut seen, mut version) = (0, None);
    for _ in 0..2 {
        let found = numbers(store, "").expect("readable");
        let expected: Vec<u8> = (0..EVENTS).take(found.len()).collect();
        assert!(found == expected && found.len() >= seen, "{found:?} after {seen} events");
        seen = found.len();
        let loaded = store.load_and_wait("one", None).expect("loads");
        let newest = loaded.as_ref().and_then(|data| data.first().copied());
        assert!(newest >= version, "version {newest:?} after {version:?}");
        if let Some(newest) = newest {
            assert!(*loaded.expect("there") == [newest; CHECKPOINT_BYTES], "the bytes of version {newest}");
        }
        version = newest;
    }
}

fn check(store: &Arc<Store>) {
    assert_eq!(numbers(store, "").expect("readable"), (0..EVENTS).collect::<Vec<_>>());
    let versions = store.history("one").expect("readable");
    assert_eq!(versions.len(), usize::from(VERSIONS));
    for (number, info) in (0..VERSIONS).zip(versions) {
        let data = store.load_and_wait("one", Some(info.version)).expect("loads").expect("there");
        assert!(*data == [number; CHECKPOINT_BYTES], "version {number}");
    }
    assert!(store.verify(&|| false, &mut |_, _| ()).expect("verifies").damage.is_empty());
}

type Work = fn(&Arc<Store>);

fn at_once(store: &Arc<Store>, work: &[Work]) {
    let threads = work.iter().copied().map(|work| {
        let store = Arc::clone(store);
        thread::spawn(move || work(&store))
    });
    join(threads.collect::<Vec<_>>());
}

#[test]
fn readers_and_writers_go_on_under_flushes_and_compactions() {
    explore(1, 30, || {
        let disk = disk();
        let store = open(&registry(&disk));
        let flush: Work = |store| {
            for _ in 0..2 {
                store.flush_tables().expect("flushes");
            }
        };
        at_once(&store, &[write, save, save_another, flush, compact, read]);
        check(&store);
        store.flush_and_wait().expect("durable");
        after(&disk.power_cut_losing_all(), check);
        store.close_and_wait().expect("closes");
    });
}

#[test]
fn a_backup_under_a_flush_and_a_compaction_is_whole() {
    explore(1, 30, || {
        let disk = disk();
        let store = open(&registry(&disk));
        write(&store);
        save(&store);
        let backup: Work = |store| {
            store.backup(Path::new("/backup"), &|| false, &mut |_, _| ()).expect("backs up");
        };
        let flush: Work = |store| store.flush_tables().expect("flushes");
        at_once(&store, &[backup, flush, compact]);
        store.close_and_wait().expect("closes");
        let copy = registry(&disk.power_cut_losing_all());
        let copy = Store::open(&copy, Path::new("/backup"), Options::default()).expect("opens");
        check(&copy);
        copy.close_and_wait().expect("closes");
    });
}
