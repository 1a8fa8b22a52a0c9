//! Every way to read a run against a map.

use proptest::prelude::*;

use super::*;
use crate::runs::Found;

fn key() -> impl Strategy<Value = Vec<u8>> {
    // Few letters, so that keys share prefixes, are prefixes of each other, and hit bounds.
    proptest::collection::vec(prop_oneof![Just(0), Just(1), Just(b'a'), Just(255)], 0..6)
}

fn value() -> impl Strategy<Value = Option<Vec<u8>>> {
    let value = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..80),
        (any::<u8>(), 0usize..300).prop_map(|(byte, length)| vec![byte; length]),
    ];
    proptest::option::weighted(0.8, value)
}

fn model() -> impl Strategy<Value = Model> {
    proptest::collection::btree_map(key(), value(), 0..60)
}

proptest! {
    /// Would catch an entry lost or doubled at the edge of a block, a wrong prefix, and a bound or seek that is off by one.
    #[test]
    fn every_way_to_read_agrees_with_a_map(
        model in model(), block_bytes in 0usize..400, from in key(), until in proptest::option::of(key()), sought in key(),
    ) {
        let run = written(&model, block_bytes);
        prop_assert_eq!(collect(&mut run.scan(Bounds::all())).unwrap(), pairs(&model));
        prop_assert_eq!(collect(&mut run.cursor(Bounds::all(), true)).unwrap(), reversed(pairs(&model)));

        let bounds = between(&from, until.as_deref());
        let mut within = pairs(&model);
        within.retain(|(key, _)| *key >= from && until.as_ref().is_none_or(|until| key < until));
        let (mut forward, mut backward) = (run.cursor(bounds.clone(), false), run.cursor(bounds, true));
        prop_assert_eq!(collect(&mut forward).unwrap(), within.clone());
        prop_assert_eq!(collect(&mut backward).unwrap(), reversed(within.clone()));
        prop_assert!(!forward.next().unwrap() && !backward.next().unwrap(), "a step behind the end");

        forward.seek(&sought);
        backward.seek(&sought);
        let (below, above): (Pairs, Pairs) = within.into_iter().partition(|(key, _)| *key < sought);
        let with_sought = above.iter().filter(|(key, _)| *key == sought).cloned();
        let not_above = below.into_iter().chain(with_sought).collect();
        prop_assert_eq!(collect(&mut forward).unwrap(), above);
        prop_assert_eq!(collect(&mut backward).unwrap(), reversed(not_above));

        for key in model.keys().chain([&from, &sought]) {
            let expected = match model.get(key) {
                None => Found::Absent,
                Some(None) => Found::Removed,
                Some(Some(value)) => Found::Value(value.clone()),
            };
            prop_assert_eq!(run.get(key).unwrap(), expected);
        }
    }
}

#[test]
fn a_cursor_can_be_sought_again_and_again() {
    let model = sample(200);
    let run = written(&model, 300);
    let keys: Vec<_> = model.keys().cloned().collect();
    let (mut forward, mut backward) = (run.scan(Bounds::all()), run.cursor(Bounds::all(), true));
    for step in 0..400 {
        let key = &keys[step * 37 % keys.len()];
        for cursor in [&mut forward, &mut backward] {
            cursor.seek(key);
            assert!(cursor.next().unwrap());
            assert_eq!((cursor.key(), cursor.entry()), (key.as_slice(), entry(model[key].as_ref())));
            cursor.next().unwrap();
        }
    }
}

#[test]
fn a_run_without_entries_reads_as_empty() {
    let run = written(&Model::new(), 100);
    assert_eq!(run.get(b"").unwrap(), Found::Absent);
    for reverse in [false, true] {
        assert_eq!(collect(&mut run.cursor(Bounds::all(), reverse)).unwrap(), []);
    }
    assert_eq!(run.blocks().len(), 0);
}

#[test]
fn the_blocks_tell_of_all_entries_and_bytes() {
    let model = sample(200);
    let run = written(&model, 300);
    let keys: Vec<_> = model.keys().collect();
    let (mut entry, mut offset) = (0, 64);
    for block in run.blocks() {
        assert_eq!((block.first_key, block.offset), (keys[entry].as_slice(), offset));
        entry += usize::try_from(block.entries).unwrap();
        offset += block.bytes;
    }
    assert_eq!(entry, model.len());
    assert!(run.blocks().len() > 10 && offset < run.length());
}

#[test]
fn what_was_read_stays_readable_while_the_run_is_removed() {
    let directory = MemoryDirectory::default();
    let model = sample(100);
    write(&directory, NUMBER, &model, 200);
    let mut cursor = open(&directory, NUMBER).unwrap().scan(Bounds::all());
    assert!(cursor.next().unwrap());
    crate::io::Directory::remove(&directory, &crate::format::names::run(NUMBER)).unwrap();
    assert_eq!(collect(&mut cursor).unwrap(), pairs(&model)[1..]);
}
