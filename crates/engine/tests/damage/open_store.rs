//! Bytes that the log loses under an open store: after a failed write-back a kernel may drop a page, and show then what the disk has.
//!
//! Would catch: zeros that are read as an event, a `meta` or a checkpoint, and a flush that gives such bytes a checksum of their own.

use std::{fs, os::unix::fs::FileExt, sync::Arc};

use agent_storage_engine::{
    catalog::listing::ListOptions, error::Error, events::replay::EventBatch, format::names::FileName,
    ids::Sequence, io::disk::Disk, registry::Registry, store::Store,
};

use super::FRAMES_OFFSET;
use crate::support::{runner::options, victim::LONG};

#[test]
fn what_the_log_lost_is_refused() {
    let directory = tempfile::tempdir().expect("a directory");
    let store = Store::open(&Registry::new(Arc::new(Disk)), directory.path(), options(LONG)).expect("opens");
    store.append_events("", &[[7; 100], [8; 100]], None).expect("appends");
    // A longer one stays in the log, not in its row.
    let meta = vec![9; 2000];
    let save = store.save_request("a", b"data".to_vec(), "", meta, None);
    store.commit_and_wait(vec![agent_storage_engine::engine::Op::Save(save)]).expect("saves");

    let log = fs::read_dir(directory.path())
        .expect("lists")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .find(|name| matches!(FileName::parse(name), Some(FileName::Log(_))))
        .map(|name| directory.path().join(name))
        .expect("a log");
    let file = fs::File::options().write(true).open(&log).expect("opens");
    file.write_all_at(&[0; 8192], FRAMES_OFFSET as u64).expect("writes");

    let refused = |error: Option<Error>| {
        assert!(
            matches!(&error, Some(Error::Corrupt { path, .. }) if path.ends_with(log.file_name().expect("a name"))),
            "{error:?}"
        );
    };
    let mut events = store.replay_events("", Sequence(0), None).expect("a replay");
    refused(events.fill(&mut EventBatch::default(), 10, 1000).err());
    refused(store.checkpoints(ListOptions::default()).expect("a list").next().and_then(Result::err));
    refused(store.history("a").err());
    refused(store.flush_tables().err());
}
