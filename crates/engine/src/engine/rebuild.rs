//! A manifest made from the files that are there, where the one that told of them is lost.
//!
//! Constraints: what a manifest knows and files do not say is told on the safe side: numbers go on far above all that is seen; a file of a change that never took
//! place may be taken in, which adds nothing but what such a change was to put in other words.
//!
//! A flush writes its run of rows last, and a run tells up to which change it is, so the newest run of rows tells where the log begins. Of the logs, those are taken
//! that continue from there with the least damage and the furthest: a recovery that was cut off may have left two that begin alike.

use std::sync::Arc;

use super::{
    headers::header_of,
    suspect::{is_used, through},
};
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
    let unknown = || Error::corrupt(directory.path(), 0, NO_STORE_ID);
    let store = store_of(directory)?.ok_or_else(unknown)?;
    of_files(directory, store, &names(directory, store)?)
}

/// The same where one is known that is older than some files. What it had dropped stays dropped, no number and no place goes back behind its own, and what
/// was not written to its end counts as nothing. Where those files do not explain what is gone, that is still named.
pub(super) fn manifest_after(
    directory: &dyn Directory,
    older: &Manifest,
    explains: bool,
) -> Result<Manifest> {
    let mut names = names(directory, older.store)?;
    names.retain(|name| older.names(*name) || is_newer(directory, older, *name));
    let has_newer_log = names.iter().any(|name| matches!(name, FileName::Log(_)) && !older.names(*name));
    let rebuilt = of_files(directory, older.store, &names)?;
    let mut manifest = Manifest {
        generation: older.generation,
        next_file: older.next_file,
        next_record: older.next_record,
        next_id: older.next_id,
        next_stream: older.next_stream,
        ..rebuilt
    };
    if manifest.log_start.position < older.log_start.position {
        manifest.log_start = older.log_start;
    }
    if !has_newer_log {
        manifest.logs.clone_from(&older.logs);
    }
    if !explains {
        let is_gone = |run: &&RunEntry| !manifest.runs.iter().any(|known| known.number == run.number);
        let gone: Vec<_> = older.runs.iter().filter(is_gone).copied().collect();
        manifest.runs.splice(..0, gone);
        let is_gone = |pack: &&PackEntry| !manifest.packs.iter().any(|known| known.number == pack.number);
        let gone: Vec<_> = older.packs.iter().filter(is_gone).copied().collect();
        manifest.packs.splice(..0, gone);
    }
    Ok(manifest)
}

/// Whether a later manifest than `older` can have named the file.
fn is_newer(directory: &dyn Directory, older: &Manifest, name: FileName) -> bool {
    if name.number().is_none_or(|number| number < older.next_file) {
        return false;
    }
    let Ok(Some(header)) = header_of(directory, &name.to_string()) else { return false };
    match header.kind {
        FileKind::Log => is_used(directory, &header),
        FileKind::EventRun | FileKind::CatalogRun => through(directory, &header).is_some(),
        FileKind::Pack => true,
        FileKind::Manifest => false,
    }
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

/// The files with a name of ours, by number, without those whose headers are of another store.
fn names(directory: &dyn Directory, store: StoreId) -> Result<Vec<FileName>> {
    let mut names = Vec::new();
    for name in directory.list()? {
        let Some(file) = FileName::parse(&name).filter(|file| file.number().is_some()) else { continue };
        if header_of(directory, &name)?.is_none_or(|header| header.store == store) {
            names.push(file);
        }
    }
    names.sort_unstable_by_key(|name| name.number());
    Ok(names)
}

/// The store that most files are of; of two, the one that the manifest tells, whose body may be all of it that is damaged, and then the one with more bytes.
fn store_of(directory: &dyn Directory) -> Result<Option<StoreId>> {
    let mut stores: Vec<(StoreId, (usize, bool, u64))> = Vec::new();
    let mut names = directory.list()?;
    names.sort_unstable();
    for name in names {
        let Some(file) = FileName::parse(&name) else { continue };
        if file.number().is_none() && file != FileName::Manifest {
            continue;
        }
        let Some(header) = header_of(directory, &name)? else { continue };
        let length = directory.open(&name, Access::Read)?.length()?;
        let known = stores.iter().position(|(store, _)| *store == header.store);
        let known = known.unwrap_or_else(|| {
            stores.push((header.store, (0, false, 0)));
            stores.len() - 1
        });
        if let Some((_, (files, is_told, bytes))) = stores.get_mut(known) {
            *files += usize::from(file != FileName::Manifest);
            *is_told |= file == FileName::Manifest;
            *bytes += length;
        }
    }
    Ok(stores.into_iter().max_by_key(|(_, rank)| *rank).map(|(store, _)| store))
}

/// The runs, oldest first, and where the log begins behind them.
fn runs(directory: &dyn Directory, store: StoreId, names: &[FileName]) -> Result<(Vec<RunEntry>, Link)> {
    let mut log_start = Link { position: Position(0), checksum: store.first_link() };
    let mut runs: Vec<(Position, RunEntry)> = Vec::new();
    let mut newest = Position(0);
    for name in names {
        let FileName::Run(number) = *name else { continue };
        let Some(header) = header_of(directory, &name.to_string())? else { continue };
        let family = Family::of(header.kind);
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
