//! One kind of damage at a time, and what exactly is told.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{FRAMES_OFFSET, checks::repair};
use crate::support::{
    observe::observe,
    rng::Rng,
    runner::{STORE, options},
    sim::SimDisk,
    victim::{Files, LONG, contents, disk_with, everything, log_only, unfinished},
};
use agent_storage_engine::{
    engine::{VerifyReport, verify_directory},
    error::Error,
    format::header::FORMAT_VERSION,
    format::names::FileName,
    registry::Registry,
    store::Store,
};

fn verify(disk: &SimDisk) -> Result<VerifyReport, Error> {
    verify_directory(disk, Path::new(STORE), &|| false, &mut |_, _| {})
}

fn log_of(files: &Files) -> String {
    let is_log = |name: &&String| matches!(FileName::parse(name), Some(FileName::Log(_)));
    files.keys().rfind(is_log).expect("a log").clone()
}

/// Damage up to the mark refuses, with the place of the frame.
#[test]
fn damage_before_the_mark_is_told_with_its_place() {
    let victim = unfinished();
    let log = log_of(&victim.files);
    let bytes = &victim.files[&log];
    let mut offset = FRAMES_OFFSET;
    let mut refused = 0;
    for position in 1..=victim.history.last() {
        let length = u32::from_le_bytes(bytes[offset..offset + 4].try_into().expect("four bytes"));
        let end = offset + 28 + usize::try_from(length).expect("small");
        let files = victim.with(&log, |bytes| bytes[end - 1] ^= 0x40);
        let disk = disk_with(&files);
        let opened = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG));
        match opened {
            Err(Error::Corrupt { path, offset: told, .. }) => {
                assert_eq!(
                    (path, told),
                    (PathBuf::from(STORE).join(&log), offset as u64),
                    "position {position}"
                );
                assert!(contents(&disk) == contents(&disk_with(&files)), "position {position}");
                refused += 1;
            }
            Err(other) => panic!("position {position}: {other}"),
            Ok(store) => {
                assert!(position >= victim.history.durable(), "position {position} is durable");
                assert_eq!(observe(&store, None).expect("reads").position, position - 1);
            }
        }
        offset = end;
    }
    println!("{refused} of {} frames are before the mark", victim.history.last());
    assert!(refused > 5);
}

/// The log's end may be torn anywhere; what comes back is a prefix, and the store goes on.
#[test]
fn a_torn_end_is_no_damage() {
    let victim = unfinished();
    let log = log_of(&victim.files);
    let written = victim.files[&log].iter().rposition(|byte| *byte != 0).expect("frames") + 1;
    let mut rng = Rng::new(3);
    for _ in 0..200 {
        let cut = written - rng.index(500);
        let files = victim.with(&log, |bytes| {
            for byte in &mut bytes[cut..written] {
                *byte = if rng.chance(1, 2) { 0 } else { 0x5a };
            }
        });
        let disk = disk_with(&files);
        let registry = Registry::new(Arc::new(disk.clone()));
        let store = Store::open(&registry, Path::new(STORE), options(LONG)).expect("opens");
        let found = observe(&store, None).expect("reads");
        victim.history.check(&found, victim.at_least).unwrap_or_else(|wrong| panic!("cut at {cut}: {wrong}"));
        store.append_events("tail", &[b"goes on"], None).expect("appends");
        store.close_and_wait().expect("closes");
    }
}

/// Every file of a newer version is refused, and untouched.
#[test]
fn a_newer_version_is_refused_untouched() {
    let victim = everything();
    for name in victim.files.keys() {
        let files = victim.with(name, |bytes| {
            bytes[8..12].copy_from_slice(&(FORMAT_VERSION + 1).to_le_bytes());
            let checksum = crc32fast::hash(&bytes[..60]);
            bytes[60..64].copy_from_slice(&checksum.to_le_bytes());
        });
        let disk = disk_with(&files);
        let opened = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG));
        let Err(Error::UnsupportedFormat { path, found, supported }) = opened.map(drop) else {
            panic!("{name} of a newer version was not refused");
        };
        assert_eq!(
            (path, found, supported),
            (PathBuf::from(STORE).join(name), FORMAT_VERSION + 1, FORMAT_VERSION)
        );
        assert!(contents(&disk) == files, "{name}");
    }
}

