//! Many who wait for one sync.
//!
//! Would catch: an answer before the sync that covers it, a round whose target is settled after its sync began, a wake-up that is lost, a waiter who is
//! answered well after a sync has failed.

use std::{path::Path, sync::Arc};

use agent_storage_engine::{options::DurabilityMode, store::Store};
use shuttle::thread;

use crate::{
    explore::{STORE, after, disk, explore, join, numbers, options, registry},
    support::sim::{Call, Failure, Fault, SimDisk},
};

const THREADS: u8 = 3;
const EVENTS: u8 = 2;

fn open_syncing(disk: &SimDisk) -> Arc<Store> {
    Store::open(&registry(disk), Path::new(STORE), options(DurabilityMode::Sync)).expect("opens")
}

/// Each thread appends to its stream and, once answered, keeps what a power cut would leave then.
fn append_and_cut(store: &Arc<Store>, disk: &SimDisk) -> Vec<(String, u8, SimDisk)> {
    let threads = (0..THREADS).map(|thread| {
        let (store, disk) = (Arc::clone(store), disk.clone());
        thread::spawn(move || {
            let stream = thread.to_string();
            let mut answered = Vec::new();
            for number in 0..EVENTS {
                if store.append_events(&stream, &[[number]], None).is_err() {
                    break;
                }
                answered.push((stream.clone(), number, disk.power_cut_losing_all()));
            }
            answered
        })
    });
    join(threads.collect::<Vec<_>>()).concat()
}

fn check(answered: Vec<(String, u8, SimDisk)>) {
    for (stream, number, cut) in answered {
        after(&cut, |store| {
            let found = numbers(store, &stream).expect("readable");
            let expected: Vec<u8> = (0..=number).collect();
            assert!(found.starts_with(&expected), "event {number} of {stream} was answered; found {found:?}");
        });
    }
}

#[test]
fn what_is_answered_is_durable() {
    explore(1, 30, || {
        let disk = disk();
        let store = open_syncing(&disk);
        let answered = append_and_cut(&store, &disk);
        assert_eq!(answered.len(), usize::from(THREADS * EVENTS), "every append is answered well");
        store.close_and_wait().expect("closes");
        check(answered);
    });
}

#[test]
fn after_a_failed_sync_nobody_is_answered_well_for_what_it_lost() {
    explore(1, 30, || {
        let disk = disk();
        let store = open_syncing(&disk);
        let nth = disk.count(Some(Call::Sync)) + 2;
        disk.fail(Fault::nth(Some(Call::Sync), nth, Failure::Io));
        let answered = append_and_cut(&store, &disk);
        store.close_and_wait().expect_err("what was lost is told at the latest by the close");
        check(answered);
    });
}
