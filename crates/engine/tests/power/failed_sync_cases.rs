//! One failed sync each, and what exactly comes of it.

use agent_storage_engine::{
    error::{Error, Result},
    store::{StorageEngine, Store},
};

use crate::{
    LONG, cause,
    image::Kind,
    look, machine, registry,
    stacked::Stacked,
    support::{observe::observe, rng::Rng, runner::options},
};

/// Would catch a failed sync of the log that is taken for done, a write after it, and a healing that trusts what the page cache shows.
#[test]
fn a_failed_sync_is_told_and_healed() {
    let mut stacked = match Stacked::new(Kind::Ext4) {
        Ok(stacked) => stacked,
        Err(why) => return machine::skip(&why),
    };
    let path = stacked.image.path().join("store");
    let registry = registry();
    let store = Store::open(&registry, &path, options(LONG)).expect("opens");
    store.append_events("", &[b"durable"], None).expect("appends");
    store.flush_and_wait().expect("syncs");
    stacked.leave_pages(0);
    // Less than what is preallocated, so that the file system itself has room.
    let accepted: Vec<Vec<u8>> = (0..40u8).map(|number| vec![number; 1000]).collect();
    store.append_events("", &accepted, None).expect("the page cache has room");
    let failed = store.flush_and_wait().expect_err("the disk has none");
    assert!(matches!(cause(&failed), Error::Io { .. }), "{failed}");
    assert_eq!(failed.code(), "ERR_STORAGE_POISONED");
    for refused in [store.append_events("", &[b"late"], None).map(drop), store.flush_tables()] {
        assert!(matches!(refused, Err(Error::Poisoned { .. })), "{refused:?}");
    }
    assert_eq!(store.last_sequence("").expect("reads go on").0, 41);
    stacked.disk.remove_ballast();
    let healed = Store::open(&registry, &path, options(LONG)).expect("heals");
    let found = observe(&healed, None).expect("reads");
    assert_eq!(found.streams[""].events[&1].data.as_slice(), b"durable");
    healed.append_events("", &[b"after"], None).expect("writes again");
    healed.flush_and_wait().expect("syncs again");
    stacked.image.cut();
    for store in [store, healed] {
        store.close_and_wait().ok();
    }
    stacked.image.remount();
    let kept = look(&crate::registry(), &path).expect("opens");
    let mut after = kept.streams[""].clone();
    let last = after.events.remove(&after.last).expect("what was acknowledged last");
    assert_eq!(last.data.as_slice(), b"after");
    assert_eq!(after.events, found.streams[""].events, "what the healed store showed");
    println!("{} of 41 events after healing", found.last_sequence(""));
}

/// Would catch a save that is acknowledged although the sync of its pack failed.
#[test]
fn a_save_whose_pack_is_not_synced_is_refused() {
    for kind in [Kind::Ext4, Kind::Xfs] {
        let mut stacked = match Stacked::new(kind) {
            Ok(stacked) => stacked,
            Err(why) => return machine::skip(&why),
        };
        let path = stacked.image.path().join("store");
        let store = Store::open(&registry(), &path, options(LONG)).expect("opens");
        // Too large for the log, and it does not compress.
        let data = Rng::new(1).bytes(100 << 10);
        store.save_checkpoint("kept", &data).expect("saves");
        stacked.leave_pages(3);
        let refused = store.save_checkpoint("refused", &Rng::new(2).bytes(100 << 10));
        assert!(names_a_pack(&refused), "{}: {refused:?}", kind.name());
        assert!(store.load_checkpoint("kept").expect("reads go on") == data);
        stacked.disk.remove_ballast();
        stacked.image.cut();
        store.close_and_wait().ok();
        stacked.image.remount();
        let found = look(&registry(), &path).unwrap_or_else(|error| panic!("{}: {error}", kind.name()));
        assert!(found.checkpoints["kept"].versions[&1].data.as_slice() == data, "{}", kind.name());
        assert!(!found.checkpoints.contains_key("refused"), "{}", kind.name());
    }
}

fn names_a_pack(answer: &Result<()>) -> bool {
    let Err(error @ Error::Poisoned { .. }) = answer else { return false };
    matches!(cause(error), Error::Io { operation: "fdatasync", path, .. } if path.extension().is_some_and(|end| end == "pack"))
}
