//! What a change needs to know before its place in the order is taken: looking up, choosing a base, compressing, placing the record.
//!
//! Constraints: runs on a pool thread, first in the lanes of its ids, so that what was looked up still holds at the commit; holds no lock while it computes or
//! waits; everything it writes is pinned until the commit.

use std::{collections::HashMap, sync::Arc};

use super::{
    Engine,
    op::{Op, SaveRequest},
    pins::{Pin, pin_base},
    prepared::{KnownId, Prepared, PreparedDelete, PreparedSave},
};
use crate::{
    catalog::{
        find::{Owner, find_id, find_newest},
        keys,
        rows::{LineageRow, damaged},
    },
    checkpoints::{
        chain::{self, Link},
        encode::{self, EncodedRecord},
        load::Keep,
    },
    error::{Error, Result},
    ids::{Position, RecordNumber},
    tables::Snapshot,
};

/// A record of at most this many stored bytes lies in its frame: writing it there takes no longer than an event may have to wait.
const INLINE_RECORD_BYTES: usize = 32 << 10;

/// All records in one frame together take at most this.
const INLINE_BATCH_BYTES: usize = 256 << 10;

/// Prepares the changes of one batch.
pub(super) struct Preparation<'a> {
    engine: &'a Arc<Engine>,
    snapshot: Snapshot,
    now_ms: u64,
    called_after: Position,
    /// Ids that the batch has touched; `None` where it deleted one.
    known: HashMap<String, Option<KnownId>>,
    inline_bytes: usize,
}

impl<'a> Preparation<'a> {
    /// `called_after`: the last change there was when the batch was called.
    pub(super) fn new(engine: &'a Arc<Engine>, called_after: Position) -> Self {
        let (snapshot, now_ms) = (engine.snapshot(), super::now_ms());
        Self { engine, snapshot, now_ms, called_after, known: HashMap::new(), inline_bytes: 0 }
    }

    pub(super) fn prepare(&mut self, op: Op) -> Result<Prepared> {
        Ok(match op {
            Op::Append { stream, events, after } => Prepared::Append { stream, events, after },
            Op::Expect { stream, last, first } => Prepared::Expect { stream, last, first },
            Op::Prune { stream, before } => Prepared::Prune { stream, before },
            Op::Hold { stream, from } => Prepared::Hold { stream, from },
            Op::DeleteStream { stream } => self.delete_stream(stream)?,
            Op::SetInternal { key, value } => Prepared::SetInternal { key, value },
            Op::RemoveInternal { key } => Prepared::RemoveInternal { key },
            Op::Save(request) => Prepared::Save(Box::new(self.save(request)?)),
            Op::Delete { id, unless_after } => Prepared::Delete(self.delete(id, unless_after)?),
        })
    }

    fn delete_stream(&self, stream: String) -> Result<Prepared> {
        let mut internals = Vec::new();
        if let Some(known) = self.engine.stream(&stream)? {
            let range = keys::internals_of_stream(known.number);
            let mut scan = self.snapshot.scan(&range.from, range.until.as_deref(), false)?;
            while let Some((key, _)) = scan.step()? {
                internals.extend(keys::internal_key(key).map(<[u8]>::to_vec));
            }
        }
        Ok(Prepared::DeleteStream { stream, internals })
    }

    fn find(&self, id: &str) -> Result<Option<KnownId>> {
        if let Some(known) = self.known.get(id) {
            return Ok(*known);
        }
        Ok(find_id(&self.snapshot, id)?.map(|row| KnownId {
            number: row.number,
            first_position: Some(row.first_position),
            oldest: row.oldest,
            newest: row.newest,
            time: row.time,
            record: row.record,
        }))
    }

    fn delete(&mut self, id: String, unless_after: Option<Position>) -> Result<Option<PreparedDelete>> {
        let Some(known) = self.find(&id)? else { return Ok(None) };
        if let Some(limit) = unless_after {
            let saved_since = match find_id(&self.snapshot, &id)? {
                // A save of this very batch is later than any position.
                _ if self.known.contains_key(&id) => true,
                Some(row) => {
                    let owner = Owner::new(&id, &row);
                    find_newest(&self.snapshot, &owner, row.newest)?.0.position > limit
                }
                None => true,
            };
            if saved_since {
                return Ok(None);
            }
        }
        self.known.insert(id.clone(), None);
        Ok(Some(PreparedDelete { id, known }))
    }

