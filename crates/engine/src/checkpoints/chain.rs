//! Which base the next record of a chain is compressed against.
//!
//! Constraints: a load reads at most `max_delta_chain` records (0 and 1 alike: every record is whole); the base is the previous
//! record of the chain or one of that one's own bases, so a base is never needed by anything but records that need the chain anyway,
//! and neither a deleted nor a restarted version matters.
//!
//! A record carries its ordinal w (modulo 256) in its chain. Ordinal 0 is whole. Otherwise the base is the record with ordinal w
//! less its lowest set bit; where that would make a load too long, less further low bits. Most deltas so have a near base, while a chain of
//! n records is at most as deep as n has bits. Where the chain was written under another maximum, or a record turned out whole, those ordinals may be
//! missing among the bases; then the nearest base further down is taken.

use crate::{error::Result, ids::RecordNumber};

/// What is known of a stored record without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RecordFacts {
    /// Which record.
    pub number: RecordNumber,
    /// Its place in its chain, modulo 256.
    pub ordinal: u8,
    /// How many records a load reads, itself included.
    pub depth: u8,
    /// What it was compressed against; `None` where it is whole.
    pub base: Option<RecordNumber>,
    /// Bytes once decompressed.
    pub raw_length: u32,
    /// The CRC-32 of the decompressed bytes.
    pub raw_checksum: u32,
}

/// Tells what is known of stored records.
pub trait Ancestry {
    /// The facts of record `number`, which is stored.
    fn facts(&self, number: RecordNumber) -> Result<RecordFacts>;
}

/// The next record's place in its chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link {
    /// Its ordinal.
    pub ordinal: u8,
    /// What to compress it against; `None`: store it whole.
    pub base: Option<RecordFacts>,
}

impl Link {
    /// The link of a chain's first record.
    pub const FIRST: Self = Self { ordinal: 0, base: None };

    /// How many records a load then reads.
    pub fn depth(&self) -> u8 {
        self.base.map_or(1, |base| base.depth.saturating_add(1))
    }
}

/// Chooses the link of the record that follows `previous` in its chain; `None` starts a chain.
pub fn choose(previous: Option<RecordNumber>, max_delta_chain: u32, ancestry: &dyn Ancestry) -> Result<Link> {
    let Some(previous) = previous else { return Ok(Link::FIRST) };
    let mut candidate = ancestry.facts(previous)?;
    let ordinal = candidate.ordinal.wrapping_add(1);
    let whole = Link { ordinal, base: None };
    if ordinal == 0 || max_delta_chain < 2 {
        return Ok(whole);
    }
    let most_bases = u8::try_from(max_delta_chain - 1).unwrap_or(u8::MAX - 1);
    let highest = ordinal & (ordinal - 1);
    while candidate.ordinal > highest || candidate.depth > most_bases {
        let Some(base) = candidate.base else { return Ok(whole) };
        let base = ancestry.facts(base)?;
        if base.depth >= candidate.depth {
            // No chain is written like this. Without it the walk has an end whatever it is told.
            return Ok(whole);
        }
        candidate = base;
    }
    Ok(Link { ordinal, base: Some(candidate) })
}

