//! The lock on a directory, and who is told to hold it.

use std::{
    path::Path,
    process,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use agent_storage_engine::{
    error::{Error, Result},
    io::{Access, Backend, Directory, OWNER, owner::DirectoryLock},
};

use crate::{
    on_each_backend,
    support::sim::{Call, Failure, Fault, SimDisk},
};

fn open(backend: &dyn Backend, path: &Path) -> Arc<dyn Directory> {
    backend.open_directory(path, true).expect("opens")
}

fn lock(backend: &dyn Backend, path: &Path) -> Result<DirectoryLock> {
    let lock = DirectoryLock::acquire(open(backend, path), Duration::ZERO)?;
    lock.announce();
    Ok(lock)
}

fn holder_of(answer: Result<DirectoryLock>) -> Option<u32> {
    match answer {
        Err(Error::Locked { holder_pid, .. }) => holder_pid,
        other => panic!("is held: {other:?}"),
    }
}

/// Would catch `fcntl` locks, which both descriptors of one process get.
#[test]
fn two_descriptors_of_one_process_exclude_each_other() {
    on_each_backend(|backend, path| {
        let (first, second) = (open(backend, path), open(backend, path));
        assert!(first.try_lock().expect("locks"));
        assert!(!second.try_lock().expect("answers"));
        second.unlock().expect("gives back what it does not have");
        assert!(!second.try_lock().expect("answers"), "another descriptor's unlock frees nothing");
        first.unlock().expect("unlocks");
        assert!(second.try_lock().expect("locks"));
        drop(second);
        assert!(first.try_lock().expect("locks"), "closing a descriptor frees its lock");
    });
}

/// Would catch a refusal without the holder's process id, and a lock that outlives its guard.
#[test]
fn a_held_lock_is_refused_with_the_holder_s_process_id() {
    on_each_backend(|backend, path| {
        let held = lock(backend, path).expect("locks");
        assert_eq!(holder_of(lock(backend, path)), Some(process::id()));
        drop(held);
        let directory = open(backend, path);
        assert!(directory.list().expect("lists").iter().all(|name| name != OWNER), "it is cleaned up");
        lock(backend, path).expect("is free again");
    });
}

/// Would catch the lock of a directory that turns out to be no store's taking somebody's file.
#[test]
fn a_lock_that_was_not_announced_touches_no_file() {
    on_each_backend(|backend, path| {
        let directory = open(backend, path);
        directory.create(OWNER).expect("creates").write_all_at(b"mine", 0).expect("writes");
        drop(DirectoryLock::acquire(Arc::clone(&directory), Duration::ZERO).expect("locks"));
        let mut bytes = [0; 4];
        let file = directory.open(OWNER, Access::Read).expect("is there");
        file.read_exact_at(&mut bytes, 0).expect("reads");
        assert_eq!(&bytes, b"mine");
    });
}

/// Would catch a process that was killed, or any other, named for a holder that never said who it is.
#[cfg(target_os = "linux")]
#[test]
fn a_process_that_does_not_hold_the_lock_is_not_named() {
    use agent_storage_engine::io::disk::Disk;
    let temporary = tempfile::tempdir().expect("a directory");
    let mut ended = process::Command::new("true").spawn().expect("starts");
    let gone = ended.id();
    ended.wait().expect("ends");
    let directory = open(&Disk, temporary.path());
    let _silent = DirectoryLock::acquire(Arc::clone(&directory), Duration::ZERO).expect("locks");
    for pid in [gone, 1] {
        directory.remove(OWNER).expect("removes");
        let owner = directory.create(OWNER).expect("creates");
        owner.write_all_at(pid.to_string().as_bytes(), 0).expect("writes");
        let refused = DirectoryLock::acquire(open(&Disk, temporary.path()), Duration::ZERO);
        assert_eq!(holder_of(refused), None, "process {pid}");
    }
}

/// Would catch a lock that is on a file one can remove: two writers at once.
#[test]
fn removing_files_lets_nobody_in() {
    on_each_backend(|backend, path| {
        let held = lock(backend, path).expect("locks");
        held.directory().remove(OWNER).expect("removes");
        assert_eq!(holder_of(lock(backend, path)), None);
    });
}

/// Would catch a process id read from something that names none: stale bytes, another program's file, one that is huge.
#[test]
fn an_owner_file_that_names_nobody_is_not_believed() {
    on_each_backend(|backend, path| {
        for content in [&b""[..], b"12x", b"-1", b"99999999999", b"4294967296", &[b'1'; 4096]] {
            let held = lock(backend, path).expect("locks");
            held.directory().remove(OWNER).expect("removes");
            let file = held.directory().create(OWNER).expect("creates");
            file.write_all_at(content, 0).expect("writes");
            assert_eq!(holder_of(lock(backend, path)), None, "{content:?}");
        }
    });
}

/// Would catch a waiting that gives up early, or one that does not see the lock come free.
#[test]
fn waiting_gets_a_lock_that_comes_free() {
    on_each_backend(|backend, path| {
        let held = lock(backend, path).expect("locks");
        let directory = open(backend, path);
        let (sender, receiver) = std::sync::mpsc::channel();
        let waiting = thread::spawn(move || {
            sender.send(()).expect("is received");
            DirectoryLock::acquire(directory, Duration::MAX)
        });
        receiver.recv().expect("runs");
        drop(held);
        waiting.join().expect("ends").expect("locks");
    });
}

#[test]
fn waiting_ends_no_sooner_than_it_was_told() {
    on_each_backend(|backend, path| {
        let _held = lock(backend, path).expect("locks");
        let timeout = Duration::from_millis(60);
        let began = Instant::now();
        let refused = DirectoryLock::acquire(open(backend, path), timeout);
        assert_eq!(holder_of(refused), Some(process::id()));
        assert!(began.elapsed() >= timeout);
    });
}

/// Would catch a full disk, or a damaged `owner`, that keeps the user from opening the store.
#[test]
fn a_lock_is_held_even_if_its_holder_cannot_be_named() {
    for call in [Call::Remove, Call::Create, Call::Write] {
        let disk = SimDisk::new();
        let path = Path::new("/store");
        disk.fail(Fault::nth(Some(call), 1, Failure::Full).on(OWNER));
        let held = lock(&disk, path).expect("locks all the same");
        assert_eq!(holder_of(lock(&disk, path)), None, "{call:?}");
        drop(held);
        lock(&disk, path).expect("was given back");
    }
}

/// Would catch a file system without locks taken for one whose lock is free, or is held.
#[test]
fn a_file_system_that_cannot_lock_is_refused() {
    let disk = SimDisk::new();
    disk.fail(Fault::nth(Some(Call::TryLock), 1, Failure::Io));
    let refused = lock(&disk, Path::new("/store"));
    assert!(matches!(refused, Err(Error::Io { operation: "flock", .. })), "{refused:?}");
}

/// Would catch a killed process whose store stays locked, and its process id reported for the next holder's.
#[test]
fn the_end_of_the_process_frees_the_lock() {
    let disk = SimDisk::new();
    let path = Path::new("/store");
    let _held = lock(&disk, path).expect("locks");
    let killed = disk.kill();
    killed.put(path, OWNER, b"1");
    let next = lock(&killed, path).expect("is free");
    assert_eq!(holder_of(lock(&killed, path)), Some(process::id()));
    assert!(next.directory().open(OWNER, Access::Read).is_ok());
}
