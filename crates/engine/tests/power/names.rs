//! One call of the real disk at a time, and a power cut right behind it.
//!
//! Would catch: a sync of a file or a directory that does nothing. A store's own power cuts hardly show that of directories, because a sync of a file brings the
//! journal with the names of before onto the disk too.

use std::fs;

use agent_storage_engine::io::{Access, Backend, disk::Disk};

use crate::{
    image::{Image, Kind},
    machine,
};

const CONTENT: &[u8] = &[7; 10_000];

#[test]
fn what_was_synced_by_itself_survives_a_cut() {
    for kind in [Kind::Ext4, Kind::Xfs] {
        match Image::new(kind) {
            Ok(mut image) => {
                a_renamed_file(&mut image);
                the_bytes_of_a_file(&mut image);
                a_directory_and_its_parents(&mut image);
                a_directory_that_somebody_made(&mut image);
            }
            Err(why) => machine::skip(&why),
        }
    }
}

/// Nothing but the directory is synced behind the renaming.
fn a_renamed_file(image: &mut Image) {
    let path = image.path().join("renamed");
    let directory = Disk.open_directory(&path, true).expect("opens");
    drop(directory.create("before").expect("creates"));
    image.settle();
    directory.rename("before", "after").expect("renames");
    directory.sync().expect("syncs");
    drop(directory);
    cut(image);
    assert_eq!(names(&path), ["after"]);
}

/// Nothing but the file is synced behind the writing.
fn the_bytes_of_a_file(image: &mut Image) {
    let path = image.path().join("written");
    let directory = Disk.open_directory(&path, true).expect("opens");
    let file = directory.create("file").expect("creates");
    image.settle();
    file.write_all_at(CONTENT, 0).expect("writes");
    file.sync().expect("syncs");
    drop((file, directory));
    cut(image);
    let directory = Disk.open_directory(&path, false).expect("opens");
    let file = directory.open("file", Access::Read).expect("is there");
    let mut bytes = vec![0; CONTENT.len()];
    file.read_exact_at(&mut bytes, 0).expect("is as long as it was");
    assert!(bytes == CONTENT);
}

fn a_directory_and_its_parents(image: &mut Image) {
    let path = image.path().join("a/b/c");
    drop(Disk.open_directory(&path, true).expect("opens"));
    cut(image);
    assert!(path.is_dir(), "{} is gone", path.display());
}

/// By a process, say, that ended before it synced the entry.
fn a_directory_that_somebody_made(image: &mut Image) {
    let path = image.path().join("found");
    fs::create_dir(&path).expect("makes it");
    drop(Disk.open_directory(&path, true).expect("opens"));
    cut(image);
    assert!(path.is_dir(), "{} is gone", path.display());
}

fn cut(image: &mut Image) {
    image.cut();
    image.remount();
}

fn names(path: &std::path::Path) -> Vec<String> {
    let entries = fs::read_dir(path).expect("is there");
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}