/// The records that need not be kept at hand once one that follows `previous` and is compressed against `base` is there: all of the chain but that
/// one and its base. Of the records after them, three in four are compressed against one of these two. For the fourth a base is loaded, which
/// takes a tenth of what compressing takes; to keep them all would take up to `max_delta_chain` times the memory.
pub fn unneeded(
    previous: Option<RecordNumber>,
    base: Option<RecordNumber>,
    ancestry: &dyn Ancestry,
) -> Result<Vec<RecordNumber>> {
    let mut unneeded = Vec::new();
    let mut next = previous;
    while let Some(number) = next.filter(|number| Some(*number) != base && !unneeded.contains(number)) {
        unneeded.push(number);
        next = ancestry.facts(number)?.base;
    }
    if let Some(base) = base {
        // What lies further below was given up when the base itself was new.
        unneeded.extend(ancestry.facts(base)?.base);
    }
    Ok(unneeded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;

    /// A chain in memory; record n is at index n - 1.
    #[derive(Default)]
    struct Chain(Vec<RecordFacts>);

    impl Ancestry for Chain {
        fn facts(&self, number: RecordNumber) -> Result<RecordFacts> {
            let index = usize::try_from(number.0).unwrap().checked_sub(1);
            let facts = index.and_then(|index| self.0.get(index));
            facts.copied().ok_or_else(|| Error::NotFound { what: format!("record {number}") })
        }
    }

    impl Chain {
        fn last(&self) -> Option<RecordNumber> {
            self.0.last().map(|facts| facts.number)
        }

        fn push(&mut self, link: Link) {
            self.0.push(RecordFacts {
                number: RecordNumber(self.0.len() as u64 + 1),
                ordinal: link.ordinal,
                depth: link.depth(),
                base: link.base.map(|base| base.number),
                raw_length: 0,
                raw_checksum: 0,
            });
        }

        fn extend(&mut self, max: u32) {
            let link = choose(self.last(), max, self).unwrap();
            self.push(link);
        }

        /// How many records a load of `number` reads, counted.
        fn reads(&self, number: RecordNumber) -> usize {
            std::iter::successors(Some(number), |number| self.facts(*number).unwrap().base).count()
        }

        fn is_previous_or_its_base(&self, base: RecordNumber, of: RecordNumber) -> bool {
            let previous = RecordNumber(of.0 - 1);
            std::iter::successors(Some(previous), |number| self.facts(*number).unwrap().base)
                .any(|number| number == base)
        }

        fn check_last(&self, max: u32) {
            let last = self.0.last().unwrap();
            let reads = self.reads(last.number);
            assert_eq!(reads, usize::from(last.depth));
            assert!(reads <= usize::try_from(max.max(1)).unwrap(), "{last:?} reads {reads} of {max}");
            if let Some(base) = last.base {
                assert!(self.is_previous_or_its_base(base, last.number), "{last:?}");
            }
        }
    }

    #[test]
    fn no_load_reads_more_than_the_maximum() {
        for max in 0..=9 {
            let mut chain = Chain::default();
            for _ in 0..1000 {
                chain.extend(max);
                chain.check_last(max);
            }
        }
    }

    // The rule of the design, computed the long way: low bits cleared until what is left is shallow enough.
    #[test]
    fn the_base_is_the_ordinal_with_low_bits_cleared() {
        for max in 2..=9 {
            let mut chain = Chain::default();
            for ordinal in 0..=255u32 {
                chain.extend(max);
                let mut expected = ordinal;
                while expected > 0 {
                    expected &= expected - 1;
                    if expected.count_ones() + 2 <= max {
                        break;
                    }
                }
                let base = chain.0.last().unwrap().base;
                let expected = (ordinal > 0).then(|| RecordNumber(u64::from(expected) + 1));
                assert_eq!(base, expected, "ordinal {ordinal} of at most {max}");
            }
        }
    }

    // The bugs: a base that is read back from disk at each save, and versions that stay cached for nothing.
    #[test]
    fn two_records_of_a_chain_are_kept_and_one_base_in_four_is_loaded() {
        for max in 0..=9 {
            let mut chain = Chain::default();
            let mut kept = Vec::new();
            let mut loads = 0;
            for _ in 0..600 {
                let previous = chain.last();
                chain.extend(max);
                let last = *chain.0.last().unwrap();
                if let Some(base) = last.base.filter(|base| !kept.contains(base)) {
                    loads += 1;
                    kept.push(base);
                }
                let unneeded = unneeded(previous, last.base, &chain).unwrap();
                kept.retain(|number| !unneeded.contains(number));
                kept.push(last.number);
                assert!(kept.len() <= 2, "{kept:?} of at most {max}");
            }
            assert!(loads <= 600 / 4, "{loads} of at most {max}");
        }
    }

    #[test]
    fn zero_and_one_store_every_version_whole() {
        for max in [0, 1] {
            let mut chain = Chain::default();
            for _ in 0..300 {
                chain.extend(max);
            }
            assert!(chain.0.iter().all(|facts| facts.base.is_none() && facts.depth == 1));
            assert_eq!(chain.0[299].ordinal, 43);
        }
    }

    // The bug: a shorter maximum that is only kept for chains begun under it.
    #[test]
    fn chains_written_under_changing_maxima_and_with_whole_records_between_stay_valid() {
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        println!("seed {random:#x}");
        let mut chain = Chain::default();
        for _ in 0..3000 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let max = u32::try_from(random % 11).unwrap();
            let link = choose(chain.last(), max, &chain).unwrap();
            // The compression may have found no use in the base.
            chain.push(if random.is_multiple_of(5) { Link { base: None, ..link } } else { link });
            chain.check_last(max);
        }
    }

    // The bug: a store of 200 versions whose deltas all reach far back, because depth was spent on the wrong records.
    #[test]
    fn most_bases_are_near() {
        let mut chain = Chain::default();
        for _ in 0..200 {
            chain.extend(8);
        }
        let distance = |facts: &RecordFacts| facts.base.map_or(0, |base| facts.number.0 - base.0);
        let total: u64 = chain.0.iter().map(distance).sum();
        assert!(total < 200 * 5, "{total}");
    }

    #[test]
    fn facts_that_lead_in_a_circle_end_in_a_whole_record() {
        let facts = |number, base| RecordFacts {
            number: RecordNumber(number),
            ordinal: 200,
            depth: 9,
            base: Some(RecordNumber(base)),
            raw_length: 0,
            raw_checksum: 0,
        };
        let chain = Chain(vec![facts(1, 2), facts(2, 1)]);
        assert_eq!(choose(Some(RecordNumber(2)), 8, &chain).unwrap().base, None);
    }

    #[test]
    fn a_failed_look_up_is_the_answer() {
        assert!(choose(Some(RecordNumber(5)), 8, &Chain::default()).is_err());
    }
}
