//! Compaction: merging runs and packs in size tiers and dropping what is dead, so that the space comes back.
//!
//! Constraints: works in slices, so that a flush never waits long; inputs are sealed files and stay readable until the manifest that drops them is durable, and
//! longer for whoever still reads them; nothing is dropped because of a change that is not durable yet.

use std::{
    collections::HashSet,
    ops::Range,
    sync::{Arc, atomic::Ordering},
};

use super::{
    Engine,
    flush::{pack_entry, run_config, run_entry, stopped},
    liveness::live_records,
};
use crate::{
    error::{Error, Result},
    events::{rows, streams::DeadEvents},
    format::names,
    ids::{FileNumber, Position, RecordNumber},
    packs::{Pack, PackWriter, RecordPlace},
    runs::{
        Bounds, Entry, Family, Merge, Run, RunWriter, Source,
        tiers::{self, Tier},
    },
    tables::{PackFile, Tables},
};

/// How many bytes of input one slice takes.
const SLICE_BYTES: u64 = 4 << 20;

/// Packs are searched for dead records once this part of their records may be.
const SEARCH_PART: u64 = 4;

/// What a compaction did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompactionReport {
    /// Bytes on disk before.
    pub bytes_before: u64,
    /// Bytes on disk after.
    pub bytes_after: u64,
}

/// A compaction under way.
pub(super) enum Compaction {
    Runs(Box<RunCompaction>),
    Packs(Box<PackCompaction>),
}

pub(super) struct RunCompaction {
    family: Family,
    inputs: Vec<Arc<Run>>,
    merge: Merge,
    writer: RunWriter,
    number: FileNumber,
    /// Which events to drop; for rows, none.
    dead: DeadEvents,
    /// Whether there is no older run, which a removal could still have to hide something of.
    oldest: bool,
    at: Position,
}

pub(super) struct PackCompaction {
    inputs: Vec<Arc<Pack>>,
    live: Vec<(usize, RecordPlace)>,
    doomed: HashSet<RecordNumber>,
    next: usize,
    writer: PackWriter,
    number: FileNumber,
    at: Position,
}

impl Engine {
    /// Does a slice of the compaction that is under way or, where there is none, of one that is due. `false` where there is nothing to do.
    pub(super) fn compact_slice(self: &Arc<Self>) -> Result<bool> {
        let mut under_way = self.compaction.lock();
        self.check_writable()?;
        if under_way.is_none() {
            *under_way = self.start_due_compaction()?;
        }
        self.drive(&mut under_way, SLICE_BYTES)
    }

    /// Does a slice of `under_way`; `false` where there is none.
    fn drive(self: &Arc<Self>, under_way: &mut Option<Compaction>, bytes: u64) -> Result<bool> {
        let Some(compaction) = under_way else { return Ok(false) };
        let stepped = match compaction {
            Compaction::Runs(runs) => runs.step(bytes),
            Compaction::Packs(packs) => packs.step(bytes),
        };
        let done = match stepped {
            Ok(done) => done,
            Err(error) => {
                if let Some(given_up) = under_way.take() {
                    self.give_up(&given_up);
                }
                return Err(self.unless_full(error));
            }
        };
        if let Some(finished) = under_way.take_if(|_| done) {
            match finished {
                Compaction::Runs(runs) => self.finish_runs(*runs)?,
                Compaction::Packs(packs) => self.finish_packs(*packs)?,
            }
        }
        Ok(true)
    }

    fn give_up(&self, compaction: &Compaction) {
        match compaction {
            Compaction::Runs(runs) => self.discard(&names::run(runs.number)),
            Compaction::Packs(packs) => self.discard(&names::pack(packs.number)),
        }
    }

