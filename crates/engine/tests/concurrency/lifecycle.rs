//! Opening, closing, dropping, releasing. Would catch: a call that a close loses, a lock that outlives its last handle, an idle release that loses a call
//! or closes a store under it, two engines on one directory.

use std::{
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::Duration,
};

use agent_storage_engine::{error::Error, io::disk::Disk, registry::Registry, store::Store};

use super::{STORE, answer, events, eventually, open, options, save, simulated, submit};

#[test]
fn closing_finishes_what_was_called_before() {
    let (disk, registry) = simulated();
    for round in 0..20u8 {
        let store = open(&registry, Path::new(STORE));
        let pending: Vec<_> = (0..10)
            .map(|number| submit(&store, vec![save(&store, &format!("{round} {number}"), vec![round; 3000])]))
            .collect();
        store.append_events("", &[[round]], None).expect("appends");
        let (sender, closed) = mpsc::channel();
        for _ in 0..2 {
            let sender = sender.clone();
            store.close(Box::new(move |answer| drop(sender.send(answer))));
        }
        assert!(matches!(store.append_events("", &[b"late"], None), Err(Error::HandleClosed { .. })));
        assert!(matches!(
            answer(&submit(&store, vec![save(&store, "late", vec![1])])),
            Err(Error::HandleClosed { .. })
        ));
        for receiver in pending {
            answer(&receiver).expect("a save before the close");
        }
        for _ in 0..2 {
            answer(&closed).expect("closes, and closing again is no error");
        }
        let after = open(&Registry::new(Arc::new(disk.power_cut_losing_all())), Path::new(STORE));
        assert_eq!(events(&after, "").len(), usize::from(round) + 1);
        assert_eq!(after.stats().expect("figures").checkpoints, (u64::from(round) + 1) * 10);
        after.close_and_wait().expect("closes");
    }
}

/// Handles come and go on several threads while others call: one engine at a time, and nothing is lost.
#[test]
fn handles_are_opened_and_closed_under_calls() {
    let (disk, registry) = simulated();
    thread::scope(|scope| {
        for thread in 0..4u8 {
            let registry = &registry;
            scope.spawn(move || {
                for number in 0..60u8 {
                    let store = open(registry, Path::new(STORE));
                    store.append_events(&format!("{thread}"), &[[number]], None).expect("appends");
                    let saved = submit(&store, vec![save(&store, &format!("{thread}"), vec![number; 500])]);
                    if number % 3 == 0 {
                        // Dropped without a close, with a call pending.
                        drop(store);
                    } else {
                        store.close_and_wait().expect("closes");
                    }
                    answer(&saved).expect("saves");
                }
            });
        }
    });
    eventually("the last handle gives the lock back", || {
        Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options()).is_ok()
    });
    let after = open(&Registry::new(Arc::new(disk.kill())), Path::new(STORE));
    for thread in 0..4 {
        let bytes: Vec<_> =
            events(&after, &format!("{thread}")).into_iter().map(|(_, data)| data[0]).collect();
        assert_eq!(bytes, (0..60).collect::<Vec<u8>>());
        let loaded = after.load_and_wait(&format!("{thread}"), None).expect("loads").expect("there");
        assert_eq!(*loaded, [59; 500]);
    }
    after.close_and_wait().expect("closes");
}

#[test]
fn a_second_holder_is_refused_with_the_pid_and_let_in_afterwards() {
    let directory = tempfile::tempdir().expect("a directory");
    let registry = |()| Registry::new(Arc::new(Disk));
    let store = open(&registry(()), directory.path());
    for removed in ["owner", "MANIFEST.tmp"] {
        match Store::open(&registry(()), directory.path(), options()).map(drop) {
            Err(Error::Locked { holder_pid, .. }) => {
                let named = holder_pid.is_none() || holder_pid == Some(std::process::id());
                assert!(named, "{holder_pid:?}");
            }
            other => panic!("two writers: {other:?}"),
        }
        // Removing files does not let a second writer in.
        drop(std::fs::remove_file(directory.path().join(removed)));
    }
    store.append_events("", &[b"goes on"], None).expect("appends");
    drop(store);
    eventually("a handle that was dropped gives the lock back", || {
        Store::open(&registry(()), directory.path(), options())
            .is_ok_and(|again| events(&again, "").len() == 1)
    });
}

/// Lazy handles are released under the calls of others, all the time, and another holder comes in between.
#[test]
fn idle_release_loses_no_call() {
    let (disk, registry) = simulated();
    let idle = Duration::from_millis(1);
    let lazy = || Store::lazy(&registry, Path::new(STORE), options(), idle).expect("a handle");
    let handles: Vec<_> = (0..3).map(|_| lazy()).collect();
    let rounds = 120u8;
    thread::scope(|scope| {
        for (thread, store) in handles.iter().enumerate() {
            scope.spawn(move || {
                for number in 0..rounds {
                    store.append_events(&format!("{thread}"), &[[number]], None).expect("appends");
                    let saved = submit(store, vec![save(store, &format!("{thread}"), vec![number; 300])]);
                    if number % 4 == 0 {
                        thread::sleep(Duration::from_millis(u64::from(number % 5)));
                    }
                    answer(&saved).expect("saves");
                    let loaded =
                        store.load_and_wait(&format!("{thread}"), None).expect("loads").expect("there");
                    assert_eq!(*loaded, [number; 300]);
                }
            });
        }
    });
    let mut others = 0;
    for round in 0..5u8 {
        eventually("an idle store gives its lock back", || {
            let other = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options());
            let Ok(other) = other else { return false };
            other.append_events("other", &[[round]], None).expect("appends");
            other.close_and_wait().expect("closes");
            true
        });
        others += 1;
        assert_eq!(
            handles[0].append_events("0", &[[round]], None).expect("appends").0,
            u64::from(rounds) + others
        );
        assert_eq!(handles[1].last_sequence("other").expect("reads").0, others);
    }
    for handle in &handles {
        handle.close_and_wait().expect("closes");
    }
    let after = open(&Registry::new(Arc::new(disk.power_cut_losing_all())), Path::new(STORE));
    assert_eq!(events(&after, "1").len(), usize::from(rounds));
    after.close_and_wait().expect("closes");
}

/// A lazy handle that was only looked at has made nothing.
#[test]
fn reading_a_store_that_does_not_exist_makes_none() {
    let (disk, registry) = simulated();
    let store =
        Store::lazy(&registry, Path::new(STORE), options(), Duration::from_secs(5)).expect("a handle");
    assert_eq!(disk.count(None), 0, "making a handle does no I/O");
    assert_eq!(store.load_and_wait("a", None).expect("loads"), None);
    assert_eq!(store.last_sequence("").expect("reads").0, 0);
    assert!(events(&store, "").is_empty());
    store.close_and_wait().expect("closes");
    assert!(disk.contents(Path::new(STORE)).is_empty());
}
