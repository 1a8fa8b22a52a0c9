//! Directories and files: what both backends do alike.

use std::{collections::BTreeSet, io::ErrorKind, path::Path, sync::Arc};

use agent_storage_engine::{
    error::Error,
    io::{Access, Backend, Directory},
};

use crate::on_each_backend;

fn created(backend: &dyn Backend, path: &Path) -> Arc<dyn Directory> {
    backend.open_directory(path, true).expect("creates the directory")
}

fn kind_of(error: &Error) -> Option<ErrorKind> {
    match error {
        Error::Io { source, .. } => Some(source.kind()),
        _ => None,
    }
}

/// Would catch an opening for reading that creates what it was to read.
#[test]
fn a_missing_directory_is_not_found_and_created_only_on_demand() {
    on_each_backend(|backend, path| {
        let below = path.join("a/b");
        assert!(matches!(backend.open_directory(&below, false), Err(Error::NotFound { .. })));
        let directory = created(backend, &below);
        assert!(directory.path().ends_with("store/a/b"), "{directory:?}");
        backend.open_directory(&below, false).expect("is there");
        backend.open_directory(path, false).expect("so is its parent");
    });
}

/// Would catch two engines on one directory, and one engine on two.
#[test]
fn identity_is_the_directory_s_whatever_path_led_to_it() {
    on_each_backend(|backend, path| {
        let first = created(backend, path);
        let other = created(backend, &path.join("other"));
        assert_eq!(first.identity(), created(backend, path).identity());
        assert_ne!(first.identity(), other.identity());
    });
}

/// Would catch a file taken for a directory, which would be reported as an I/O error.
#[test]
fn a_path_to_or_through_a_file_is_not_a_store() {
    on_each_backend(|backend, path| {
        created(backend, path).create("file").expect("creates");
        for (path, create) in [("file", false), ("file", true), ("file/below", true)]
            .map(|(name, create)| (path.join(name), create))
        {
            let answer = backend.open_directory(&path, create);
            assert!(matches!(answer, Err(Error::NotAStore { .. })), "{create} {answer:?}");
        }
        // Some systems say of what would be below a file only that it is not there.
        let answer = backend.open_directory(&path.join("file/below"), false);
        assert!(matches!(answer, Err(Error::NotAStore { .. } | Error::NotFound { .. })), "{answer:?}");
    });
}

/// Would catch a new log written over an old one.
#[test]
fn creating_is_exclusive() {
    on_each_backend(|backend, path| {
        let directory = created(backend, path);
        let file = directory.create("a").expect("creates");
        file.write_all_at(b"kept", 0).expect("writes");
        let error = directory.create("a").expect_err("is there already");
        assert_eq!(kind_of(&error), Some(ErrorKind::AlreadyExists), "{error:?}");
        assert_eq!(file.length().expect("length"), 4);
    });
}

/// Would catch a missing file reported as anything else, on which recovery decides.
#[test]
fn a_missing_file_is_not_found_and_removing_it_is_no_error() {
    on_each_backend(|backend, path| {
        let directory = created(backend, path);
        for access in [Access::Read, Access::ReadWrite] {
            assert!(matches!(directory.open("none", access), Err(Error::NotFound { .. })));
        }
        assert!(matches!(directory.allocated("none"), Err(Error::NotFound { .. })));
        directory.remove("none").expect("is no error");
        let error = directory.rename("none", "other").expect_err("has nothing to rename");
        assert_eq!(kind_of(&error), Some(ErrorKind::NotFound), "{error:?}");
    });
}

#[test]
fn listing_tells_the_names_that_are_there() {
    on_each_backend(|backend, path| {
        let directory = created(backend, path);
        assert_eq!(directory.list().expect("lists"), Vec::<String>::new());
        for name in ["a", "b", "c"] {
            directory.create(name).expect("creates");
        }
        directory.remove("b").expect("removes");
        let names: BTreeSet<_> = directory.list().expect("lists").into_iter().collect();
        assert_eq!(names, BTreeSet::from(["a".to_owned(), "c".to_owned()]));
        directory.sync().expect("syncs");
    });
}

