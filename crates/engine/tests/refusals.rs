//! What a refusal says: which store, and what to do. Codes are promised to programs, these words to whoever reads them.

#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]

use std::{fs, path::Path, sync::Arc, time::Duration};

use agent_storage_engine::{
    engine::Op,
    error::{Error, Result},
    options::Options,
    registry::Registry,
    store::{Store, repair_directory, verify_directory},
};
use tempfile::TempDir;

/// A store with something in it, below a directory of its own.
fn made() -> (TempDir, Arc<Store>) {
    let directory = tempfile::tempdir().expect("a directory");
    let store = open(&directory.path().join("store")).expect("a new store");
    store.append_events("", &[b"one"], None).expect("an append");
    (directory, store)
}

fn open(path: &Path) -> Result<Arc<Store>> {
    Store::open(Registry::of_process(), path, Options::default())
}

fn backup(store: &Store, target: &Path) -> Result<()> {
    store.backup(target, &|| false, &mut |_, _| {})
}

fn verify(path: &Path) -> Result<()> {
    verify_directory(Registry::of_process(), path, &|| false, &mut |_, _| {}).map(drop)
}

fn repair(path: &Path) -> Result<()> {
    repair_directory(Registry::of_process(), path, &|| false, &mut |_, _| {}).map(drop)
}

/// That `answer` is a failure with this code, whose message has all of `words`.
fn says<T: std::fmt::Debug>(answer: Result<T>, code: &str, words: &[&str]) {
    let error = answer.expect_err("it should have been refused");
    let message = error.to_string();
    assert_eq!(error.code(), code, "{message}");
    for word in words {
        assert!(message.contains(word), "{message:?} does not say {word:?}");
    }
}

fn shown(path: &Path) -> &str {
    path.to_str().expect("a path of plain text")
}

/// Would catch a compaction that does not heed an abort where it finds nothing to merge.
#[test]
fn a_compaction_heeds_an_abort_whatever_there_is_to_do() {
    let (_directory, store) = made();
    for _ in 0..3 {
        let aborted = store.compact(&|| true, &mut |_, _| {});
        assert!(matches!(aborted, Err(Error::Aborted)), "{aborted:?}");
        store.compact(&|| false, &mut |_, _| {}).expect("a compaction");
    }
    store.close_and_wait().expect("a close");
}

/// Would catch advice to wait for a process that is the one that asks.
#[test]
fn verifying_or_repairing_what_is_open_here_says_so() {
    let (directory, store) = made();
    let path = directory.path().join("store");
    for answer in [verify(&path), repair(&path)] {
        says(answer, "ERR_STORAGE_LOCKED", &[shown(&path), "open in this process", "verify"]);
    }
    store.close_and_wait().expect("a close");
    verify(&path).expect("a verification");
}

/// Would catch the same words where another process, or another copy of the library, holds the store.
#[test]
fn what_others_hold_names_the_option_that_waits() {
    let (directory, store) = made();
    let path = directory.path().join("store");
    let elsewhere = Registry::new(Arc::new(agent_storage_engine::io::disk::Disk));
    let opened = Store::open(&elsewhere, &path, Options::default()).map(drop);
    says(opened, "ERR_STORAGE_LOCKED", &["is held by process", "lockTimeoutMs"]);
    let verified = verify_directory(&elsewhere, &path, &|| false, &mut |_, _| {});
    says(verified, "ERR_STORAGE_LOCKED", &["is held by process"]);
    store.close_and_wait().expect("a close");
}

/// Would catch a backup that makes a directory in the store which it copies, or that asks its own process to let go.
#[test]
fn a_backup_cannot_go_into_its_own_store() {
    let (directory, store) = made();
    let path = directory.path().join("store");
    for target in [path.clone(), path.join("below"), path.join("deep/below")] {
        says(backup(&store, &target), "ERR_STORAGE_INVALID_ARGUMENT", &["its own store", shown(&path)]);
    }
    assert!(!path.join("below").exists() && !path.join("deep").exists());
    #[cfg(unix)]
    {
        let link = directory.path().join("link");
        std::os::unix::fs::symlink(&path, &link).expect("a link");
        says(backup(&store, &link.join("below")), "ERR_STORAGE_INVALID_ARGUMENT", &["its own store"]);
        assert!(!path.join("below").exists());
    }
    backup(&store, &directory.path().join("store-2/deep")).expect("a backup beside it");
    store.close_and_wait().expect("a close");
}

/// Would catch a message about stores, locks or damage where the target is only not empty.
#[test]
fn a_backup_needs_an_empty_directory() {
    let (directory, store) = made();
    let other = open(&directory.path().join("other")).expect("another store");
    let [notes, closed, killed] = ["notes", "closed", "killed"].map(|name| directory.path().join(name));
    fs::create_dir(&notes).expect("a directory");
    fs::write(notes.join("mine.txt"), "mine").expect("a file");
    open(&closed).expect("a store").close_and_wait().expect("a close");
    backup(&store, &killed).expect("a backup");
    fs::remove_file(killed.join("MANIFEST")).expect("what a kill has kept from being written");
    for (target, found) in [
        (notes, "mine.txt"),
        (directory.path().join("other"), "a store"),
        (closed, "a store"),
        (killed, "did not come to its end"),
    ] {
        says(backup(&store, &target), "ERR_STORAGE_NOT_A_STORE", &[shown(&target), found, "empty directory"]);
    }
    other.close_and_wait().expect("a close");
    store.close_and_wait().expect("a close");
}

/// Would catch a message that does not say which of a program's thousand stores it is about.
#[test]
fn what_is_missing_or_closed_is_named() {
    let directory = tempfile::tempdir().expect("a directory");
    let (missing, empty) = (directory.path().join("missing"), directory.path().join("empty"));
    fs::create_dir(&empty).expect("a directory");
    let options = || Options { create_if_missing: false, ..Options::default() };
    for path in [&missing, &empty] {
        let named = [shown(path), "no store"];
        let eager = Store::open(Registry::of_process(), path, options()).map(drop);
        says(eager, "ERR_STORAGE_NOT_FOUND", &named);
        let lazy = Store::lazy(Registry::of_process(), path, options(), Duration::ZERO).expect("a handle");
        says(lazy.append_events("", &[b"one"], None), "ERR_STORAGE_NOT_FOUND", &named);
        let save = Op::Save(lazy.save_request("a", vec![1], "", Vec::new(), None));
        says(lazy.commit_and_wait(vec![save]), "ERR_STORAGE_NOT_FOUND", &named);
        says(verify(path), "ERR_STORAGE_NOT_FOUND", &named);
        says(repair(path), "ERR_STORAGE_NOT_FOUND", &named);
    }
    assert!(!missing.exists());
    let (directory, store) = made();
    store.close_and_wait().expect("a close");
    let path = directory.path().join("store");
    says(store.append_events("", &[b"late"], None), "ERR_STORAGE_CLOSED", &[shown(&path), "closed"]);
    let save = Op::Save(store.save_request("a", vec![1], "", Vec::new(), None));
    says(store.commit_and_wait(vec![save]), "ERR_STORAGE_CLOSED", &[shown(&path), "closed"]);
}
