//! Checking every byte of a run.
//!
//! Constraints: it reads the file by calls, past the mapping and the cache, so that it sees what the medium has and a medium that cannot be read is an I/O error;
//! it goes on after damage and changes nothing.

use super::{
    block::{CheckedBlock, Unusable, emptied},
    entries::{Entries, Entry},
    index::BlockPlace,
    layout::{Layout, read_block},
    run::Run,
};
use crate::error::{Error, Result};

/// What was found in blocks.
#[derive(Default)]
struct Totals {
    removals: u64,
    raw_bytes: u64,
}

#[derive(Default)]
struct Buffers {
    stored: Vec<u8>,
    raw: Vec<u8>,
}

impl Run {
    /// Checks the file's header, footer and index, and of each block the checksum, the order of its keys and how many there are. Tells `on_damage` of each
    /// structure that is not what was written or cannot be read, and `on_progress` how many bytes were checked since it was last told; they sum up to
    /// the file's length.
    pub fn verify(&self, on_damage: &mut dyn FnMut(Error), on_progress: &mut dyn FnMut(u64)) {
        if let Err(error) = Layout::read(&*self.file, self.identity) {
            on_damage(error);
        }
        let places = self.layout.index.places();
        let blocks_length: u64 = places.iter().map(|place| u64::from(place.length)).sum();
        on_progress(self.length().saturating_sub(blocks_length));

        let mut totals = Totals::default();
        let mut whole = true;
        let mut buffers = Buffers::default();
        for (block, place) in places.iter().enumerate() {
            if let Err(error) = self.verify_block(block, place, &mut buffers, &mut totals) {
                whole = false;
                on_damage(error);
            }
            on_progress(u64::from(place.length));
        }
        let footer = &self.layout.footer;
        if whole && (totals.removals, totals.raw_bytes) != (footer.removals, footer.raw_bytes) {
            let end = footer.index_offset + u64::from(footer.index_length);
            on_damage(Error::corrupt(self.path(), end, "run footer"));
        }
    }

    fn verify_block(
        &self,
        block: usize,
        place: &BlockPlace,
        buffers: &mut Buffers,
        totals: &mut Totals,
    ) -> Result<()> {
        let Buffers { stored, raw } = buffers;
        *stored = emptied(std::mem::take(stored));
        *raw = emptied(std::mem::take(raw));
        read_block(&*self.file, place.offset, place.length, stored)?;
        CheckedBlock::check(self.identity.store, stored)
            .map_err(Unusable::from)
            .and_then(|checked| checked.decode_into(raw))
            .map_err(|unusable| unusable.at(self.path(), place.offset, "block"))?;
        let mut entries = Entries::default();
        while self.step(block, &mut entries, raw)? {
            totals.removals += u64::from(entries.entry(raw) == Entry::Removed);
        }
        totals.raw_bytes += raw.len() as u64;
        Ok(())
    }
}