/// Would catch short reads taken for whole ones, and a file that does not grow where it is written behind its end.
#[test]
fn reads_give_what_was_written_and_never_less() {
    on_each_backend(|backend, path| {
        let directory = created(backend, path);
        let file = directory.create("a").expect("creates");
        file.write_all_at(b"0123456789", 600).expect("writes");
        file.write_all_at(b"xy", 602).expect("writes over");
        file.sync().expect("syncs");
        let read_only = directory.open("a", Access::Read).expect("opens");
        assert_eq!(read_only.length().expect("length"), 610);
        let mut bytes = [1; 12];
        read_only.read_exact_at(&mut bytes, 598).expect("reads");
        assert_eq!(&bytes, b"\0\x0001xy456789");
        for offset in [599, 610, 1 << 40] {
            let error = read_only.read_exact_at(&mut bytes, offset).expect_err("is too short");
            assert_eq!(kind_of(&error), Some(ErrorKind::UnexpectedEof), "{offset} {error:?}");
        }
        read_only.read_exact_at(&mut [], 1 << 40).expect("nothing is always there");
        let refused = read_only.write_all_at(b"z", 0).expect_err("was opened for reading");
        assert_eq!(refused.placed, 0);
        assert!(matches!(refused.error, Error::Io { operation: "pwrite", .. }), "{refused:?}");
    });
}

/// Would catch an allocation that shortens the file or overwrites what is in it.
#[test]
fn allocating_grows_with_zeros_and_never_shortens() {
    on_each_backend(|backend, path| {
        let directory = created(backend, path);
        let file = directory.create("a").expect("creates");
        file.write_all_at(&[7; 100], 0).expect("writes");
        for (asked, expected) in [(0, 100), (50, 100), (100, 100), (16 * 1024, 16 * 1024), (20, 16 * 1024)] {
            file.allocate(asked).expect("allocates");
            assert_eq!(file.length().expect("length"), expected, "after {asked}");
        }
        let mut bytes = [1; 200];
        file.read_exact_at(&mut bytes, 0).expect("reads");
        assert_eq!(bytes[..100], [7; 100]);
        assert_eq!(bytes[100..], [0; 100]);
        file.sync().expect("syncs");
        assert!(directory.allocated("a").expect("allocated") >= 100);
    });
}

/// Would catch a replaced manifest whose readers see the new bytes under the old handle, or the old name still there.
#[test]
fn renaming_replaces_and_open_files_stay_what_they_were() {
    on_each_backend(|backend, path| {
        let directory = created(backend, path);
        directory.create("old").expect("creates").write_all_at(b"old", 0).expect("writes");
        let old = directory.open("old", Access::Read).expect("opens");
        directory.create("new").expect("creates").write_all_at(b"new", 0).expect("writes");
        directory.rename("new", "old").expect("renames");
        let mut bytes = [0; 3];
        directory.open("old", Access::Read).expect("opens").read_exact_at(&mut bytes, 0).expect("reads");
        assert_eq!(&bytes, b"new");
        assert_eq!(directory.list().expect("lists"), ["old"]);
        directory.remove("old").expect("removes");
        old.read_exact_at(&mut bytes, 0).expect("reads what was renamed over");
        assert_eq!(&bytes, b"old");
    });
}

/// Would catch a mapping longer than its file, whose use would end the process with a signal.
#[test]
fn a_mapping_is_never_longer_than_its_file() {
    on_each_backend(|backend, path| {
        let directory = created(backend, path);
        let file = directory.create("a").expect("creates");
        assert_eq!(file.map(0).expect("maps nothing").len(), 0);
        file.write_all_at(&[5; 5000], 0).expect("writes");
        assert_eq!(*file.map(5000).expect("maps"), [5; 5000]);
        assert_eq!(file.map(10).expect("maps a part").len(), 10);
        for length in [5001, 1 << 40, u64::MAX] {
            match file.map(length) {
                Err(Error::Corrupt { offset: 5000, what: "file length", .. }) => {}
                other => panic!("{length}: {other:?}"),
            }
        }
        let mapping = file.map(5000).expect("maps");
        drop(file);
        // Windows keeps the name of a file while it is mapped.
        if cfg!(unix) {
            directory.remove("a").expect("removes");
        }
        assert_eq!(mapping.clone()[4999], 5, "a mapping outlives the file's handle and name");
    });
}
