//! Which records are still needed.
//!
//! Constraints: a record is live if a version, a pin or a large change in the log names it, or a live record needs it as a base; what is found live at some
//! moment is a superset of what any later moment needs of the records that were sealed by then, but for what a save chooses from an older snapshot, which is noted
//! ([`super::pins::Drops`]).

use std::collections::HashSet;

use crate::{
    catalog::{
        keys,
        rows::{VersionRow, damaged},
    },
    error::Result,
    ids::RecordNumber,
    tables::{Snapshot, Tables},
};

/// All live records of `snapshot`, `pinned` ones among them.
pub(super) fn live_records(snapshot: &Snapshot, pinned: &[RecordNumber]) -> Result<HashSet<RecordNumber>> {
    let mut live = HashSet::new();
    let range = keys::versions();
    let mut scan = snapshot.scan(&range.from, range.until.as_deref(), false)?;
    while let Some((_, value)) = scan.step()? {
        if let Some(row) = VersionRow::decode(value).map_err(damaged(snapshot.directory()))? {
            add_with_bases(&snapshot.tables, row.record, &mut live)?;
        }
    }
    for record in pinned {
        add_with_bases(&snapshot.tables, *record, &mut live)?;
    }
    for table in snapshot.tables.memtables() {
        live.extend(table.bodies.large_records());
    }
    Ok(live)
}

fn add_with_bases(tables: &Tables, record: RecordNumber, live: &mut HashSet<RecordNumber>) -> Result<()> {
    let mut next = Some(record);
    while let Some(record) = next {
        if !live.insert(record) {
            break;
        }
        // A pinned record may not have been written yet.
        next = tables.find_record(record)?.and_then(|facts| facts.base);
    }
    Ok(())
}
