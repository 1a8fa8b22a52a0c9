//! Finding and listing checkpoints.
//!
//! Constraints: what is listed is a snapshot; listing ten of ten thousand reads ten; ids that tie in time stay in the order in which they were
//! first saved, ascending and descending.

use crate::{
    catalog::{
        keys::{self, KeyRange},
        rows::{IdRow, VersionRow, damaged},
    },
    error::Result,
    format::codec::Malformed,
    ids::Position,
    tables::{Scan, Snapshot},
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
}

/// What a list goes by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The first save of each id.
    #[default]
    FirstSaved,
    /// The time of each id's newest version, ties by first save.
    Time,
}

/// Which checkpoints to list, and how.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ListOptions {
    /// Only ids that start with this.
    pub prefix: String,
    /// Only checkpoints of this lineage.
    pub lineage: Option<String>,
    /// At most this many.
    pub limit: Option<usize>,
    /// From the last to the first.
    pub reverse: bool,
    /// What the list goes by.
    pub order: Order,
    /// Only checkpoints with this time or a later one.
    pub from: Option<f64>,
    /// Only checkpoints with this time or an earlier one.
    pub until: Option<f64>,
}

/// The row of `id`, where it exists.
pub fn find_id(snapshot: &Snapshot, id: &str) -> Result<Option<IdRow>> {
    let row = snapshot.get(&keys::id(id))?;
    row.map(|row| IdRow::decode(&row)).transpose().map_err(damaged(snapshot.directory()))
}

/// A version of `id`, given its row.
pub fn find_version(
    snapshot: &Snapshot,
    id: &str,
    row: &IdRow,
    version: u32,
) -> Result<(VersionRow, CheckpointInfo)> {
    let damaged = damaged(snapshot.directory());
    let bytes = snapshot.get(&keys::version(row.number, version))?.ok_or_else(|| damaged(Malformed))?;
    let found = VersionRow::decode(&bytes).map_err(damaged)?;
    let info = CheckpointInfo {
        id: id.to_owned(),
        version,
        bytes: found.bytes,
        stored_bytes: found.stored_bytes,
        saved_at: found.saved_at,
        time: found.time,
        lineage: found.lineage.clone(),
        meta: found.meta.clone(),
        position: found.position,
        first_position: row.first_position,
    };
    Ok((found, info))
}

/// The oldest version that can be loaded, where `limit` versions are kept.
pub fn oldest_kept(row: &IdRow, limit: u32) -> u32 {
    row.oldest.max(row.newest.saturating_sub(limit.saturating_sub(1)))
}

/// The versions of `id`, oldest first, at most `limit`; none where there is no such id.
pub fn history(snapshot: &Snapshot, id: &str, limit: u32) -> Result<Vec<CheckpointInfo>> {
    let Some(row) = find_id(snapshot, id)? else { return Ok(Vec::new()) };
    (oldest_kept(&row, limit)..=row.newest)
        .map(|version| find_version(snapshot, id, &row, version).map(|(_, info)| info))
        .collect()
}

/// A list, made while it is read.
pub struct Listing {
    snapshot: Snapshot,
    options: ListOptions,
    left: usize,
    walk: Walk,
}

/// How the ids are walked.
enum Walk {
    /// Along one range of keys.
    Straight(Scan),
    /// From the latest time to the earliest, and forward within a time: `until` bounds the times not yet walked.
    Times { range: KeyRange, group: Option<Scan> },
    /// Over.
    Done,
}

impl Listing {
    /// Starts a list of `snapshot`.
    pub fn new(snapshot: Snapshot, options: ListOptions) -> Result<Self> {
        let walk = match options.order {
            Order::FirstSaved => {
                let range = keys::all_by_first_save();
                Walk::Straight(snapshot.scan(&range.from, range.until.as_deref(), options.reverse)?)
            }
            Order::Time => {
                let range = keys::between_times(options.from, options.until);
                if options.reverse {
                    Walk::Times { range, group: None }
                } else {
                    Walk::Straight(snapshot.scan(&range.from, range.until.as_deref(), false)?)
                }
            }
        };
        let left = options.limit.unwrap_or(usize::MAX);
        Ok(Self { snapshot, options, left, walk })
    }

    fn next_id(&mut self) -> Result<Option<String>> {
        let directory = self.snapshot.directory().to_owned();
        let text = |value: &[u8]| {
            std::str::from_utf8(value).map(str::to_owned).map_err(|_| damaged(&directory)(Malformed))
        };
        loop {
            match &mut self.walk {
                Walk::Done => return Ok(None),
                Walk::Straight(scan) => return scan.step()?.map(|(_, id)| text(id)).transpose(),
                Walk::Times { range, group } => {
                    if let Some(scan) = group {
                        if let Some((_, id)) = scan.step()? {
                            return text(id).map(Some);
                        }
                        *group = None;
                    }
                    let mut latest = self.snapshot.scan(&range.from, range.until.as_deref(), true)?;
                    let Some(time) =
                        latest.step()?.and_then(|(key, _)| keys::time_of(key)).map(<[u8]>::to_vec)
                    else {
                        self.walk = Walk::Done;
                        continue;
                    };
                    *group = Some(self.snapshot.scan(&time, Some(&keys::after_time(&time)), false)?);
                    range.until = Some(time);
                }
            }
        }
    }

    fn next_info(&mut self) -> Result<Option<CheckpointInfo>> {
        if self.left == 0 {
            return Ok(None);
        }
        while let Some(id) = self.next_id()? {
            if !id.starts_with(&self.options.prefix) {
                continue;
            }
            let row =
                find_id(&self.snapshot, &id)?.ok_or_else(|| damaged(self.snapshot.directory())(Malformed))?;
            let late_enough = self.options.from.is_none_or(|from| row.time >= from);
            let early_enough = self.options.until.is_none_or(|until| row.time <= until);
            if !late_enough || !early_enough {
                continue;
            }
            let (_, info) = find_version(&self.snapshot, &id, &row, row.newest)?;
            if self.options.lineage.as_ref().is_none_or(|lineage| *lineage == info.lineage) {
                self.left -= 1;
                return Ok(Some(info));
            }
        }
        Ok(None)
    }
}

impl Iterator for Listing {
    type Item = Result<CheckpointInfo>;

    fn next(&mut self) -> Option<Self::Item> {
        let next = self.next_info().transpose();
        if matches!(next, Some(Err(_)) | None) {
            self.walk = Walk::Done;
            self.left = 0;
        }
        next
    }
}
