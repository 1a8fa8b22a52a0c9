//! The events of a store that is repaired.
//!
//! Constraints: where nothing of them was lost, the runs stay and only what lay in the log is written; else all of them are written anew, with a marker
//! for each sequence that was lost, so that readers can tell a loss that was accepted from one that nobody has seen; memory is bounded by the log.

use std::sync::Arc;

use super::{
    LostEvents, Repair,
    fold::{Fold, Folded},
    log::{LogEvents, Streams},
    new_files::NewFiles,
    rows::read_run,
};
use crate::{
    engine::abort::stopped,
    error::{Error, Result},
    events::rows::{self, EventRow},
    format::{frame::Link, header::FileKind, names::FileName},
    ids::StreamNumber,
    manifest::{Manifest, RunEntry},
    runs::{Entry, Family, Run},
};

pub(super) struct Events {
    pub(super) streams: Streams,
    pub(super) kept: u64,
    pub(super) lost: Vec<LostEvents>,
    /// Whether there may have been others, of streams that nothing tells of.
    pub(super) may_lack_some: bool,
    /// The highest number of a stream, deleted or not.
    pub(super) highest_stream: StreamNumber,
}

/// Writes what has to be written, and says in `after` which runs there are then.
pub(super) fn mend(
    repair: &Repair<'_>,
    mut streams: Streams,
    (log, end, most): (LogEvents, Link, u64),
    after: &mut Manifest,
    new_files: &mut NewFiles<'_>,
) -> Result<Events> {
    let (mut runs, mut may_lack_some) = (Vec::new(), false);
    for entry in repair.before.runs.iter().filter(|run| run.kind == FileKind::EventRun) {
        stopped(repair.abort)?;
        let (run, is_whole) = whole_run(repair, entry, after, new_files)?;
        may_lack_some |= !is_whole && streams.may_lack_some;
        runs.extend(run);
    }
    runs.extend(log_run(&mut streams, (log, end), after, new_files)?);
    let mut folded = Fold::new(repair, &mut streams, None, most).all(&runs)?;
    if !folded.lost.is_empty() && new_files.are_kept() {
        let mut writer = new_files.run(after.allocate_file(), Family::Events)?;
        writer.set_through(end);
        folded = Fold::new(repair, &mut streams, Some(&mut writer), most).all(&runs)?;
        for run in std::mem::take(&mut runs) {
            new_files.drop_run(run.number())?;
        }
        runs.push(new_files.finish_run(writer)?);
    }
    after.runs.retain(|run| run.kind != FileKind::EventRun);
    after.runs.extend(runs.iter().map(|run| RunEntry {
        kind: FileKind::EventRun,
        number: run.number(),
        length: run.length(),
        entries: run.entries(),
        dead_bytes: 0,
    }));
    let Folded { kept, lost, highest_stream } = folded;
    Ok(Events { streams, kept, lost, may_lack_some, highest_stream })
}

/// A run as it is, or what is whole of it in a new one, `None` where that is nothing; and whether that is all of it.
fn whole_run(
    repair: &Repair<'_>,
    entry: &RunEntry,
    after: &mut Manifest,
    new_files: &mut NewFiles<'_>,
) -> Result<(Option<Arc<Run>>, bool)> {
    let opened = Run::open(repair.directory, entry.number, repair.before.store, Family::Events, entry.length);
    // One under another's name is written anew, too: it is the name that is wrong.
    let mut is_whole = opened.is_ok() && !repair.directory.is_elsewhere(FileName::Run(entry.number));
    if let Ok(run) = &opened {
        run.verify(&mut |_| is_whole = false, &mut |_| {});
    }
    match &opened {
        Ok(run) if is_whole => return Ok((Some(Arc::clone(run)), true)),
        Ok(_) | Err(Error::Corrupt { .. }) => {}
        Err(other) => return Err(other.clone()),
    }
    let number = after.allocate_file();
    let mut writer = new_files.run(number, Family::Events)?;
    if let Ok(damaged) = &opened {
        writer.set_through(damaged.through());
    }
    let lost = read_run(repair, entry, Family::Events, &mut |key, entry| writer.add(key, entry))?;
    if writer.entries() == 0 {
        drop(writer);
        new_files.drop_run(number)?;
        return Ok((None, false));
    }
    Ok((Some(new_files.finish_run(writer)?), lost.is_empty()))
}

/// A run of what lay in the log; `None` where that is nothing.
fn log_run(
    streams: &mut Streams,
    (log, end): (LogEvents, Link),
    after: &mut Manifest,
    new_files: &mut NewFiles<'_>,
) -> Result<Option<Arc<Run>>> {
    if log.is_empty() {
        return Ok(None);
    }
    let mut writer = new_files.run(after.allocate_file(), Family::Events)?;
    writer.set_through(end);
    let mut value = Vec::new();
    for ((stream, sequence), event) in log {
        // Of a stream that was deleted, nothing is left.
        let Some((_, row)) = streams.known.get_mut(&stream) else { continue };
        let (position, time_ms, bytes_before) = (event.position, event.time_ms, row.total_bytes);
        EventRow { position, time_ms, bytes_before, data: &event.data }.encode(&mut value);
        row.total_bytes += event.data.len() as u64;
        writer.add(&rows::key(stream, sequence), Entry::Put(&value))?;
    }
    new_files.finish_run(writer).map(Some)
}
