//! The simulated disk itself: that it loses all it may, and nothing it may not. A crash test is worth what these show.

use std::{collections::BTreeSet, path::Path, sync::Arc};

use agent_storage_engine::{
    error::Error,
    io::{Access, Backend, Directory, File},
};

use crate::support::{
    rng::Rng,
    sim::{Call, Failure, Fault, SimDisk},
};

const STORE: &str = "/store";
const SEEDS: u64 = 400;

fn opened(disk: &SimDisk) -> Arc<dyn Directory> {
    disk.open_directory(Path::new(STORE), true).expect("opens")
}

/// A durable, empty file.
fn settled(disk: &SimDisk, name: &str) -> Arc<dyn File> {
    let directory = opened(disk);
    let file = directory.create(name).expect("creates");
    file.sync().expect("syncs");
    directory.sync().expect("syncs");
    file
}

fn content(disk: &SimDisk, name: &str) -> Option<Vec<u8>> {
    disk.contents(Path::new(STORE)).remove(name)
}

/// The contents that power cuts leave in a file.
fn outcomes(disk: &SimDisk, name: &str) -> BTreeSet<Option<Vec<u8>>> {
    (0..SEEDS).map(|seed| content(&disk.power_cut(seed), name)).collect()
}

#[test]
fn what_was_synced_survives_every_power_cut() {
    let disk = SimDisk::new();
    let file = settled(&disk, "a");
    let bytes = Rng::new(7).bytes(5000);
    file.write_all_at(&bytes, 0).expect("writes");
    file.sync().expect("syncs");
    assert_eq!(outcomes(&disk, "a"), BTreeSet::from([Some(bytes.clone())]));
    assert_eq!(content(&disk.power_cut_losing_all(), "a"), Some(bytes));
}

/// One cut twice, and cuts of a cut: the states are legal ones of the first.
#[test]
fn the_same_seed_gives_the_same_disk_and_a_cut_disk_is_settled() {
    let disk = SimDisk::new();
    settled(&disk, "a").write_all_at(&Rng::new(3).bytes(5000), 0).expect("writes");
    for seed in 0..20 {
        let cut = disk.power_cut(seed);
        assert_eq!(content(&cut, "a"), content(&disk.power_cut(seed), "a"), "seed {seed}");
        assert_eq!(content(&cut, "a"), content(&cut.power_cut(seed + 1), "a"), "seed {seed}");
        assert_eq!(content(&cut, "a"), content(&cut.power_cut_losing_all(), "a"), "seed {seed}");
    }
}

#[test]
fn unsynced_sectors_are_lost_kept_torn_and_reordered() {
    let disk = SimDisk::new();
    let file = settled(&disk, "a");
    file.write_all_at(&[1; 1536], 0).expect("writes");
    file.sync().expect("syncs");
    file.write_all_at(&[2; 1024], 100).expect("writes over three sectors");
    file.write_all_at(&[3; 200], 1300).expect("writes to the last one again");
    let seen = outcomes(&disk, "a");
    let sector = |bytes: &Vec<u8>, number: usize| bytes[number * 512..(number + 1) * 512].to_vec();
    let mut combinations = BTreeSet::new();
    for bytes in seen.iter().flatten() {
        assert_eq!(bytes.len(), 1536);
        for number in 0..3 {
            let whole = sector(bytes, number);
            assert!(whole[..100].iter().chain(&whole[500..]).all(|byte| (1..=3).contains(byte)));
        }
        combinations.insert([0, 1, 2].map(|number| sector(bytes, number)));
    }
    // Two states of each of the first two sectors, three of the last, in every combination: torn in the middle of a write, and
    // the later write there without the earlier one.
    assert_eq!(combinations.len(), 2 * 2 * 3);
}

#[test]
fn unsynced_growth_is_there_or_not_whether_or_not_its_bytes_are() {
    let disk = SimDisk::new();
    let file = settled(&disk, "a");
    file.write_all_at(&[1; 512], 0).expect("writes");
    file.allocate(4096).expect("allocates");
    let seen = outcomes(&disk, "a");
    let lengths: BTreeSet<_> = seen.iter().flatten().map(Vec::len).collect();
    assert_eq!(lengths, BTreeSet::from([0, 512, 4096]));
    assert!(seen.contains(&Some(vec![0; 512])), "a length without the bytes");
}

