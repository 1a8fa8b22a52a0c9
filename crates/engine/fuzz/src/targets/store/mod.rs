//! Whole stores that were damaged.
//!
//! An input names one of three small stores and edits of its files. Without repair, what the store then gives is right or refused, and a refusal
//! to open has changed nothing. With repair the checksums of edited files are made right, as no damage of a medium does: then there is no
//! telling what is right, but every call ends, by an answer or a typed error. Either store is repaired, too: a damaged one is sound then.

mod edits;
mod sound;

use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

use agent_storage_engine::{
    catalog::listing::{ListOptions, Order},
    engine::{Op, SaveRequest, VerifyReport, repair_directory, verify_directory},
    error::{Error, Result},
    events::replay::EventBatch,
    format::codec::Cursor,
    ids::Sequence,
    registry::Registry,
    store::Store,
};

use self::{edits::Edit, sound::make_sound};
use crate::support::{
    observe::INTERNAL_KEYS,
    runner::{STORE, options},
    sim::SimDisk,
    victim::{Files, LONG, Outcome, Victim, contents, disk_with, everything, log_only, unfinished},
};

fn victims() -> &'static [Victim] {
    static VICTIMS: OnceLock<Vec<Victim>> = OnceLock::new();
    VICTIMS.get_or_init(|| vec![log_only(), everything(), unfinished()])
}

/// The first byte names the store, the second says whether to repair; the edits follow.
pub(super) fn store(input: &[u8]) {
    let Some(([victim, repaired], rest)) = input.split_first_chunk() else { return };
    let victims = victims();
    let victim = &victims[usize::from(*victim) % victims.len()];
    let other = &victims[(usize::from(input[0]) + 1) % victims.len()];
    let mut files = victim.files.clone();
    let mut cursor = Cursor::new(rest);
    let repaired = repaired & 1 == 1;
    while let Some(edit) = Edit::read(&mut cursor) {
        if repaired || !edit.forges() {
            edit.apply(&mut files, &other.files);
        }
    }
    if repaired {
        make_sound(&mut files, &victim.files);
        use_forged(&files);
        if let Some(disk) = repair(&files) {
            use_forged(&contents(&disk));
        }
    } else {
        check_damaged(victim, &files);
        if let Some(disk) = repair(&files) {
            let verified = verify_directory(&disk, Path::new(STORE), &|| false, &mut |_, _| {});
            assert!(verified.as_ref().is_ok_and(VerifyReport::is_ok), "repaired, and then {verified:?}");
        }
    }
}

/// The disk with the repaired store; `None` where that is refused.
fn repair(files: &Files) -> Option<SimDisk> {
    let disk = disk_with(files);
    let repaired = repair_directory(&disk, Path::new(STORE), &|| false, &mut |_, _| {});
    repaired.inspect_err(expect_typed).ok().map(|_| disk)
}

fn check_damaged(victim: &Victim, files: &Files) {
    let whole = files.iter().any(|(name, bytes)| victim.files.get(name) == Some(bytes));
    if !files.contains_key("MANIFEST") && !whole {
        // Nothing is left that tells a store from none, so that a new one may be made.
        return use_forged(files);
    }
    let outcome = victim.open_damaged(files, victim.name);
    assert!(files != &victim.files || outcome == Outcome::Right, "the store as it was is {outcome:?}");
}

type Call = fn(&Arc<Store>) -> Result<()>;

/// Makes every kind of call, whatever came of those before.
fn use_forged(files: &Files) {
    let disk = disk_with(files);
    let registry = Registry::new(Arc::new(disk));
    for _ in 0..2 {
        let Ok(store) = Store::open(&registry, Path::new(STORE), options(LONG)).inspect_err(expect_typed)
        else {
            return;
        };
        let calls: [Call; 6] =
            [read, verify, change, Store::flush_and_wait, |store| store.flush_tables(), compact];
        for call in calls {
            drop(call(&store).inspect_err(expect_typed));
        }
        drop(read(&store).inspect_err(expect_typed));
        drop(store.close_and_wait().inspect_err(expect_typed));
    }
}

fn read(store: &Arc<Store>) -> Result<()> {
    for stream in store.streams()? {
        let mut events = store.replay_events(&stream.name, Sequence(0), None)?;
        let mut batch = EventBatch::default();
        loop {
            events.fill(&mut batch, 1000, 1 << 20)?;
            if batch.events.is_empty() {
                break;
            }
        }
    }
    for (order, reverse) in [(Order::FirstSaved, false), (Order::Time, true)] {
        for info in store.checkpoints(ListOptions { order, reverse, ..ListOptions::default() })? {
            let id = info?.id;
            for version in store.history(&id)? {
                store.load_and_wait(&id, Some(version.version))?;
            }
        }
    }
    for key in INTERNAL_KEYS {
        store.internal(key)?;
    }
    store.stats().map(drop)
}

fn verify(store: &Arc<Store>) -> Result<()> {
    store.verify(&|| false, &mut |_, _| {}).map(drop)
}

fn compact(store: &Arc<Store>) -> Result<()> {
    store.compact(&|| false, &mut |_, _| {}).map(drop)
}

fn change(store: &Arc<Store>) -> Result<()> {
    store.append_events("trace", &[b"event"], None)?;
    store.prune("trace", Sequence(3))?;
    let save = SaveRequest {
        id: "agent".to_owned(),
        data: Arc::new(vec![7; 300]),
        lineage: String::new(),
        meta: vec![9; 30],
        time: Some(1.),
        level: 3,
        max_delta_chain: 3,
    };
    store.commit_and_wait(vec![Op::Save(save)])?;
    store.commit_and_wait(vec![Op::Delete { id: "plan".to_owned(), unless_after: None }])?;
    store.delete_stream("trace").map(drop)
}

/// What the bytes of a store can lead to: no error of the disk, which is sound, and none of the caller's.
fn expect_typed(error: &Error) {
    let typed = matches!(
        error,
        Error::Corrupt { .. }
            | Error::UnsupportedFormat { .. }
            | Error::NotAStore { .. }
            | Error::Poisoned { .. }
            | Error::NotFound { .. }
    );
    assert!(typed, "{error:?}");
}
