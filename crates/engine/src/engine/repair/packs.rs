//! The packs of a store that is repaired.
//!
//! Constraints: a sealed pack that is whole stays as it is; of every other one the whole records go into one new pack, from which nothing is missing that
//! anything could refer to.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
};

use super::{Repair, new_files::NewFiles};
use crate::{
    engine::{abort::stopped, sealed::pack_entry},
    error::Result,
    format::{
        names::FileName,
        record::{RecordHeader, RecordKind},
    },
    ids::RecordNumber,
    manifest::Manifest,
    packs::{Pack, PackWriter, RecordPlace, verify_sealed},
    tables::PackFile,
};

/// What records are read from.
pub(super) struct Packs {
    whole: Vec<Arc<Pack>>,
    damaged: Vec<Arc<Pack>>,
    /// Whether records of a sealed pack may be missing.
    pub(super) may_lack_some: bool,
    /// The new pack: at first with the records of the log alone.
    writer: Arc<PackWriter>,
}

/// A checkpoint record that lay in the log.
pub(super) struct LogRecord {
    pub(super) header: RecordHeader,
    pub(super) stored: Vec<u8>,
}

impl Packs {
    /// Opens all packs, damaged ones with what is whole of them.
    pub(super) fn open(
        repair: &Repair<'_>,
        after: &mut Manifest,
        new_files: &mut NewFiles<'_>,
    ) -> Result<Self> {
        let (directory, store) = (repair.directory, repair.before.store);
        let writer = new_files.pack(after.allocate_file())?;
        let (mut whole, mut damaged, mut may_lack_some) = (Vec::new(), Vec::new(), false);
        for entry in &repair.before.packs {
            stopped(repair.abort)?;
            // One under another's name is written anew, too: it is the name that is wrong.
            let mut is_whole = entry.sealed && !directory.is_elsewhere(FileName::Pack(entry.number));
            if is_whole {
                let mut on_damage = |_| is_whole = false;
                verify_sealed(directory, entry.number, store, entry.length, &mut on_damage, &mut |_| Ok(()))?;
                may_lack_some |= !is_whole;
            }
            if is_whole {
                whole.push(Arc::new(Pack::open_sealed(directory, entry.number, store, entry.length)?));
            } else {
                after.packs.retain(|pack| pack.number != entry.number);
                damaged.extend(Pack::open_damaged(directory, entry.number, store)?.map(Arc::new));
            }
        }
        Ok(Self { whole, damaged, may_lack_some, writer })
    }

    /// The packs to read from.
    pub(super) fn files(&self) -> Vec<PackFile> {
        let read = self.read().map(|pack| PackFile::Closed(Arc::clone(pack)));
        read.chain([PackFile::Open(Arc::clone(&self.writer))]).collect()
    }

    fn read(&self) -> impl Iterator<Item = &Arc<Pack>> {
        self.whole.iter().chain(&self.damaged)
    }

    /// Takes over records that lay in the log.
    pub(super) fn take_records(&self, records: &[LogRecord]) -> Result<()> {
        records.iter().try_for_each(|record| take(&self.writer, &record.header, &record.stored))
    }

    /// The highest record number in any of them.
    pub(super) fn highest(&self) -> Result<RecordNumber> {
        let mut highest = self.writer.highest().unwrap_or_default();
        for pack in self.read() {
            highest = pack.number_range()?.map_or(highest, |(_, last)| last.max(highest));
        }
        Ok(highest)
    }

    /// The records of checkpoints in any of them that are not among those `named`, by number.
    pub(super) fn nameless(
        &self,
        named: &HashSet<RecordNumber>,
    ) -> Result<BTreeMap<RecordNumber, RecordPlace>> {
        let is_nameless =
            |place: &RecordPlace| place.kind == RecordKind::Checkpoint && !named.contains(&place.number);
        let mut found: BTreeMap<_, _> = BTreeMap::new();
        for place in self.writer.entries().into_iter().filter(is_nameless) {
            found.insert(place.number, place);
        }
        for pack in self.read() {
            found.extend(pack.entries()?.filter(is_nameless).map(|place| (place.number, place)));
        }
        Ok(found)
    }

    /// Takes over the records of damaged packs, seals the new pack and names it, if there is anything in it.
    pub(super) fn finish(&self, after: &mut Manifest, new_files: &NewFiles<'_>) -> Result<()> {
        for pack in &self.damaged {
            for place in pack.entries()? {
                let (header, stored) = pack.read_stored(&place)?;
                take(&self.writer, &header, &stored)?;
            }
        }
        if self.writer.records() == 0 {
            return new_files.drop_pack(self.writer.number());
        }
        after.packs.push(pack_entry(&self.writer.seal()?));
        Ok(())
    }
}

/// Adds a record, unless it is there: a crash may have left it in two packs.
fn take(writer: &PackWriter, header: &RecordHeader, stored: &[u8]) -> Result<()> {
    if writer.find(header.number).is_none() {
        writer.append(header, stored)?;
    }
    Ok(())
}
