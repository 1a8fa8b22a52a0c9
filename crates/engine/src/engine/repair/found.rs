//! Checkpoint records whose names were lost.
//!
//! Constraints:
//! - only asked for where rows may have been lost: in a whole catalog a record without a row is garbage, and stays so;
//! - a record that any row names, one that was deleted or pruned since too, is not nameless;
//! - each that loads gets an id of its own with one version, so that it is listed, loaded, deleted and merged like any other, and nothing about it is made up but
//!   what says so: no lineage, no meta, a name that nobody gave;
//! - its time is that of the repair, when it got that name: with an older one, whoever deletes what is old would delete it unseen;
//! - its position is one more than that of the last change there was, so that no change shares it.

use std::collections::BTreeMap;

use super::{
    LOST_AND_FOUND,
    catalog::{Catalog, Found, loads},
};
use crate::{
    catalog::rows::VersionRow,
    engine::now_ms,
    error::Result,
    format::frame::Link,
    ids::{IdNumber, Position, RecordNumber},
    packs::RecordPlace,
    tables::Tables,
};

/// What a name is to be made for.
pub(super) struct Nameless {
    pub(super) records: BTreeMap<RecordNumber, RecordPlace>,
    /// The last change that there was.
    pub(super) behind: Link,
    /// A number above those that ids had.
    pub(super) next_id: IdNumber,
}

impl Nameless {
    /// Names those that load in `catalog`. Answers how many they are, and the last change that there is then.
    pub(super) fn keep(self, catalog: &mut Catalog, tables: &Tables) -> Result<(u64, Link)> {
        let Self { records, behind, next_id } = self;
        let position = behind.successor().unwrap_or(behind.position);
        let mut number = next_id.max(catalog.highest_id.next());
        let mut kept = 0;
        for place in records.values() {
            if !loads(tables, place.number)? {
                continue;
            }
            let row = VersionRow {
                record: place.number,
                bytes: place.raw_length.into(),
                stored_bytes: place.stored_length.into(),
                saved_at: now_ms(),
                time: time_of(now_ms()),
                position,
                called_after: Position(0),
                lineage: String::new(),
                meta: Vec::new(),
            };
            let name = catalog.free_name(&format!("{LOST_AND_FOUND}record-{}", place.number));
            catalog.keep(number, &name, &Found::of(row), tables)?;
            number = number.next();
            kept += 1;
        }
        let end = if kept > 0 { Link { position, ..behind } } else { behind };
        Ok((kept, end))
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since the epoch stay exact for 285,000 years")]
fn time_of(now_ms: u64) -> f64 {
    now_ms as f64
}