/// What is not ours is refused or left alone, and never touched.
#[test]
fn files_of_others_are_not_touched() {
    let victim = everything();
    let open = |files: &Files| {
        let disk = disk_with(files);
        let opened = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG));
        (disk, opened)
    };
    let foreign = Files::from([("notes.txt".to_owned(), b"mine".to_vec())]);
    let (disk, opened) = open(&foreign);
    assert!(matches!(opened, Err(Error::NotAStore { .. })));
    assert!(contents(&disk) == foreign);

    // A name like ours is not yet a file of ours.
    let like_ours = Files::from([("0000000000000001.log".to_owned(), b"another program's log".to_vec())]);
    let (disk, opened) = open(&like_ours);
    assert!(matches!(opened, Err(Error::Corrupt { .. } | Error::NotAStore { .. })));
    assert!(contents(&disk) == like_ours);

    let mut beside = victim.files.clone();
    beside.extend(foreign.clone());
    let (disk, opened) = open(&beside);
    opened.expect("a store with a file beside it").close_and_wait().expect("closes");
    assert_eq!(contents(&disk).get("notes.txt"), foreign.get("notes.txt"));

    let mut without = victim.files.clone();
    without.remove("MANIFEST");
    let (disk, opened) = open(&without);
    assert!(matches!(opened, Err(Error::Corrupt { what: "missing manifest", .. })));
    assert!(contents(&disk) == without);

    let mut mixed = victim.files.clone();
    mixed.insert("MANIFEST".to_owned(), log_only().files["MANIFEST"].clone());
    let (disk, opened) = open(&mixed);
    assert!(matches!(opened, Err(Error::Corrupt { .. })), "a manifest of another store");
    assert!(contents(&disk) == mixed);
}

/// Would catch advice to repair what no repair can, and another program's directory taken for a damaged store.
#[test]
fn where_nothing_tells_which_store_it_is_that_is_said() {
    let foreign = Files::from([
        ("MANIFEST".to_owned(), b"MANIFEST-000004\n".to_vec()),
        ("CURRENT".to_owned(), b"mine".to_vec()),
    ]);
    let disk = disk_with(&foreign);
    let opened = Store::open(&Registry::new(Arc::new(disk.clone())), Path::new(STORE), options(LONG));
    assert!(matches!(opened, Err(Error::NotAStore { .. })));
    assert!(matches!(verify(&disk), Err(Error::NotAStore { .. })));
    assert!(matches!(repair(&disk), Err(Error::NotAStore { .. })));
    assert!(contents(&disk) == foreign);

    let mut headless = everything().files;
    for bytes in headless.values_mut() {
        bytes[30] ^= 1;
    }
    let disk = disk_with(&headless);
    let told = verify(&disk).expect("verifies").damage;
    let words: Vec<_> = told.iter().map(|damage| damage.what).collect();
    assert_eq!(words, ["file header", "no file tells which store this is"]);
    assert!(matches!(repair(&disk), Err(Error::Corrupt { what: "no file tells which store this is", .. })));
    assert!(contents(&disk) == headless);

    // The manifest's own header is enough.
    let mut same = everything().files;
    let last = same["MANIFEST"].len() - 1;
    for (name, bytes) in &mut same {
        bytes[if name == "MANIFEST" { last } else { 30 }] ^= 1;
    }
    repair(&disk_with(&same)).expect("repairs");
}

/// Would catch an opening that allocates whatever a manifest's length asks for.
#[test]
fn a_manifest_longer_than_any_is_refused_by_its_length() {
    let disk = disk_with(&log_only().with("MANIFEST", |bytes| bytes.resize((64 << 20) + 100, 0)));
    let opened = Store::open(&Registry::new(Arc::new(disk)), Path::new(STORE), options(LONG));
    let refused = opened.map(drop).expect_err("is refused");
    assert!(matches!(refused, Error::Corrupt { what: "manifest length", .. }), "{refused}");
}
