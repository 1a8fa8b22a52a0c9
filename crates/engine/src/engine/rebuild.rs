//! A manifest made from the files that are there, where the one that told of them is lost.
//!
//! Constraints: what a manifest knows and files do not say is told on the safe side: numbers go on far above all that is seen; a file of a change that never took
//! place may be taken in, which adds nothing but what such a change was to put in other words.
//!
//! A flush writes its run of rows last, and a run tells up to which change it is, so the newest run of rows tells where the log begins. Of the logs, those are taken
//! that continue from there with the least damage and the furthest: a recovery that was cut off may have left two that begin alike.

use std::sync::Arc;

use super::headers::header_of;
use crate::{
    error::{Error, Result},
    format::{
        frame::Link,
        header::FileKind,
        names::{self, FileName},
    },
    ids::{FileNumber, Position, StoreId},
    io::{Access, Directory},
    manifest::{Manifest, PackEntry, RunEntry},
    packs::Pack,
    runs::{Family, Run},
    wal::{LogFile, salvage},
};

/// A stable word for a directory of which no file tells its store, which nothing can repair.
const NO_STORE_ID: &str = "no file tells which store this is";

/// The manifest that fits the files of `directory`. [`Error::Corrupt`] of the directory itself where none of them has a header that tells of which store it is.
pub(super) fn manifest(directory: &dyn Directory) -> Result<Manifest> {
    let names = names(directory)?;
    let unknown = || Error::corrupt(directory.path(), 0, NO_STORE_ID);
    let store = store_of(directory, &names)?.ok_or_else(unknown)?;
    of_files(directory, store, &names)
}

/// The same where one is known that is older than some files: what it had dropped stays dropped, and no number goes back behind its own.
pub(super) fn manifest_after(directory: &dyn Directory, older: &Manifest) -> Result<Manifest> {
    let mut names = names(directory)?;
    let is_newer = |name: &FileName| name.number().is_some_and(|number| number >= older.next_file);
    names.retain(|name| older.names(*name) || is_newer(name));
    let rebuilt = of_files(directory, older.store, &names)?;
    Ok(Manifest {
        generation: older.generation,
        next_record: older.next_record,
        next_id: older.next_id,
        next_stream: older.next_stream,
        ..rebuilt
    })
}

fn of_files(directory: &dyn Directory, store: StoreId, names: &[FileName]) -> Result<Manifest> {
    let (runs, log_start) = runs(directory, store, names)?;
    Ok(Manifest {
        logs: logs(directory, store, log_start, names)?,
        runs,
        packs: packs(directory, store, names)?,
        ..Manifest::blank(store, log_start)
    })
}

/// The files with a name of ours, by number.
fn names(directory: &dyn Directory) -> Result<Vec<FileName>> {
    let mut names: Vec<FileName> =
        directory.list()?.iter().filter_map(|name| FileName::parse(name)).collect();
    names.sort_unstable_by_key(|name| name.number());
    Ok(names)
}

/// The store that the first usable header tells of; that of the manifest, whose body may be all that is damaged, comes last.
fn store_of(directory: &dyn Directory, names: &[FileName]) -> Result<Option<StoreId>> {
    let is_numbered = |name: &&FileName| name.number().is_some();
    let is_manifest = |name: &&FileName| **name == FileName::Manifest;
    for name in names.iter().filter(is_numbered).chain(names.iter().filter(is_manifest)) {
        if let Some(header) = header_of(directory, &name.to_string())? {
            return Ok(Some(header.store));
        }
    }
    Ok(None)
}

/// The runs, oldest first, and where the log begins behind them.
fn runs(directory: &dyn Directory, store: StoreId, names: &[FileName]) -> Result<(Vec<RunEntry>, Link)> {
    let mut log_start = Link { position: Position(0), checksum: store.first_link() };
    let mut runs: Vec<(Position, RunEntry)> = Vec::new();
    let mut newest = Position(0);
    for name in names {
        let FileName::Run(number) = *name else { continue };
        let Some(header) = header_of(directory, &name.to_string())? else { continue };
        let family = if header.kind == FileKind::EventRun { Family::Events } else { Family::Catalog };
        let length = directory.open(&names::run(number), Access::Read)?.length()?;
        let mut entry = RunEntry { kind: family.kind(), number, length, entries: 0, dead_bytes: 0 };
        match Run::open(directory, number, store, family, length) {
            Ok(run) => {
                entry.entries = run.entries();
                newest = newest.max(run.through().position);
                if family == Family::Catalog && run.through().position >= log_start.position {
                    log_start = run.through();
                }
                runs.push((run.through().position, entry));
            }
            // Its number tells about how old it is.
            Err(Error::Corrupt { .. }) => runs.push((newest, entry)),
            Err(other) => return Err(other),
        }
    }
    runs.sort_by_key(|(through, entry)| (*through, entry.number));
    Ok((runs.into_iter().map(|(_, entry)| entry).collect(), log_start))
}

fn packs(directory: &dyn Directory, store: StoreId, names: &[FileName]) -> Result<Vec<PackEntry>> {
    let mut packs = Vec::new();
    for name in names {
        let FileName::Pack(number) = *name else { continue };
        let length = directory.open(&names::pack(number), Access::Read)?.length()?;
        let entry = match Pack::open_sealed(directory, number, store, length) {
            Ok(pack) => PackEntry { number, sealed: true, length, records: pack.records()?, dead_bytes: 0 },
            Err(Error::Corrupt { .. }) => {
                PackEntry { number, sealed: false, length: 0, records: 0, dead_bytes: 0 }
            }
            Err(other) => return Err(other),
        };
        packs.push(entry);
    }
    Ok(packs)
}

fn logs(
    directory: &dyn Directory,
    store: StoreId,
    start: Link,
    names: &[FileName],
) -> Result<Vec<FileNumber>> {
    let mut files: Vec<Arc<LogFile>> = Vec::new();
    for name in names {
        if let FileName::Log(number) = *name {
            files.extend(LogFile::open_damaged(directory, number, store, &mut |_| {})?);
        }
    }
    let mut best = None;
    for first in 0..files.len() {
        let candidates = files.get(first..).unwrap_or_default();
        let mut damage = 0u64;
        let end = salvage(candidates, start, &mut |_| Ok(()), &mut |_| damage += 1)?;
        let rank = (std::cmp::Reverse(damage), end.position, first);
        if best.is_none_or(|known| rank > known) {
            best = Some(rank);
        }
    }
    let first = best.map_or(0, |(_, _, first)| first);
    Ok(files.iter().skip(first).map(|log| log.number()).collect())
}
