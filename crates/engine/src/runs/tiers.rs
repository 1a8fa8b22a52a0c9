//! Which runs to make one of, and when.
//!
//! Constraints: a pure function of sizes, oldest first; only runs that are neighbours in age are merged, so that newer ones go on hiding older ones.
//!
//! A run's size class is the logarithm of its bytes to the base 4. From the oldest run on, a tier reaches to the last run of the largest
//! class there, smaller runs in between included; the next tier starts behind it, and so the tiers' classes decrease. A tier of four runs or more becomes one run.
//! So at most three runs of each class are left. And while what a byte is in stays in one class, it is rewritten at most four times: once as the
//! newest run of its tier, and then each time with at least one more run of that class, of which it can hold three. Both are therefore
//! logarithmic: the number of runs in the number of bytes, and what a byte costs.

use std::ops::Range;

/// So many runs of a similar size become one.
const RUNS_PER_TIER: usize = 4;

/// Smaller runs count as having this many bytes: opening and asking one costs as much.
const SMALLEST_RUN_BYTES: u64 = 16 << 10;

/// A run as the policy sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tier {
    /// Its file's length.
    pub bytes: u64,
    /// How many of them are known to be of no use to any reader.
    pub dead_bytes: u64,
}

/// The runs to replace by one run of what is live in them; `None` where all is well. `runs` are oldest first, as are the positions in the answer.
///
/// Where no tier is full, a run that is dead by more than half is rewritten alone; its successor must be given without those dead bytes.
pub fn pick(runs: &[Tier]) -> Option<Range<usize>> {
    newest_full_tier(runs).or_else(|| {
        let mostly_dead = runs.iter().rposition(|run| run.dead_bytes > run.bytes / 2)?;
        Some(mostly_dead..mostly_dead + 1)
    })
}

/// The newest is the smallest, and its result may fill the next.
fn newest_full_tier(runs: &[Tier]) -> Option<Range<usize>> {
    let mut full = None;
    let mut start = 0;
    while let Some(rest) = runs.get(start..).filter(|rest| !rest.is_empty()) {
        let largest = rest.iter().map(class).max();
        let last = rest.iter().rposition(|run| Some(class(run)) == largest).unwrap_or(0);
        let end = start + last + 1;
        if end - start >= RUNS_PER_TIER {
            full = Some(start..end);
        }
        start = end;
    }
    full
}

/// The logarithm to the base 4, rounded down.
fn class(run: &Tier) -> u32 {
    run.bytes.max(SMALLEST_RUN_BYTES).ilog2() / 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn live(bytes: u64) -> Tier {
        Tier { bytes, dead_bytes: 0 }
    }

    fn sizes_in_kib(sizes: &[u64]) -> Vec<Tier> {
        sizes.iter().map(|kib| live(kib << 10)).collect()
    }

    #[test]
    fn four_neighbours_of_a_similar_size_are_merged() {
        for (sizes, expected) in [
            (&[][..], None),
            (&[64, 64, 64][..], None),
            (&[64, 64, 64, 64], Some(0..4)),
            (&[4096, 64, 100, 128, 255], Some(1..5)),
            (&[4096, 4096, 4096, 64, 64, 64, 16, 16, 16], None),
            (&[4096, 4096, 4096, 64, 64, 64, 16, 16, 16, 16], Some(6..10)),
            // Small runs between large ones of one class go with them.
            (&[64, 16, 16, 64], Some(0..4)),
            (&[16, 16, 16, 4096], Some(0..4)),
            // All runs below 16 KiB are of one class.
            (&[15, 1, 8, 2], Some(0..4)),
        ] {
            assert_eq!(pick(&sizes_in_kib(sizes)), expected, "{sizes:?}");
        }
    }

    #[test]
    fn a_run_that_is_dead_by_more_than_half_is_rewritten_once_no_tier_is_full() {
        let dying = |dead_bytes| Tier { bytes: 1 << 20, dead_bytes };
        assert_eq!(pick(&[live(4 << 20), dying(1 << 19), live(100)]), None);
        assert_eq!(pick(&[live(4 << 20), dying((1 << 19) + 1), live(100)]), Some(1..2));
        assert_eq!(pick(&[dying(1 << 20), live(100), live(100), live(100), live(100)]), Some(1..5));
        assert_eq!(pick(&[Tier { bytes: 0, dead_bytes: 0 }]), None);
    }

    proptest! {
        /// Would catch tiers that never fill, runs that pile up behind an inversion of sizes, and a large run that is rewritten for each small one.
        #[test]
        fn runs_and_rewriting_stay_logarithmic(
            flushes in proptest::collection::vec((0u32..24).prop_flat_map(|log| 1u64 << log..2u64 << log), 1..400),
            dead in proptest::collection::vec((any::<prop::sample::Index>(), 0u64..=100), 0..40),
        ) {
            let mut runs: Vec<Tier> = Vec::new();
            let (mut counted, mut rewritten) = (0, 0);
            let mut dead = dead.into_iter();
            for bytes in flushes {
                counted += bytes.max(SMALLEST_RUN_BYTES);
                runs.push(live(bytes));
                if let Some((which, percent)) = dead.next() {
                    let run = which.index(runs.len());
                    runs[run].dead_bytes = runs[run].bytes * percent / 100;
                }
                let mut rounds = 0;
                while let Some(range) = pick(&runs) {
                    let bytes = runs[range.clone()].iter().map(|run| run.bytes - run.dead_bytes).sum();
                    rewritten += bytes;
                    runs.splice(range, [live(bytes)]);
                    rounds += 1;
                    prop_assert!(rounds <= 100, "does not come to rest");
                }
                let classes = u64::from((counted / SMALLEST_RUN_BYTES).ilog2() / 2 + 1);
                prop_assert!(runs.len() as u64 <= 3 * classes, "{} runs in {counted} bytes", runs.len());
                prop_assert!(rewritten <= 8 * counted * classes, "{rewritten} bytes rewritten for {counted}");
            }
        }

        #[test]
        fn equal_flushes_are_rewritten_about_once_a_tier(count in 1u64..2_000) {
            let mut runs: Vec<Tier> = Vec::new();
            let mut rewritten = 0;
            for _ in 0..count {
                runs.push(live(4 << 20));
                while let Some(range) = pick(&runs) {
                    let bytes = runs[range.clone()].iter().map(|run| run.bytes).sum();
                    rewritten += bytes;
                    runs.splice(range, [live(bytes)]);
                }
            }
            let tiers = u64::from(count.ilog2() / 2 + 1);
            prop_assert!(rewritten <= (4 << 20) * count * tiers, "{rewritten}");
            prop_assert!(runs.len() as u64 <= 3 * tiers);
        }
    }
}
