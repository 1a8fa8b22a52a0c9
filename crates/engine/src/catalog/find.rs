//! Finding ids and their versions.
//!
//! Constraints: what is found is of one snapshot; a version that its id's row tells of and that is not there is damage.

use crate::{
    catalog::{
        keys,
        rows::{IdRow, VersionRow, damaged},
    },
    error::Result,
    format::codec::Malformed,
    ids::{IdNumber, Position},
    tables::Snapshot,
};

/// What is known of a checkpoint version without loading it.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckpointInfo {
    /// Its id.
    pub id: String,
    /// Its version, from 1.
    pub version: u32,
    /// Its length in bytes.
    pub bytes: u64,
    /// How many bytes are stored for it.
    pub stored_bytes: u64,
    /// When it was saved, in milliseconds.
    pub saved_at: u64,
    /// The time the caller gave, by which lists can go.
    pub time: f64,
    /// Its lineage; empty where none was given.
    pub lineage: String,
    /// What the caller gave to be listed without loading.
    pub meta: Vec<u8>,
    /// The change that saved it.
    pub position: Position,
    /// The change that first saved its id.
    pub first_position: Position,
    /// The last change there was when the save was called, in whatever stream or id: what was changed later is after it, also where it was accepted before the save was
    /// committed. 0 where there was none, or where that is not known.
    pub called_after: Position,
}

/// An id as its versions know it.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The id.
    pub id: &'a str,
    /// Its number.
    pub number: IdNumber,
    /// Where it was first saved.
    pub first_position: Position,
}

impl<'a> Owner<'a> {
    /// `id`, whose row is `row`.
    pub fn new(id: &'a str, row: &IdRow) -> Self {
        Self { id, number: row.number, first_position: row.first_position }
    }
}

/// The row of `id`, where it exists.
pub fn find_id(snapshot: &Snapshot, id: &str) -> Result<Option<IdRow>> {
    let row = snapshot.get(&keys::id(id))?;
    row.map(|row| IdRow::decode(&row)).transpose().map_err(damaged(snapshot.directory()))
}

/// A version of `owner`, of those that it has; `None` where a repair gave it up.
pub fn find_version(
    snapshot: &Snapshot,
    owner: &Owner<'_>,
    version: u32,
) -> Result<Option<(VersionRow, CheckpointInfo)>> {
    let damaged = damaged(snapshot.directory());
    let bytes = snapshot.get(&keys::version(owner.number, version))?.ok_or_else(|| damaged(Malformed))?;
    let Some(found) = VersionRow::decode(&bytes).map_err(damaged)? else { return Ok(None) };
    let info = CheckpointInfo {
        id: owner.id.to_owned(),
        version,
        bytes: found.bytes,
        stored_bytes: found.stored_bytes,
        saved_at: found.saved_at,
        time: found.time,
        lineage: found.lineage.clone(),
        meta: found.meta.clone(),
        position: found.position,
        first_position: owner.first_position,
        called_after: found.called_after,
    };
    Ok(Some((found, info)))
}

/// The newest version of `owner`, which is never one that was given up.
pub fn find_newest(
    snapshot: &Snapshot,
    owner: &Owner<'_>,
    newest: u32,
) -> Result<(VersionRow, CheckpointInfo)> {
    find_version(snapshot, owner, newest)?.ok_or_else(|| damaged(snapshot.directory())(Malformed))
}

/// The oldest version that can be loaded, where `limit` versions are kept.
pub fn oldest_kept(row: &IdRow, limit: u32) -> u32 {
    row.oldest.max(row.newest.saturating_sub(limit.saturating_sub(1)))
}

/// The versions of `id`, oldest first, at most `limit`; none where there is no such id.
pub fn history(snapshot: &Snapshot, id: &str, limit: u32) -> Result<Vec<CheckpointInfo>> {
    let Some(row) = find_id(snapshot, id)? else { return Ok(Vec::new()) };
    (oldest_kept(&row, limit)..=row.newest)
        .filter_map(|version| find_version(snapshot, &Owner::new(id, &row), version).transpose())
        .map(|found| found.map(|(_, info)| info))
        .collect()
}
