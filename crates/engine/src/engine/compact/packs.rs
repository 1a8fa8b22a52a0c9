//! Merging packs.
//!
//! Constraints: a record is dropped only if nothing that exists needs it, and no save that began before may still choose it: what such saves choose meanwhile is
//! noted, and a merge that would drop any of it drops nothing.

use std::{collections::HashSet, sync::Arc};

use super::{super::Engine, Compaction, choose};
use crate::{
    engine::{liveness::live_records, sealed::pack_entry},
    error::Result,
    format::names,
    ids::{FileNumber, Position, RecordNumber},
    packs::{Pack, PackMeta, PackWriter, RecordPlace},
    runs::tiers::Tier,
    sync::atomic::Ordering,
    tables::{PackFile, Tables},
};

/// Packs are searched for dead records once this part of their records may be.
const SEARCH_PART: u64 = 4;

pub(in crate::engine) struct PackCompaction {
    pub(super) inputs: Vec<Arc<Pack>>,
    live: Vec<(usize, RecordPlace)>,
    doomed: HashSet<RecordNumber>,
    next: usize,
    writer: PackWriter,
    number: FileNumber,
    at: Position,
}

impl Engine {
    pub(super) fn start_packs(self: &Arc<Self>, whole: bool) -> Result<Option<Compaction>> {
        let started = self.look_at_packs(whole);
        if !matches!(started, Ok(Some(_))) {
            self.core.lock().drops.end();
        }
        started
    }

    /// Finds what is alive in the packs, and starts a merge of those that are due.
    fn look_at_packs(self: &Arc<Self>, whole: bool) -> Result<Option<Compaction>> {
        let (snapshot, pinned) = {
            let mut core = self.core.lock();
            core.drops.begin();
            (core.snapshot(), core.pins.numbers())
        };
        let packs = sealed_packs(&snapshot.tables);
        let mut records = 0;
        for pack in &packs {
            records += pack.records()?;
        }
        let search = whole || self.dropped_versions() * SEARCH_PART >= records.max(1);
        let tiers = |dead: &[u64]| -> Vec<Tier> {
            let sizes = packs.iter().map(|pack| pack.record_bytes());
            sizes.zip(dead).map(|(bytes, dead_bytes)| Tier { bytes, dead_bytes: *dead_bytes }).collect()
        };
        let known = self.known_dead(&packs);
        if !search && choose(&tiers(&known), false, || false).is_none() {
            return Ok(None);
        }
        let live = live_records(&snapshot, &pinned)?;
        let mut dead = Vec::with_capacity(packs.len());
        for pack in &packs {
            dead.push(
                pack.entries()?
                    .filter(|place| !live.contains(&place.number))
                    .map(|place| place.length())
                    .sum(),
            );
        }
        self.searched(&packs, &dead);
        let Some(range) = choose(&tiers(&dead), whole, || dead.first().is_some_and(|dead| *dead > 0)) else {
            return Ok(None);
        };
        let inputs: Vec<Arc<Pack>> =
            packs.get(range).unwrap_or_default().iter().map(|pack| Arc::clone(pack)).collect();
        self.start_pack_merge(inputs, &live, snapshot.position).map(Some)
    }

    fn start_pack_merge(
        &self,
        inputs: Vec<Arc<Pack>>,
        live: &HashSet<RecordNumber>,
        at: Position,
    ) -> Result<Compaction> {
        let mut kept = Vec::new();
        let mut doomed = HashSet::new();
        for (index, pack) in inputs.iter().enumerate() {
            for place in pack.entries()? {
                if live.contains(&place.number) {
                    kept.push((index, place));
                } else {
                    doomed.insert(place.number);
                }
            }
        }
        let number = self.allocate_file();
        let writer = PackWriter::create(&*self.directory, number, self.store)?;
        Ok(Compaction::Packs(Box::new(PackCompaction {
            inputs,
            live: kept,
            doomed,
            next: 0,
            writer,
            number,
            at,
        })))
    }

    pub(super) fn finish_packs(&self, done: PackCompaction) -> Result<()> {
        let PackCompaction { inputs, writer, doomed, number, at, .. } = done;
        let written = if writer.records() == 0 {
            Ok(None)
        } else {
            writer.seal().and_then(|meta| self.open_sealed(meta)).map(Some)
        };
        let installed = written.map_err(|error| self.unless_full(error)).and_then(|output| {
            self.directory.sync().map_err(|error| self.fail(error))?;
            self.sync_through(at)?;
            if !self.core.lock().drops.doom(doomed) {
                return Ok(None);
            }
            self.install_pack(&inputs, output.as_ref()).map(|()| Some(output.is_some()))
        });
        self.core.lock().drops.end();
        if !matches!(installed, Ok(Some(true))) {
            self.discard(&names::pack(number));
        }
        if installed?.is_some() {
            for pack in inputs {
                self.discard(&names::pack(pack.number()));
            }
        }
        Ok(())
    }

