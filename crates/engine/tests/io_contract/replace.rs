//! Atomic replacement, through faults and power cuts at every call.

use std::path::Path;

use agent_storage_engine::{
    error::{Error, Result},
    io::{Backend, atomic::replace},
};

use crate::{
    on_each_backend,
    support::{
        rng::Rng,
        sim::{Call, Failure, Fault, SimDisk},
    },
};

const STORE: &str = "/store";

fn swap(backend: &dyn Backend, path: &Path, bytes: &[u8]) -> Result<()> {
    let directory = backend.open_directory(path, true)?;
    replace(directory.as_ref(), "NAME.tmp", "NAME", bytes)
}

fn seen(disk: &SimDisk) -> Option<Vec<u8>> {
    disk.contents(Path::new(STORE)).remove("NAME")
}

#[test]
fn the_new_content_takes_the_place_of_the_old_one() {
    on_each_backend(|backend, path| {
        let directory = backend.open_directory(path, true).expect("opens");
        let leftover = directory.create("NAME.tmp").expect("creates");
        leftover.write_all_at(&[9; 9000], 0).expect("writes");
        for bytes in [&b"first, the longer one"[..], b"second"] {
            swap(backend, path, bytes).expect("replaces");
            let file = directory.open("NAME", agent_storage_engine::io::Access::Read).expect("is there");
            assert_eq!(file.map(file.length().expect("length")).expect("maps")[..], *bytes);
            assert_eq!(directory.list().expect("lists"), ["NAME"]);
        }
    });
}

/// Would catch a missing or misplaced sync: with one, some power cut leaves an empty, torn or missing file.
#[test]
fn after_a_power_cut_at_any_call_the_old_or_the_new_content_is_there() {
    let mut rng = Rng::new(1);
    let (old, new) = (rng.bytes(3000), rng.bytes(2500));
    let (mut tried, mut olds, mut news) = (0, 0, 0);
    for call in 1.. {
        let disk = SimDisk::new();
        swap(&disk, Path::new(STORE), &old).expect("writes the old content");
        disk.fail(Fault::nth(None, call, Failure::Halt));
        let done = swap(&disk, Path::new(STORE), &new).is_ok();
        for seed in 0..200 {
            let found = seen(&disk.power_cut(seed)).expect("the file is there");
            assert!(found == old || found == new, "call {call}, seed {seed}");
            assert!(!done || found == new, "what was answered is kept: call {call}, seed {seed}");
            tried += 1;
            olds += u32::from(found == old);
            news += u32::from(found == new);
        }
        if done {
            break;
        }
    }
    assert!(olds > 0 && news > 0, "both come up");
    println!("{tried} power cuts: {olds} left the old content, {news} the new one");
}

/// Would catch a failure that destroys the old content, or one that the next replacement does not get over.
#[test]
fn a_failed_call_leaves_the_old_or_the_new_content_and_the_next_one_works() {
    for failure in [Failure::Io, Failure::Full, Failure::Short(3)] {
        for call in 1.. {
            let disk = SimDisk::new();
            swap(&disk, Path::new(STORE), b"old content").expect("writes the old content");
            disk.fail(Fault::nth(None, call, failure));
            let answer = swap(&disk, Path::new(STORE), b"new");
            let found = seen(&disk).expect("the file is there");
            match &answer {
                Ok(()) => assert_eq!(found, b"new"),
                Err(Error::Full { .. }) => assert_eq!(found, b"old content", "call {call}"),
                Err(_) => assert!(found == b"old content" || found == b"new", "call {call}"),
            }
            if answer.is_ok() {
                break;
            }
            swap(&disk, Path::new(STORE), b"newer").expect("gets over it");
            assert_eq!(seen(&disk.power_cut_losing_all()).expect("is durable"), b"newer");
        }
    }
}

/// Would catch a store that ends writing for want of space when a part of a temporary file was all that found none, and space that stays lost.
#[test]
fn a_full_disk_refuses_whole_and_gives_back_what_it_took() {
    let disk = SimDisk::new();
    swap(&disk, Path::new(STORE), b"old").expect("writes the old content");
    disk.fail(Fault::nth(Some(Call::Write), 1, Failure::Short(2)));
    let answer = swap(&disk, Path::new(STORE), b"new");
    assert!(matches!(answer, Err(Error::Full { .. })), "{answer:?}");
    let names: Vec<_> = disk.contents(Path::new(STORE)).into_keys().collect();
    assert_eq!(names, ["NAME"]);
}