    /// Flushes the log and merges everything, down to one run of each family and one pack, without what is dead. `abort` is asked now and then;
    /// `progress` gets bytes done and in all.
    pub fn compact(
        self: &Arc<Self>,
        abort: &dyn Fn() -> bool,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<CompactionReport> {
        let bytes_before = self.bytes_on_disk()?;
        self.flush_tables()?;
        let mut under_way = self.compaction.lock();
        let mut done = 0;
        while self.drive(&mut under_way, SLICE_BYTES)? {
            stopped(abort)?;
        }
        let total = self.sealed_bytes();
        for what in [What::Events, What::Catalog, What::Packs] {
            let mut whole = self.start_compaction(what, true)?;
            let bytes = whole.as_ref().map_or(0, Compaction::input_bytes);
            while self.drive(&mut whole, SLICE_BYTES)? {
                if abort() {
                    if let Some(given_up) = &whole {
                        self.give_up(given_up);
                    }
                    return Err(Error::Aborted);
                }
            }
            done += bytes;
            progress(done.min(total), total);
        }
        progress(total, total);
        Ok(CompactionReport { bytes_before, bytes_after: self.bytes_on_disk()? })
    }

    fn start_due_compaction(self: &Arc<Self>) -> Result<Option<Compaction>> {
        for what in [What::Events, What::Catalog, What::Packs] {
            if let Some(due) = self.start_compaction(what, false)? {
                return Ok(Some(due));
            }
        }
        Ok(None)
    }

    fn start_compaction(self: &Arc<Self>, what: What, whole: bool) -> Result<Option<Compaction>> {
        let started = match what {
            What::Events => self.start_runs(Family::Events, whole),
            What::Catalog => self.start_runs(Family::Catalog, whole),
            What::Packs => self.start_packs(whole),
        };
        started.map_err(|error| self.unless_full(error))
    }

    fn start_runs(self: &Arc<Self>, family: Family, whole: bool) -> Result<Option<Compaction>> {
        let (snapshot, dead) = {
            let core = self.core.lock();
            (core.snapshot(), DeadEvents::new(&core.streams))
        };
        let runs = runs_of(&snapshot.tables, family);
        let tiers: Vec<Tier> = runs
            .iter()
            .map(|run| Tier {
                bytes: run.length(),
                dead_bytes: if family == Family::Events { dead_bytes(run, &dead) } else { 0 },
            })
            .collect();
        let Some(range) = choose(&tiers, whole, || runs.first().is_some_and(|run| run.removals() > 0)) else {
            return Ok(None);
        };
        let oldest = range.start == 0;
        let inputs = runs.get(range).unwrap_or_default().to_vec();
        let sources =
            inputs.iter().rev().map(|run| Box::new(run.scan(Bounds::all())) as Box<dyn Source + Send>);
        let merge = Merge::new(sources.collect(), false)?;
        let number = self.allocate_file();
        let writer = RunWriter::create(&*self.directory, number, self.store, family, run_config(family))?;
        let at = snapshot.position;
        Ok(Some(Compaction::Runs(Box::new(RunCompaction {
            family,
            inputs,
            merge,
            writer,
            number,
            dead,
            oldest,
            at,
        }))))
    }

    fn finish_runs(&self, done: RunCompaction) -> Result<()> {
        let RunCompaction { family, inputs, writer, number, at, .. } = done;
        let written = if writer.entries() == 0 {
            Ok(None)
        } else {
            writer.finish().and_then(|meta| self.open_run(meta)).map(Some)
        };
        let output = written.map_err(|error| self.unless_full(error)).and_then(|output| {
            self.directory.sync().map_err(|error| self.fail(error))?;
            self.sync_through(at)?;
            self.install_run(family, &inputs, output.as_ref())?;
            Ok(output)
        });
        if !matches!(output, Ok(Some(_))) {
            self.discard(&names::run(number));
        }
        output?;
        for run in inputs {
            self.discard(&names::run(run.number()));
        }
        Ok(())
    }

    fn install_run(
        &self,
        family: Family,
        inputs: &[Arc<Run>],
        output: Option<&(crate::runs::RunMeta, Arc<Run>)>,
    ) -> Result<()> {
        let mut manifest = self.manifest.lock();
        let is_input = |number: FileNumber| inputs.iter().any(|run| run.number() == number);
        self.replace_manifest(&mut manifest, |next| {
            let at = next.runs.iter().position(|run| is_input(run.number)).unwrap_or(next.runs.len());
            next.runs.retain(|run| !is_input(run.number));
            if let Some((meta, _)) = output {
                next.runs.insert(at, run_entry(meta));
            }
        })?;
        self.publish(|tables| {
            let runs = match family {
                Family::Events => &mut tables.event_runs,
                Family::Catalog => &mut tables.catalog_runs,
            };
            let at = runs.iter().position(|run| is_input(run.number())).unwrap_or(runs.len());
            runs.retain(|run| !is_input(run.number()));
            if let Some((_, run)) = output {
                runs.insert(at, Arc::clone(run));
            }
        });
        Ok(())
    }

    fn start_packs(self: &Arc<Self>, whole: bool) -> Result<Option<Compaction>> {
        let (snapshot, pinned) = {
            let core = self.core.lock();
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

    fn finish_packs(&self, done: PackCompaction) -> Result<()> {
        let PackCompaction { inputs, writer, doomed, number, at, .. } = done;
        let written = if writer.records() == 0 {
            Ok(None)
        } else {
            writer.seal().and_then(|meta| self.open_sealed(meta)).map(Some)
        };
        let installed = written.map_err(|error| self.unless_full(error)).and_then(|output| {
            self.directory.sync().map_err(|error| self.fail(error))?;
            self.sync_through(at)?;
            if !self.doom(doomed)? {
                return Ok(None);
            }
            let installed = self.install_pack(&inputs, output.as_ref());
            self.core.lock().doomed.clear();
            installed.map(|()| Some(output.is_some()))
        });
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

    /// From now on no save may choose one of `doomed` as its base. `false` where one already has: then nothing may be dropped.
    fn doom(&self, doomed: HashSet<RecordNumber>) -> Result<bool> {
        let mut core = self.core.lock();
        if core.needs_any(&doomed)? {
            return Ok(false);
        }
        core.doomed = doomed;
        Ok(true)
    }

    fn install_pack(
        &self,
        inputs: &[Arc<Pack>],
        output: Option<&(crate::packs::PackMeta, Arc<Pack>)>,
    ) -> Result<()> {
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

    fn sealed_bytes(&self) -> u64 {
        let tables = self.snapshot().tables;
        let runs = tables.event_runs.iter().chain(&tables.catalog_runs).map(|run| run.length());
        let packs = sealed_packs(&tables);
        runs.chain(packs.iter().map(|pack| pack.record_bytes())).sum()
    }
}

#[derive(Clone, Copy)]
enum What {
    Events,
    Catalog,
    Packs,
}

/// What to merge: for a whole compaction everything, where there is more than one or `unclean` says that the only one has something to drop.
fn choose(tiers: &[Tier], whole: bool, unclean: impl Fn() -> bool) -> Option<Range<usize>> {
    if !whole {
        return tiers::pick(tiers);
    }
    let dead = tiers.iter().any(|tier| tier.dead_bytes > 0);
    (tiers.len() > 1 || tiers.len() == 1 && (dead || unclean())).then_some(0..tiers.len())
}

fn runs_of(tables: &Tables, family: Family) -> &[Arc<Run>] {
    match family {
        Family::Events => &tables.event_runs,
        Family::Catalog => &tables.catalog_runs,
    }
}

/// The sealed packs, oldest first.
fn sealed_packs(tables: &Tables) -> Vec<&Arc<Pack>> {
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

/// The bytes of `run`'s blocks in which every event is dead: those whose next block starts with a dead event, or with another stream that comes after a dead one.
fn dead_bytes(run: &Arc<Run>, dead: &DeadEvents) -> u64 {
    let mut bytes = 0;
    let mut blocks = run.blocks().peekable();
    while let Some(block) = blocks.next() {
        let Ok((stream, _)) = rows::parse_key(block.first_key) else { continue };
        let last = blocks.peek().and_then(|next| rows::parse_key(next.first_key).ok());
        let all_dead = match (dead.kept_from(stream), last) {
            // A stream that is gone, and no other in the block.
            (None, Some((next, _))) => next == stream,
            (Some(kept), Some((next, sequence))) => next == stream && sequence <= kept,
            (kept, None) => run_ends_dead(run, stream, kept),
        };
        if all_dead {
            bytes += block.bytes;
        }
    }
    bytes
}

/// Whether the last key of `run` is a dead event of `stream`.
fn run_ends_dead(
    run: &Arc<Run>,
    stream: crate::ids::StreamNumber,
    kept: Option<crate::ids::Sequence>,
) -> bool {
    let mut last = run.cursor(Bounds::all(), true);
    // What cannot be read is not known to be dead; the merge that reads it says what is wrong.
    if !matches!(last.next(), Ok(true)) {
        return false;
    }
    rows::parse_key(last.key())
        .is_ok_and(|(last_stream, last)| last_stream == stream && kept.is_none_or(|kept| last < kept))
}

impl Compaction {
    fn input_bytes(&self) -> u64 {
        match self {
            Self::Runs(runs) => runs.inputs.iter().map(|run| run.length()).sum(),
            Self::Packs(packs) => packs.inputs.iter().map(|pack| pack.record_bytes()).sum(),
        }
    }
}

impl RunCompaction {
    fn step(&mut self, bytes: u64) -> Result<bool> {
        let mut taken = 0;
        while taken < bytes {
            if !self.merge.next()? {
                return Ok(true);
            }
            let (key, entry) = (self.merge.key(), self.merge.entry());
            taken += key.len() as u64;
            let keep = match entry {
                Entry::Removed => !self.oldest,
                Entry::Put(value) => {
                    taken += value.len() as u64;
                    self.family == Family::Catalog || !is_dead(key, &self.dead)
                }
            };
            if keep {
                self.writer.add(key, entry)?;
            }
        }
        Ok(false)
    }
}

fn is_dead(key: &[u8], dead: &DeadEvents) -> bool {
    rows::parse_key(key).is_ok_and(|(stream, sequence)| dead.is_dead(stream, sequence))
}

impl PackCompaction {
    fn step(&mut self, bytes: u64) -> Result<bool> {
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
