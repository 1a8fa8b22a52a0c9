//! One call of a small store at a time: a power cut at each step of it, and what it leaves behind when it has ended.
//!
//! Would catch: a recovery, a flush or a merge that names a file before the file's own name is durable, a merge that drops what only an unsynced change made
//! dead, a closing that syncs nothing or marks another file, a recovery whose frames no mark covers, a backup that a change meanwhile spoils.

use std::{cell::Cell, path::Path, sync::Arc};

use agent_storage_engine::{
    engine::Op,
    error::{Error, Result},
    ids::Sequence,
    store::Store,
};

use super::{CUTS, append, count, fresh, large, look, open};
use crate::support::{
    observe::observe,
    runner::STORE,
    sim::{Call, Failure, Fault, SimDisk},
};

/// A store with two runs of each kind and two packs, something dead in each, and a log.
fn with_files() -> (SimDisk, Arc<Store>) {
    let (disk, store) = fresh();
    for round in 0..2u8 {
        append(&store, round).expect("appends");
        let saves = ["a", "b"].map(|id| large(&format!("{id}{round}"), round.into()));
        store.commit_and_wait(saves.to_vec()).expect("saves");
        store.prune("trace", Sequence(5)).expect("prunes");
        store.flush_tables().expect("flushes");
    }
    store.commit_and_wait(vec![Op::Delete { id: "a0".to_owned(), unless_after: None }]).expect("deletes");
    append(&store, 9).expect("appends");
    store.flush_and_wait().expect("syncs");
    (disk, store)
}

/// Opens `prepared`, of which everything is durable, and cuts the power at each call of `act`, which changes nothing that is seen.
fn cut_at_each_step(prepared: &SimDisk, act: &dyn Fn(&Arc<Store>) -> Result<()>) {
    let expected = look(&prepared.kill(), "before");
    for call in 1.. {
        let disk = prepared.kill();
        disk.fail(Fault::nth(None, call, Failure::Halt));
        let ended = open(&disk).and_then(|store| act(&store));
        for cut in 0..CUTS {
            let label = format!("call {call}, cut {cut}");
            let crashed = if cut == 0 { disk.power_cut_losing_all() } else { disk.power_cut(cut) };
            if let Some(differs) = expected.difference(&look(&crashed, &label)) {
                panic!("{label}: {differs}");
            }
        }
        if ended.is_ok() {
            return;
        }
    }
}

#[test]
fn a_recovery_loses_nothing_at_any_step() {
    let (disk, _store) = with_files();
    cut_at_each_step(&disk.kill(), &|_| Ok(()));
}

#[test]
fn a_flush_loses_nothing_at_any_step() {
    let (disk, store) = with_files();
    store.close_and_wait().expect("closes");
    cut_at_each_step(&disk.kill(), &|store| store.flush_tables());
}

#[test]
fn a_compaction_loses_nothing_at_any_step() {
    let (disk, store) = with_files();
    store.close_and_wait().expect("closes");
    cut_at_each_step(&disk.kill(), &|store| store.compact(&|| false, &mut |_, _| {}).map(drop));
}

/// The removal is not synced, but the merge begins behind it.
#[test]
fn a_merge_drops_nothing_that_a_cut_makes_alive_again() {
    let (disk, store) = with_files();
    store.close_and_wait().expect("closes");
    let before = look(&disk.kill(), "before");
    for call in 1.. {
        let disk = disk.kill();
        let store = open(&disk).expect("opens");
        let asked = Cell::new(0);
        let prune_once_flushed = || {
            asked.set(asked.get() + 1);
            if asked.get() == 2 {
                drop(store.prune("trace", Sequence(40)));
                disk.fail(Fault::nth(None, call, Failure::Halt));
            }
            false
        };
        let merged = store.compact(&prune_once_flushed, &mut |_, _| {});
        let label = format!("call {call} of the merge");
        let found = look(&disk.power_cut_losing_all(), &label);
        let pruned = found.position > before.position;
        let least = if pruned { 40 } else { 5 };
        let kept: Vec<u64> = found.streams["trace"].events.keys().copied().collect();
        assert_eq!(kept, (least..=90).collect::<Vec<u64>>(), "{label}");
        if merged.is_ok() {
            return;
        }
    }
}

#[test]
fn what_was_closed_survives_a_cut_and_is_continued_in_place() {
    let (disk, store) = with_files();
    store.flush_tables().expect("flushes");
    append(&store, 7).expect("appends");
    let expected = observe(&store, None).expect("reads");
    store.close_and_wait().expect("closes");
    assert!(expected.difference(&look(&disk.power_cut_losing_all(), "closed")).is_none());
    let (disk, store) = with_files();
    store.flush_tables().expect("flushes");
    store.close_and_wait().expect("closes");
    let again = disk.kill();
    drop(open(&again).expect("opens"));
    assert_eq!(count(&again, Call::Create, ".log"), 0, "a log was written anew");
}

/// Frames up to the mark are damage when they are bad; behind it they would be the log's torn end.
#[test]
fn what_a_recovery_kept_is_marked() {
    let (disk, _store) = with_files();
    let recovered = disk.kill();
    let _open = open(&recovered).expect("recovers");
    let damaged = recovered.kill();
    let files = damaged.contents(Path::new(STORE));
    let (name, bytes) = files.iter().rfind(|(name, _)| name.ends_with(".log")).expect("a log");
    let mut bytes = bytes.clone();
    let last = bytes.iter().rposition(|byte| *byte != 0).expect("frames");
    bytes[last] ^= 1;
    damaged.put(Path::new(STORE), name, &bytes);
    assert!(matches!(open(&damaged).map(drop), Err(Error::Corrupt { .. })));
}

#[test]
fn a_backup_takes_the_store_as_it_was_when_it_began() {
    let (_disk, store) = with_files();
    let mut append_meanwhile = |_, _| {
        append(&store, 3).expect("appends");
    };
    store.backup(Path::new("/copy"), &|| false, &mut append_meanwhile).expect("copies");
}
