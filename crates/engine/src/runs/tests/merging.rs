//! Several runs as one, against maps laid over each other.

use proptest::prelude::*;

use super::*;
use crate::{error::Error, runs::Merge};

/// A table in memory.
struct Table {
    pairs: std::vec::IntoIter<(Vec<u8>, Option<Vec<u8>>)>,
    present: (Vec<u8>, Option<Vec<u8>>),
}

impl Table {
    fn new(pairs: Pairs) -> Self {
        Self { pairs: pairs.into_iter(), present: Default::default() }
    }
}

impl Source for Table {
    fn next(&mut self) -> Result<bool> {
        let next = self.pairs.next();
        let found = next.is_some();
        self.present = next.unwrap_or_default();
        Ok(found)
    }

    fn key(&self) -> &[u8] {
        &self.present.0
    }

    fn entry(&self) -> Entry<'_> {
        entry(self.present.1.as_ref())
    }
}

proptest! {
    /// Would catch an older entry that shows through, a key given twice, and a source that is lost when another ends.
    #[test]
    fn the_newest_entry_of_each_key_comes_once_and_in_order(
        newest_first in proptest::collection::vec(
            proptest::collection::btree_map(
                proptest::collection::vec(0u8..4, 0..4),
                proptest::option::weighted(0.7, proptest::collection::vec(any::<u8>(), 0..4)),
                0..40,
            ),
            0..6,
        ),
    ) {
        let mut expected = Model::new();
        for model in newest_first.iter().rev() {
            expected.extend(model.clone());
        }
        for reverse in [false, true] {
            let expected = if reverse { reversed(pairs(&expected)) } else { pairs(&expected) };
            let sources = newest_first.iter().enumerate().map(|(age, model)| -> Box<dyn Source + Send> {
                if age == 0 {
                    let pairs = pairs(model);
                    Box::new(Table::new(if reverse { super::reversed(pairs) } else { pairs }))
                } else {
                    Box::new(written(model, 60).cursor(Bounds::all(), reverse))
                }
            });
            let mut merge = Merge::new(sources.collect(), reverse).unwrap();
            prop_assert_eq!(collect(&mut merge).unwrap(), expected);
            prop_assert!(!merge.next().unwrap(), "a step behind the end");
        }
    }
}

/// Would catch a merge that takes a failed source for one that ended.
#[test]
fn a_source_that_fails_fails_the_merge_for_good() {
    let directory = MemoryDirectory::default();
    let model = sample(100);
    write(&directory, NUMBER, &model, 300);
    let mut bytes = directory.bytes(NUMBER);
    let last = open(&directory, NUMBER).unwrap().blocks().last().unwrap().offset;
    bytes[usize::try_from(last).unwrap() + 20] ^= 1;
    directory.set_bytes(NUMBER, &bytes);
    let damaged = open(&directory, NUMBER).unwrap();
    let whole = written(&model, 300);
    for sources in [[&whole, &damaged], [&damaged, &whole]] {
        let sources = sources.map(|run| run.scan(Bounds::all())).into();
        let mut merge = Merge::new(sources, false).unwrap();
        let refused = collect(&mut merge).unwrap_err();
        assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
        merge.next().unwrap_err();
    }
}