    fn save(&mut self, request: SaveRequest) -> Result<PreparedSave> {
        let known = self.find(&request.id)?;
        let version = known.map_or(1, |known| known.newest.saturating_add(1));
        let keep = self.engine.history_limit().max(1);
        let oldest = known.map_or(1, |known| known.oldest).max(version.saturating_sub(keep - 1));
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds since the epoch stay exact for 285,000 years"
        )]
        let time = request.time.unwrap_or(self.now_ms as f64);
        let mut pins = Vec::new();
        let previous = self.previous_of(known, &request.lineage)?;
        let record = self.encode(&request, previous, &mut pins)?;
        let base = record.header.base.map(|base| base.number);
        // Where they cannot be found they stay cached, as long as there is room.
        let unneeded = chain::unneeded(previous, base, &*self.snapshot.tables).unwrap_or_default();
        let stored = self.place(&record, &request, &pins)?;
        let id_number = known.map_or_else(|| self.engine.allocate_id(), |known| known.number);
        let left = KnownId {
            number: id_number,
            first_position: known.and_then(|known| known.first_position),
            oldest,
            newest: version,
            time,
            // A later save of this batch must not build on a record that has no place yet.
            record: known.map_or(RecordNumber(0), |known| known.record),
        };
        self.known.insert(request.id.clone(), Some(left));
        Ok(PreparedSave {
            time,
            id_number,
            version,
            called_after: self.called_after,
            known,
            oldest,
            header: record.header,
            stored,
            unneeded,
            _pins: pins,
            request,
        })
    }

    /// Compresses the data, against an older record if there is a fitting one.
    fn encode(
        &self,
        request: &SaveRequest,
        previous: Option<RecordNumber>,
        pins: &mut Vec<Pin>,
    ) -> Result<EncodedRecord> {
        let (link, base) = match self.choose_base(previous, request.max_delta_chain, pins) {
            // Damage of an older version must not keep a new one from being saved: it starts a chain of its own.
            Err(Error::Corrupt { .. }) => (Link::FIRST, None),
            chosen => chosen?,
        };
        let number = self.engine.allocate_record();
        pins.push(Pin::new(self.engine, number));
        let base = base.as_deref().map(Vec::as_slice);
        encode::encode_checkpoint(number, &link, &request.data, base, request.level)
            .map_err(|failed| failed.at(self.engine.directory.path(), 0))
    }

    /// The record's place in its chain, and its base's raw bytes, where it has a base; that is pinned then.
    fn choose_base(
        &self,
        previous: Option<RecordNumber>,
        max_delta_chain: u32,
        pins: &mut Vec<Pin>,
    ) -> Result<(Link, Option<Arc<Vec<u8>>>)> {
        let link = chain::choose(previous, max_delta_chain, &*self.snapshot.tables)?;
        let Some(facts) = link.base else { return Ok((link, None)) };
        let Some(pin) = pin_base(self.engine, &self.chain_of(facts.number)?)? else {
            return Ok((Link { base: None, ..link }, None));
        };
        pins.push(pin);
        let base = self.snapshot.tables.load_record(facts.number, Keep::Record)?;
        Ok((link, Some(base)))
    }

    /// The record that a save follows in its chain.
    fn previous_of(&self, known: Option<KnownId>, lineage: &str) -> Result<Option<RecordNumber>> {
        match known {
            Some(known) => Ok(Some(known.record).filter(|record| record.0 != 0)),
            None => self.head_of_lineage(lineage),
        }
    }

    /// A record and all that it needs.
    fn chain_of(&self, record: RecordNumber) -> Result<Vec<RecordNumber>> {
        let mut chain = Vec::new();
        let mut next = Some(record);
        while let Some(record) = next.filter(|record| !chain.contains(record)) {
            chain.push(record);
            next = self.snapshot.tables.find_record(record)?.and_then(|facts| facts.base);
        }
        Ok(chain)
    }

    /// The record saved last in `lineage`, if its checkpoint still exists.
    fn head_of_lineage(&self, lineage: &str) -> Result<Option<RecordNumber>> {
        if lineage.is_empty() {
            return Ok(None);
        }
        let Some(row) = self.snapshot.get(&keys::lineage(lineage))? else { return Ok(None) };
        let row = LineageRow::decode(&row).map_err(damaged(self.snapshot.directory()))?;
        let exists = self.snapshot.get(&keys::version(row.id, row.version))?.is_some();
        Ok(Some(row.record).filter(|_| exists))
    }

    /// Decides where the record goes: the bytes come back for the frame, or are durable in a pack.
    fn place(
        &mut self,
        record: &EncodedRecord,
        request: &SaveRequest,
        pins: &[Pin],
    ) -> Result<Option<Vec<u8>>> {
        debug_assert!(!pins.is_empty(), "record {} of {:?} is not pinned", record.header.number, request.id);
        let bytes = record.stored.len();
        if bytes <= INLINE_RECORD_BYTES && self.inline_bytes + bytes <= INLINE_BATCH_BYTES {
            self.inline_bytes += bytes;
            return Ok(Some(record.stored.clone()));
        }
        self.engine.write_record(&record.header, &record.stored)?;
        Ok(None)
    }
}
