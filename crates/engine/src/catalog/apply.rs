//! From a change to the catalog's rows.
//!
//! Constraints: a commit and a replay of the log call the very same functions, which read nothing but the change; all rows of a change carry its
//! position, so that a reader sees all of them or none.

use crate::{
    catalog::{
        keys,
        rows::{IdRow, LineageRow, TimeRow, VersionRow},
    },
    format::change::{Deleted, Saved, Within},
    ids::Position,
    tables::{
        Memtable,
        place::Place,
        rows::{INLINE_TAIL_BYTES, Row},
    },
};

/// Where a frame's body went: what a change needs to tell where its large parts lie.
#[derive(Debug, Clone, Copy)]
pub struct Committed {
    /// The change's position.
    pub position: Position,
    /// When it was accepted, in milliseconds.
    pub time_ms: u64,
    /// The index of its body in the table's bodies.
    pub body: u32,
    /// The offset of the body's first byte there.
    pub body_offset: u64,
    /// Whether the body lies in a pack, where each read of a part reads all of it.
    pub is_large: bool,
}

impl Committed {
    /// Of a batch that changed nothing, after the change at `position`.
    pub fn nothing(position: Position) -> Self {
        Self { position, time_ms: 0, body: 0, body_offset: 0, is_large: false }
    }

    /// The same change with its parts in a large body.
    #[must_use]
    pub fn in_large(&self, body: u32) -> Self {
        Self { body, body_offset: 0, is_large: true, ..*self }
    }

    /// The place of a part of the body. A large body has its record's checksum.
    pub fn place(&self, part: Within<'_>) -> Place {
        Place {
            body: self.body,
            length: u32::try_from(part.bytes.len()).unwrap_or(u32::MAX),
            checksum: if self.is_large { 0 } else { crc32fast::hash(part.bytes) },
            offset: self.body_offset + part.offset as u64,
        }
    }
}

/// A checkpoint was saved.
pub fn saved(table: &Memtable, at: &Committed, saved: &Saved<'_>) {
    let position = at.position;
    let first_position = saved.first_position.unwrap_or(position);
    let id = IdRow {
        number: saved.id_number,
        first_position,
        oldest: saved.oldest,
        newest: saved.version,
        time: saved.time,
        record: saved.record.number,
    };
    table.rows.insert(keys::id(saved.id), position, Row::set(id.encode()));
    table.rows.insert(keys::version(saved.id_number, saved.version), position, version_row(at, saved));
    if saved.oldest_before > 0 {
        for version in saved.oldest_before..saved.oldest {
            table.rows.insert(keys::version(saved.id_number, version), position, Row::Removed);
        }
    }
    if saved.first_position.is_none() {
        let key = keys::by_first_save(first_position, saved.id_number);
        table.rows.insert(key, position, Row::set(saved.id.as_bytes()));
    }
    let by_time = keys::by_time(saved.time, first_position, saved.id_number);
    let by_time_before = saved.time_before.map(|time| keys::by_time(time, first_position, saved.id_number));
    if let Some(before) = by_time_before.filter(|before| *before != by_time) {
        table.rows.insert(before, position, Row::Removed);
    }
    let row = TimeRow { newest: saved.version, id: saved.id };
    table.rows.insert(by_time, position, Row::set(row.encode()));
    if !saved.lineage.is_empty() {
        let row = LineageRow { id: saved.id_number, version: saved.version, record: saved.record.number };
        table.rows.insert(keys::lineage(saved.lineage), position, Row::set(row.encode()));
    }
    if let Some(stored) = saved.stored {
        table.records.write().insert(saved.record.number, (saved.record, at.place(stored)));
    }
}

fn version_row(at: &Committed, saved: &Saved<'_>) -> Row {
    let row = VersionRow {
        record: saved.record.number,
        bytes: saved.record.raw_length.into(),
        stored_bytes: saved.record.stored_length.into(),
        saved_at: at.time_ms,
        time: saved.time,
        position: at.position,
        called_after: saved.called_after,
        lineage: saved.lineage.to_owned(),
        meta: Vec::new(),
    };
    let mut head = row.encode_head(saved.meta.bytes.len());
    if at.is_large || saved.meta.bytes.len() <= INLINE_TAIL_BYTES {
        head.extend_from_slice(saved.meta.bytes);
        Row::set(head)
    } else {
        Row::Set { head: head.into(), tail: Some(at.place(saved.meta)) }
    }
}

/// A checkpoint was deleted.
pub fn deleted(table: &Memtable, position: Position, deleted: &Deleted<'_>) {
    let first_position = deleted.first_position.unwrap_or(position);
    let remove = |key| table.rows.insert(key, position, Row::Removed);
    remove(keys::id(deleted.id));
    remove(keys::by_first_save(first_position, deleted.id_number));
    remove(keys::by_time(deleted.time, first_position, deleted.id_number));
    for version in deleted.oldest..=deleted.newest {
        remove(keys::version(deleted.id_number, version));
    }
}