#[test]
fn an_unsynced_entry_may_be_missing_though_its_file_was_synced() {
    let disk = SimDisk::new();
    let directory = opened(&disk);
    let file = directory.create("a").expect("creates");
    file.write_all_at(b"data", 0).expect("writes");
    file.sync().expect("syncs");
    assert_eq!(outcomes(&disk, "a"), BTreeSet::from([None, Some(b"data".to_vec())]));
}

#[test]
fn an_unsynced_removal_may_be_undone() {
    let disk = SimDisk::new();
    settled(&disk, "a");
    let directory = opened(&disk);
    directory.remove("a").expect("removes");
    assert_eq!(content(&disk, "a"), None);
    assert_eq!(outcomes(&disk, "a"), BTreeSet::from([None, Some(Vec::new())]));
    directory.sync().expect("syncs");
    assert_eq!(outcomes(&disk, "a"), BTreeSet::from([None]));
}

#[test]
fn an_unsynced_rename_may_be_undone_but_only_whole() {
    let disk = SimDisk::new();
    for name in ["old", "new"] {
        let file = settled(&disk, name);
        file.write_all_at(name.as_bytes(), 0).expect("writes");
        file.sync().expect("syncs");
    }
    opened(&disk).rename("new", "old").expect("renames");
    let seen: BTreeSet<_> = (0..SEEDS)
        .map(|seed| {
            let cut = disk.power_cut(seed);
            (content(&cut, "old"), content(&cut, "new"))
        })
        .collect();
    let (old, new) = (Some(b"old".to_vec()), Some(b"new".to_vec()));
    assert_eq!(seen, BTreeSet::from([(old, new.clone()), (new, None)]));
}

/// An entry change without an earlier one on the same name would be a state no disk can be in.
#[test]
fn entry_changes_are_independent_but_in_order_for_each_name() {
    let disk = SimDisk::new();
    let directory = opened(&disk);
    for (name, byte) in [("a", 1), ("b", 2)] {
        let file = directory.create(name).expect("creates");
        file.write_all_at(&[byte], 0).expect("writes");
        file.sync().expect("syncs");
    }
    directory.remove("a").expect("removes");
    directory.rename("b", "a").expect("renames");
    let seen: BTreeSet<_> = (0..SEEDS)
        .map(|seed| {
            let cut = disk.power_cut(seed);
            (content(&cut, "a"), content(&cut, "b"))
        })
        .collect();
    let (a, b) = (Some(vec![1]), Some(vec![2]));
    let legal = [(None, None), (a.clone(), None), (None, b.clone()), (a, b.clone()), (b, None)];
    assert_eq!(seen, BTreeSet::from(legal));
}

/// The page cache that lies: the engine must not take a second sync for a success.
#[test]
fn a_failed_sync_loses_bytes_that_are_still_shown_and_later_syncs_succeed() {
    let disk = SimDisk::new();
    let file = settled(&disk, "a");
    file.write_all_at(&[1; 1024], 0).expect("writes");
    disk.fail(Fault::nth(Some(Call::Sync), 1, Failure::Io));
    assert!(matches!(file.sync(), Err(Error::Io { operation: "fdatasync", .. })));
    file.write_all_at(&[2; 512], 1024).expect("writes");
    file.sync().expect("succeeds, as if nothing had been");
    assert_eq!(content(&disk, "a"), content(&disk.kill(), "a"), "a killed process's successor sees it all");
    assert_eq!(content(&disk, "a").expect("is shown")[..1024], [1; 1024]);
    let lost = content(&disk.power_cut_losing_all(), "a").expect("is there");
    assert_eq!(lost[..1024], [0; 1024], "what the failed sync was to write is gone");
    assert_eq!(lost[1024..], [2; 512], "what a later one wrote is not");
    let after_kill = content(&disk.kill().power_cut_losing_all(), "a");
    assert_eq!(after_kill, Some(lost), "killing the process heals nothing");
    file.write_all_at(&[1; 1024], 0).expect("writes anew");
    file.sync().expect("syncs");
    assert_eq!(content(&disk.power_cut_losing_all(), "a"), content(&disk, "a"), "writing anew does");
}