    pub(super) fn give_up_packs(&self, given_up: &PackCompaction) {
        self.core.lock().drops.end();
        self.discard(&names::pack(given_up.number));
    }

    fn install_pack(&self, inputs: &[Arc<Pack>], output: Option<&(PackMeta, Arc<Pack>)>) -> Result<()> {
        let mut manifest = self.manifest.lock();
        let is_input = |number: FileNumber| inputs.iter().any(|pack| pack.number() == number);
        self.replace_manifest(&mut manifest, |next| {
            next.packs.retain(|pack| !is_input(pack.number));
            next.packs.extend(output.map(|(meta, _)| pack_entry(meta)));
        })?;
        self.publish(|tables| {
            tables.packs.retain(|pack| !is_input(pack.number()));
            tables.packs.extend(output.map(|(_, pack)| PackFile::Closed(Arc::clone(pack))));
        });
        Ok(())
    }

    /// The dead bytes of each pack, as far as they are known.
    fn known_dead(&self, packs: &[&Arc<Pack>]) -> Vec<u64> {
        let manifest = self.manifest.lock();
        let known = |pack: &&Arc<Pack>| {
            manifest
                .packs
                .iter()
                .find(|entry| entry.number == pack.number())
                .map_or(0, |entry| entry.dead_bytes)
        };
        packs.iter().map(known).collect()
    }

    /// Remembers what a search for dead records found; it becomes durable with the next manifest.
    fn searched(&self, packs: &[&Arc<Pack>], dead: &[u64]) {
        let mut manifest = self.manifest.lock();
        for (pack, dead_bytes) in packs.iter().zip(dead) {
            if let Some(entry) = manifest.packs.iter_mut().find(|entry| entry.number == pack.number()) {
                entry.dead_bytes = *dead_bytes;
            }
        }
        drop(manifest);
        self.counters.dropped_versions.store(0, Ordering::Relaxed);
        self.core.lock().tally.dropped_versions = 0;
    }
}

/// The sealed packs, oldest first.
pub(super) fn sealed_packs(tables: &Tables) -> Vec<&Arc<Pack>> {
    let sealed = |pack: &'_ PackFile| matches!(pack, PackFile::Closed(pack) if pack.is_sealed());
    let mut packs: Vec<&Arc<Pack>> = tables
        .packs
        .iter()
        .filter(|pack| sealed(pack))
        .filter_map(|pack| if let PackFile::Closed(pack) = pack { Some(pack) } else { None })
        .collect();
    packs.sort_unstable_by_key(|pack| pack.number());
    packs
}

impl PackCompaction {
    pub(super) fn step(&mut self, bytes: u64) -> Result<bool> {
        let mut taken = 0;
        while taken < bytes {
            let Some((index, place)) = self.live.get(self.next) else { return Ok(true) };
            let Some(pack) = self.inputs.get(*index) else { return Ok(true) };
            let (header, stored) = pack.read_stored(place)?;
            self.writer.append(&header, &stored)?;
            taken += place.length();
            self.next += 1;
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        engine::{Op, Opening, SaveRequest, Settings, pins::pin_base},
        io::{Backend, disk::Disk, owner::DirectoryLock},
        sync::atomic::{AtomicU32, AtomicU64},
    };

    fn open(path: &std::path::Path) -> Arc<Engine> {
        let directory = Disk.open_directory(path, true).unwrap();
        let lock = DirectoryLock::acquire(Arc::clone(&directory), Duration::ZERO).unwrap();
        let settings =
            Settings { history_limit: AtomicU32::new(9), sync_interval_ms: AtomicU64::new(u64::MAX) };
        Engine::open(Opening { directory, lock, create: true, read_only: false, settings }).unwrap()
    }

    fn save(id: &str, byte: u8) -> Op {
        let (id, lineage, data) = (id.to_owned(), String::new(), Arc::new(vec![byte; 100]));
        Op::Save(SaveRequest {
            id,
            lineage,
            data,
            meta: Vec::new(),
            time: None,
            level: 3,
            max_delta_chain: 3,
        })
    }

    /// Catches the loss of a base: the merge saw that nothing needs it before a save chose it from an older snapshot.
    #[test]
    fn what_a_save_has_chosen_since_the_merge_began_stays() {
        let place = tempfile::tempdir().unwrap();
        let engine = open(place.path());
        for (id, byte) in [("a", 1), ("b", 2)] {
            engine.submit_and_wait(vec![save(id, byte)], false).unwrap();
            engine.flush_tables().unwrap();
        }
        let delete = Op::Delete { id: "a".to_owned(), unless_after: None };
        engine.submit_and_wait(vec![delete], false).unwrap();
        let Some(Compaction::Packs(merge)) = engine.start_packs(true).unwrap() else { panic!("no merge") };
        let base = *merge.doomed.iter().next().unwrap();
        let _pin = pin_base(&engine, &[base]).unwrap().expect("may be chosen");
        engine.finish_packs(*merge).unwrap();
        assert!(engine.snapshot().tables.find_record(base).unwrap().is_some(), "the base is gone");
    }
}
