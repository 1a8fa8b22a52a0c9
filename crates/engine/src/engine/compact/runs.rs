//! Merging runs.
//!
//! Constraints: inputs are neighbours in age, so that what is newer still hides what is older; a removal is dropped only where no older run is left; of events
//! only those are dropped that were dead when the merge began.

use std::sync::Arc;

use super::{super::Engine, Compaction, choose};
use crate::{
    engine::sealed::{run_config, run_entry},
    error::Result,
    events::{rows, streams::DeadEvents},
    format::names,
    ids::{FileNumber, Position, Sequence, StreamNumber},
    runs::{Bounds, Entry, Family, Merge, Run, RunMeta, RunWriter, Source, tiers::Tier},
    tables::Tables,
};

pub(in crate::engine) struct RunCompaction {
    family: Family,
    pub(super) inputs: Vec<Arc<Run>>,
    merge: Merge,
    writer: RunWriter,
    pub(super) number: FileNumber,
    /// Which events to drop; for rows, none.
    dead: DeadEvents,
    /// Whether there is no older run, which a removal could still have to hide something of.
    oldest: bool,
    at: Position,
}

impl Engine {
    pub(super) fn start_runs(self: &Arc<Self>, family: Family, whole: bool) -> Result<Option<Compaction>> {
        let (snapshot, dead) = {
            let core = self.core.lock();
            (core.snapshot(), DeadEvents::new(&core.streams))
        };
        let runs = runs_of(&snapshot.tables, family);
        let dead_in = |run| if family == Family::Events { dead_bytes(run, &dead) } else { 0 };
        let tiers: Vec<Tier> =
            runs.iter().map(|run| Tier { bytes: run.length(), dead_bytes: dead_in(run) }).collect();
        let unclean = || match family {
            Family::Catalog => runs.iter().any(|run| run.removals() > 0),
            // Everything is flushed when all is merged, so what is more than the streams have is dead.
            Family::Events => runs.iter().map(|run| run.entries()).sum::<u64>() > dead.kept_events(),
        };
        let Some(range) = choose(&tiers, whole, unclean) else { return Ok(None) };
        let oldest = range.start == 0;
        let inputs = runs.get(range).unwrap_or_default().to_vec();
        let sources =
            inputs.iter().rev().map(|run| Box::new(run.scan(Bounds::all())) as Box<dyn Source + Send>);
        let merge = Merge::new(sources.collect(), false)?;
        let number = self.allocate_file();
        let mut writer = RunWriter::create(&*self.directory, number, self.store, family, run_config(family))?;
        if let Some(newest) = inputs.last() {
            writer.set_through(newest.through());
        }
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

    pub(super) fn finish_runs(&self, done: RunCompaction) -> Result<()> {
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
        output: Option<&(RunMeta, Arc<Run>)>,
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
}

fn runs_of(tables: &Tables, family: Family) -> &[Arc<Run>] {
    match family {
        Family::Events => &tables.event_runs,
        Family::Catalog => &tables.catalog_runs,
    }
}

/// The bytes of `run`'s blocks in which every event is dead, as far as the blocks' first keys tell.
fn dead_bytes(run: &Arc<Run>, dead: &DeadEvents) -> u64 {
    let mut bytes = 0;
    let mut blocks = run.blocks().peekable();
    while let Some(block) = blocks.next() {
        let Ok(first) = rows::parse_key(block.first_key) else { continue };
        let behind = match blocks.peek() {
            Some(next) => rows::parse_key(next.first_key).ok(),
            None => last_key(run).map(|(stream, sequence)| (stream, sequence.next())),
        };
        if behind.is_some_and(|behind| dead.are_all_dead(first, behind)) {
            bytes += block.bytes;
        }
    }
    bytes
}

/// The last key of `run`. What cannot be read is not known to be dead; the merge that reads it says what is wrong.
fn last_key(run: &Arc<Run>) -> Option<(StreamNumber, Sequence)> {
    let mut last = run.cursor(Bounds::all(), true);
    matches!(last.next(), Ok(true)).then(|| rows::parse_key(last.key()).ok()).flatten()
}

impl RunCompaction {
    pub(super) fn step(&mut self, bytes: u64) -> Result<bool> {
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
