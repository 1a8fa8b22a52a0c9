//! Reading what is whole of a damaged run, for a repair.
//!
//! Constraints: a block counts whole or not at all; where header, index or footer cannot be used, blocks are found by their own headers, and behind a
//! header that cannot be used by looking for the next one: a block's checksum is keyed by the store, so that other bytes do not pass for one.

use std::{cmp::Ordering, sync::Arc};

use super::{
    block::{BLOCK_HEADER_BYTES, CheckedBlock, claimed_length},
    bounds::Bounds,
    entries::{Entries, Entry},
    footer::FOOTER_BYTES,
    layout::read_block,
    merge::Source,
    run::Run,
};
use crate::{
    error::{Error, Result},
    format::header::HEADER_BYTES,
    ids::StoreId,
    io::{File, search},
};

/// Keys that may have been in what could not be read: from the first to before the second; no bound where none is known.
pub type LostKeys = Bounds;

/// Gives the entries of the whole blocks of `run` to `visit`, in order, and each damaged block to `on_damage`. Answers where entries may be missing.
pub fn salvage_run(
    run: &Arc<Run>,
    visit: &mut dyn FnMut(&[u8], Entry<'_>) -> Result<()>,
    on_damage: &mut dyn FnMut(Error),
) -> Result<Vec<LostKeys>> {
    let firsts: Vec<Vec<u8>> = run.blocks().map(|block| block.first_key.to_vec()).collect();
    let mut lost = Vec::new();
    for (block, first) in firsts.iter().enumerate() {
        let bounds = || Bounds { from: first.clone(), until: firsts.get(block + 1).cloned() };
        match check_all(run, bounds()) {
            Ok(()) => {
                let mut cursor = run.scan(bounds());
                while let Some((key, entry)) = cursor.next_entry()? {
                    visit(key, entry)?;
                }
            }
            Err(damage @ Error::Corrupt { .. }) => {
                on_damage(damage);
                lost.push(bounds());
            }
            Err(other) => return Err(other),
        }
    }
    Ok(lost)
}

fn check_all(run: &Arc<Run>, bounds: Bounds) -> Result<()> {
    let mut cursor = run.scan(bounds);
    while cursor.next()? {}
    Ok(())
}

/// The same of a run that does not open: by the blocks' own headers.
pub fn salvage_file(
    file: &dyn File,
    store: StoreId,
    visit: &mut dyn FnMut(&[u8], Entry<'_>) -> Result<()>,
) -> Result<Vec<LostKeys>> {
    let mut walk = Walk { file, store, length: file.length()?, last_key: Vec::new(), lost: Vec::new() };
    let mut offset = HEADER_BYTES as u64;
    let mut is_next = true;
    while let Some((at, raw, end)) = walk.find_block(offset)? {
        is_next &= at == offset;
        // The index is a block too, the last one.
        if end + FOOTER_BYTES as u64 == walk.length {
            offset = end;
            break;
        }
        if walk.take(&raw, is_next, visit)? {
            is_next = true;
            offset = end;
        } else {
            is_next = false;
            offset = at + 1;
        }
    }
    if !is_next || offset + FOOTER_BYTES as u64 != walk.length {
        walk.lost.push(Bounds { from: walk.last_key.clone(), until: None });
    }
    Ok(walk.lost)
}

struct Walk<'a> {
    file: &'a dyn File,
    store: StoreId,
    length: u64,
    last_key: Vec<u8>,
    lost: Vec<LostKeys>,
}

impl Walk<'_> {
    /// The first block at or behind `offset`: where it is, its raw bytes, where it ends.
    fn find_block(&self, offset: u64) -> Result<Option<(u64, Vec<u8>, u64)>> {
        search::find(self.file, offset, self.length, BLOCK_HEADER_BYTES, |at, header| {
            Ok(self.block_at(at, header)?.map(|(raw, end)| (at, raw, end)))
        })
    }

    fn block_at(&self, at: u64, header: &[u8]) -> Result<Option<(Vec<u8>, u64)>> {
        let Ok(length) = claimed_length(header) else { return Ok(None) };
        let end = at + u64::from(length);
        if end > self.length {
            return Ok(None);
        }
        let (mut block, mut raw) = (Vec::new(), Vec::new());
        read_block(self.file, at, length, &mut block)?;
        let Ok(checked) = CheckedBlock::check(self.store, &block) else { return Ok(None) };
        match checked.decode_into(&mut raw) {
            Ok(()) => Ok(Some((raw, end))),
            Err(unusable) => Err(unusable.at(self.file.path(), at, "block")),
        }
    }

    /// Gives a block's entries to `visit`; `false` where they are none that can follow.
    fn take(
        &mut self,
        raw: &[u8],
        is_next: bool,
        visit: &mut dyn FnMut(&[u8], Entry<'_>) -> Result<()>,
    ) -> Result<bool> {
        let mut entries = Entries::default();
        let mut first = Vec::new();
        while let Ok(true) = entries.advance(raw) {
            if entries.count() == 1 {
                first = entries.key().to_vec();
            }
        }
        let is_whole = entries.advance(raw) == Ok(false) && entries.count() > 0;
        if !is_whole || first.cmp(&self.last_key) == Ordering::Less {
            return Ok(false);
        }
        if !is_next {
            self.lost.push(Bounds { from: self.last_key.clone(), until: Some(first) });
        }
        self.last_key = entries.key().to_vec();
        let mut entries = Entries::default();
        while let Ok(true) = entries.advance(raw) {
            visit(entries.key(), entries.entry(raw))?;
        }
        Ok(true)
    }
}
