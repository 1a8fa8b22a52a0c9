//! The marks that rounds leave, and syncs across files.

use std::thread;

use super::*;

/// Catches an acknowledgement after the newer file's sync alone: the frames in the older file would be lost.
#[test]
fn a_sync_across_a_switch_syncs_the_older_file_first() {
    let store = Store::new();
    store.append();
    let next = store.switch(8);
    let order = Arc::new(Mutex::new(Vec::new()));
    for (file, number) in [(&store.file, 7), (&next, 8)] {
        let order = Arc::clone(&order);
        file.on_sync(move |_| order.lock().push(number));
    }
    let end = store.append();
    store.durability.sync().unwrap();
    assert_eq!(*order.lock(), [7, 8]);
    store.durability.settle().unwrap();
    assert_eq!(*order.lock(), [7, 8, 8]);
    assert_eq!(store.mark_after_power_cut(8), (end.link.position, false));
    store.append();
    store.durability.sync().unwrap();
    assert_eq!(*order.lock(), [7, 8, 8, 8], "the older file has nothing unsynced any more");
}

/// Catches a mark that stays unsynced because the next frames went to another file.
#[test]
fn a_switch_does_not_forget_the_last_mark() {
    let store = Store::new();
    let end = store.append();
    store.durability.sync().unwrap();
    assert_eq!(store.mark_after_power_cut(7).0, Position(0));
    store.switch(8);
    store.append();
    store.durability.sync().unwrap();
    assert_eq!(store.mark_after_power_cut(7), (end.link.position, false));
}

#[test]
fn a_failed_sync_of_the_older_file_leaves_the_newer_unmarked() {
    let store = Store::new();
    store.append();
    let next = store.switch(8);
    store.append();
    let writes = next.calls().writes;
    store.file.fail_syncs(true);
    assert_poisoned(&store.durability.sync());
    assert_eq!(next.calls().writes, writes);
}

#[test]
fn settling_makes_the_mark_durable_and_costs_one_sync() {
    let store = Store::new();
    let end = store.append();
    store.durability.sync().unwrap();
    assert_eq!(store.mark_after_power_cut(7), (Position(0), false));
    store.durability.settle().unwrap();
    assert_eq!(store.mark_after_power_cut(7), (end.link.position, false));
    store.durability.settle().unwrap();
    assert_eq!(store.durability.syncs(), 2);
    let end = store.append();
    store.durability.settle().unwrap();
    assert_eq!(store.mark_after_power_cut(7), (end.link.position, false));
    assert_eq!(store.durability.syncs(), 4);
}

#[test]
fn closing_is_durable_and_costs_nothing_the_second_time() {
    for (frames, settled, syncs) in [(0, false, 1), (1, false, 2), (1, true, 3)] {
        let store = Store::new();
        (0..frames).for_each(|_| drop(store.append()));
        if settled {
            store.durability.settle().unwrap();
        }
        store.durability.close().unwrap();
        assert_eq!(store.mark_after_power_cut(7), (Position(START.position.0 + frames), true));
        store.durability.close().unwrap();
        assert_eq!(store.durability.syncs(), syncs);
        let reopened = Durability::new(store.writer.lock().end().clone(), true);
        reopened.close().unwrap();
        assert_eq!(reopened.syncs(), 0);
        let end = store.append();
        store.durability.sync().unwrap();
        assert_eq!(store.mark_after_power_cut(7).0, Position(START.position.0 + frames));
        store.durability.close().unwrap();
        assert_eq!(store.mark_after_power_cut(7), (end.link.position, true));
    }
}

/// Catches a closed mark in a file that a flush has removed.
#[test]
fn closing_after_a_switch_marks_the_newer_file() {
    let store = Store::new();
    let end = store.append();
    store.durability.close().unwrap();
    store.switch(8);
    store.durability.close().unwrap();
    assert_eq!(store.mark_after_power_cut(8), (end.link.position, true));
}

/// Catches two marks in flight at once: a power cut could then tear both slots.
#[test]
fn no_mark_is_written_before_the_one_before_it_is_synced() {
    let store = Store::new();
    let mut seen = 0;
    for step in 0..30 {
        match step % 5 {
            0 | 1 => drop(store.append()),
            2 => store.durability.sync().unwrap(),
            3 => store.durability.close().unwrap(),
            _ => store.durability.settle().unwrap(),
        }
        let (now, durable) = (store.directory.copy(), store.directory.after_power_cut());
        let slots = |directory: &MemoryDirectory| {
            let bytes = directory.file("0000000000000007.log").durable();
            [bytes[4096..4152].to_vec(), bytes[8192..8248].to_vec()]
        };
        let unsynced =
            slots(&now).iter().zip(slots(&durable)).filter(|(now, durable)| *now != durable).count();
        assert!(unsynced <= 1, "step {step}");
        seen += unsynced;
    }
    assert!(seen > 0);
}

/// Catches a log that counts as closed although a frame came while its mark was written.
#[test]
fn what_comes_while_the_log_is_closed_is_closed_too() {
    let store = Store::new();
    store.append();
    let end = thread::scope(|scope| {
        let gate = Gate::new(&store.file);
        let closing = scope.spawn(|| store.durability.close());
        gate.entered();
        let end = store.append();
        // Both syncs of the first round, and both of the second.
        (0..4).for_each(|_| gate.open());
        closing.join().unwrap().unwrap();
        end
    });
    assert_eq!(store.mark_after_power_cut(7), (end.link.position, true));
}