#[test]
fn a_failed_directory_sync_loses_entries_until_they_are_changed_anew() {
    let disk = SimDisk::new();
    let directory = opened(&disk);
    directory.create("a").expect("creates");
    disk.fail(Fault::nth(Some(Call::SyncDirectory), 1, Failure::Io));
    directory.sync().expect_err("fails");
    directory.create("b").expect("creates");
    directory.sync().expect("succeeds");
    let after: Vec<_> = disk.power_cut_losing_all().contents(Path::new(STORE)).into_keys().collect();
    assert_eq!(after, ["b"]);
    assert_eq!(outcomes(&disk, "a"), BTreeSet::from([None, Some(Vec::new())]));
    directory.rename("a", "c").expect("renames");
    directory.sync().expect("syncs");
    let after: Vec<_> = disk.power_cut_losing_all().contents(Path::new(STORE)).into_keys().collect();
    assert_eq!(after, ["b", "c"]);
}

#[test]
fn faults_strike_the_call_they_are_planned_for() {
    let disk = SimDisk::new();
    let file = settled(&disk, "a.log");
    let other = settled(&disk, "a.pack");
    disk.fail(Fault::nth(Some(Call::Write), 2, Failure::Short(4)).on(".log"));
    other.write_all_at(b"another file does not count", 0).expect("writes");
    file.write_all_at(b"first", 0).expect("writes");
    let failed = file.write_all_at(b"second", 5).expect_err("is short");
    assert_eq!((failed.placed, content(&disk, "a.log")), (4, Some(b"firstseco".to_vec())));
    assert!(failed.error.is_out_of_space());
    file.write_all_at(b"third", 5).expect("the next one works");

    disk.fail(Fault::nth(Some(Call::Allocate), 1, Failure::Full).lasting());
    for _ in 0..3 {
        assert!(matches!(file.allocate(100), Err(Error::Full { .. })));
    }
    disk.clear_faults();
    file.allocate(100).expect("there is room again");
}

/// Would catch a crash test whose engine goes on changing the disk after the machine has stopped.
#[test]
fn a_halted_machine_changes_nothing_more() {
    let disk = SimDisk::new();
    let file = settled(&disk, "a");
    let directory = opened(&disk);
    disk.forget_calls();
    disk.fail(Fault::nth(None, 2, Failure::Halt));
    file.write_all_at(b"before", 0).expect("writes");
    file.sync().expect_err("has stopped");
    file.write_all_at(b"after!", 0).expect_err("has stopped");
    directory.remove("a").expect_err("has stopped");
    directory.sync().expect_err("has stopped");
    assert_eq!(content(&disk, "a"), Some(b"before".to_vec()));
    assert!(outcomes(&disk, "a").contains(&Some(b"before".to_vec())), "the sync did not fail, it never came");
    assert_eq!(disk.count(None), 5);
    assert_eq!(disk.count(Some(Call::Write)), 2);
    assert_eq!(disk.calls()[0].to_string(), "Write /store/a 0+6");
}

/// Would catch a leftover thread of a killed process that writes into its successor's store.
#[test]
fn the_next_process_s_disk_is_another() {
    let disk = SimDisk::new();
    let file = settled(&disk, "a");
    let directory = opened(&disk);
    assert!(directory.try_lock().expect("locks"));
    let killed = disk.kill();
    file.write_all_at(b"late", 0).expect("writes");
    assert_eq!(content(&killed, "a"), Some(Vec::new()));
    let next = opened(&killed);
    assert!(next.try_lock().expect("is free"));
    assert_ne!(next.identity(), directory.identity());
    assert!(next.open("a", Access::ReadWrite).is_ok());
}

/// Damage that tests do is on the medium, and is seen.
#[test]
fn what_is_put_or_erased_is_certain() {
    let disk = SimDisk::new();
    settled(&disk, "a");
    disk.put(Path::new(STORE), "a", b"damaged");
    disk.put(Path::new(STORE), "b", b"foreign");
    assert_eq!(outcomes(&disk, "a"), BTreeSet::from([Some(b"damaged".to_vec())]));
    disk.erase(Path::new(STORE), "b");
    assert_eq!(outcomes(&disk, "b"), BTreeSet::from([None]));
}
