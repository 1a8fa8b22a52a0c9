//! Flushes and merges: what they drop, and which of their files is durable first.

use std::{cell::Cell, path::Path};

use agent_storage_engine::{
    engine::{Op, repair_directory},
    error::Error,
    ids::Sequence,
};

use super::{CUTS, append, failed::engine, fresh, large, look, open, save_large, wait_until, with_ending};
use crate::support::{
    observe::observe,
    rng::Rng,
    runner::STORE,
    sim::{Call, Failure, Fault},
    victim::save,
};

/// A flush that begins behind a prune which is not synced: what it froze before lacks the pruned events then, and the prune must not be lost.
#[test]
fn a_flush_drops_nothing_that_a_cut_makes_alive_again() {
    let (disk, store) = fresh();
    append(&store, 1).expect("appends");
    store.flush_and_wait().expect("syncs");
    disk.fail(Fault::nth(Some(Call::Create), 1, Failure::Full).on(".run"));
    assert!(matches!(store.flush_tables(), Err(Error::Full { .. })));
    store.prune("trace", Sequence(5)).expect("prunes");
    store.flush_tables().expect("flushes");
    let expected = observe(&store, None).expect("reads");
    let found = look(&disk.power_cut_losing_all(), "flushed");
    assert!(expected.difference(&found).is_none(), "{:?}", expected.difference(&found));
}

/// The deletion is accepted, but not synced, when the merge looks at what is alive.
#[test]
fn a_merge_of_packs_drops_nothing_that_a_cut_makes_alive_again() {
    let (disk, store) = fresh();
    for (id, seed) in [("a", 1), ("b", 2)] {
        save_large(&store, id, seed).expect("saves");
        store.flush_tables().expect("flushes");
    }
    store.close_and_wait().expect("closes");
    let before = look(&disk.kill(), "before");
    let mut deleted = true;
    for moment in 1.. {
        for call in 1.. {
            let disk = disk.kill();
            let engine = engine(&disk);
            let asked = Cell::new(0);
            let delete = || {
                asked.set(asked.get() + 1);
                if asked.get() == moment {
                    let delete = vec![Op::Delete { id: "a".to_owned(), unless_after: None }];
                    engine.submit_and_wait(delete, false).expect("deletes");
                    disk.fail(Fault::nth(None, call, Failure::Halt));
                }
                false
            };
            let merged = engine.compact(&delete, &mut |_, _| {});
            deleted = asked.get() >= moment;
            let label = format!("moment {moment}, call {call}");
            let found = look(&disk.power_cut_losing_all(), &label);
            if found.position == before.position {
                assert!(before.difference(&found).is_none(), "{label}");
            }
            if merged.is_ok() {
                break;
            }
        }
        if !deleted {
            return;
        }
    }
}

/// The rows of a flush tell where the log begins if the manifest is lost: then all of the flush must be there.
#[test]
fn a_flush_that_was_cut_off_loses_nothing_with_the_manifest() {
    let (disk, store) = fresh();
    append(&store, 1).expect("appends");
    save_large(&store, "a", 1).expect("saves");
    store.commit_and_wait(vec![save("b", vec![3; 100])]).expect("saves");
    store.close_and_wait().expect("closes");
    let disk = disk.kill();
    for call in 1.. {
        let disk = disk.kill();
        let store = open(&disk).expect("opens");
        append(&store, 2).expect("appends");
        store.flush_and_wait().expect("syncs");
        let expected = observe(&store, None).expect("reads");
        disk.fail(Fault::nth(None, call, Failure::Halt));
        let flushed = store.flush_tables();
        for cut in 0..CUTS {
            let label = format!("call {call}, cut {cut}");
            let cut = disk.power_cut(cut);
            cut.erase(Path::new(STORE), "MANIFEST");
            repair_directory(&cut, Path::new(STORE), &|| false, &mut |_, _| {})
                .unwrap_or_else(|error| panic!("{label}: {error}"));
            let found = look(&cut, &label);
            let (had, has) = (&expected.streams["trace"].events, &found.streams["trace"].events);
            assert!(had == has, "{label}: {} events of {}", has.len(), had.len());
            for (id, known) in &expected.checkpoints {
                assert!(
                    found.checkpoints.get(id).is_some_and(|found| found.versions == known.versions),
                    "{label}: {id}"
                );
            }
        }
        if flushed.is_ok() {
            return;
        }
    }
}

/// The merge of small runs behind a large one: what is deleted in them is still there in the large one.
#[test]
fn what_was_deleted_stays_so_when_only_newer_runs_are_merged() {
    let (disk, store) = fresh();
    // So long, and so unlike each other, that their run is not as small as the others.
    let id = |number: u64| format!("{number} {:?}", Rng::new(number).bytes(40));
    let many = (0..1000).map(|number| save(&id(number), vec![1; 20]));
    store.commit_and_wait(many.collect()).expect("saves");
    store.flush_tables().expect("flushes");
    let delete = Op::Delete { id: id(7), unless_after: None };
    store.commit_and_wait(vec![delete]).expect("deletes");
    for round in 0..4 {
        store.flush_tables().expect("flushes");
        store.commit_and_wait(vec![large("b", round)]).expect("saves");
    }
    store.flush_tables().expect("flushes");
    let runs = with_ending(&disk, ".run");
    store.close_and_wait().expect("closes");
    let reopened = open(&disk).expect("opens");
    wait_until("merged", || with_ending(&disk, ".run") < runs);
    let history = reopened.history(&id(7)).expect("reads");
    assert!(history.is_empty(), "what was deleted is there again");
}
