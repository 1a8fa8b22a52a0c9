//! What a change needs to know before its place in the order is taken: looking up, choosing a base, compressing, writing large records.
//!
//! Constraints: runs on a pool thread, first in the lanes of its ids, so that what was looked up still holds at the commit; holds no lock while it computes or
//! waits; everything it writes is pinned until the commit.

use std::{collections::HashMap, sync::Arc};

use super::{
    Engine,
    pins::{Pin, pin_base},
    plan::Op,
};
use crate::{
    catalog::{
        keys,
        listing::{CheckpointInfo, find_id, find_version},
        rows::{LineageRow, damaged},
    },
    checkpoints::{
        chain::{self, Link},
        encode::{self, EncodedRecord},
        load::Keep,
    },
    error::{Error, Result},
    format::{
        change::{Deleted, Saved, Within},
        names,
        record::RecordHeader,
    },
    ids::{FileNumber, IdNumber, Position, RecordNumber, Sequence},
    manifest::PackEntry,
    packs::PackWriter,
    tables::{PackFile, Snapshot},
};

/// A record of at most this many stored bytes lies in its frame: writing it there takes no longer than an event may have to wait.
const INLINE_RECORD_BYTES: usize = 32 << 10;

/// All records in one frame together take at most this.
const INLINE_BATCH_BYTES: usize = 256 << 10;

/// A checkpoint to be saved.
#[derive(Debug, Clone)]
pub struct SaveRequest {
    /// Its id.
    pub id: String,
    /// Its bytes.
    pub data: Arc<Vec<u8>>,
    /// Its lineage; empty for none.
    pub lineage: String,
    /// What is listed without loading.
    pub meta: Vec<u8>,
    /// The caller's time; `None`: the time of the save.
    pub time: Option<f64>,
    /// The compression level.
    pub level: i32,
    /// How many records a load may have to read.
    pub max_delta_chain: u32,
}

/// A change that is ready for its place in the order.
pub(super) enum Prepared {
    Append { stream: String, events: Vec<Vec<u8>>, after: Option<Sequence> },
    Expect { stream: String, last: Sequence },
    Prune { stream: String, before: Sequence },
    Hold { stream: String, from: Option<Sequence> },
    DeleteStream { stream: String },
    Save(Box<PreparedSave>),
    Delete(Option<PreparedDelete>),
    SetInternal { key: Vec<u8>, value: Vec<u8> },
    RemoveInternal { key: Vec<u8> },
}

impl Prepared {
    /// The stream it is about.
    pub(super) fn stream(&self) -> Option<&str> {
        match self {
            Self::Append { stream, .. }
            | Self::Expect { stream, .. }
            | Self::Prune { stream, .. }
            | Self::Hold { stream, .. }
            | Self::DeleteStream { stream } => Some(stream),
            Self::Save(_) | Self::Delete(_) | Self::SetInternal { .. } | Self::RemoveInternal { .. } => None,
        }
    }

    /// How many bytes it takes in a body, at least.
    pub(super) fn least_bytes(&self) -> usize {
        match self {
            Self::Append { events, .. } => events.iter().map(Vec::len).sum(),
            Self::Save(save) => save.request.meta.len() + save.stored.as_ref().map_or(0, Vec::len),
            _ => 0,
        }
    }
}

/// A save that is ready.
pub(super) struct PreparedSave {
    request: SaveRequest,
    time: f64,
    id_number: IdNumber,
    version: u32,
    known: Option<KnownId>,
    oldest: u32,
    header: RecordHeader,
    /// The stored bytes, if they go into the frame.
    stored: Option<Vec<u8>>,
    _pins: Vec<Pin>,
}

/// A delete that is ready.
pub(super) struct PreparedDelete {
    id: String,
    known: KnownId,
}

/// An id as the batch has left it so far.
#[derive(Debug, Clone, Copy)]
struct KnownId {
    number: IdNumber,
    /// `None`: it is first saved in this very batch.
    first_position: Option<Position>,
    oldest: u32,
    newest: u32,
    time: f64,
    record: RecordNumber,
}

impl PreparedSave {
    pub(super) fn change(&self) -> Saved<'_> {
        let part = |bytes| Within { offset: 0, bytes };
        Saved {
            id_number: self.id_number,
            id: &self.request.id,
            version: self.version,
            first_position: self.known.and_then(|known| known.first_position),
            oldest_before: self.known.map_or(0, |known| known.oldest),
            oldest: self.oldest,
            time_before: self.known.map(|known| known.time),
            time: self.time,
            lineage: &self.request.lineage,
            meta: part(&self.request.meta),
            record: self.header,
            stored: self.stored.as_deref().map(part),
        }
    }

    /// What became of it in the change at `position`, accepted at `time_ms`.
    pub(super) fn info(&self, position: Position, time_ms: u64) -> CheckpointInfo {
        CheckpointInfo {
            id: self.request.id.clone(),
            version: self.version,
            bytes: self.header.raw_length.into(),
            stored_bytes: self.header.stored_length.into(),
            saved_at: time_ms,
            time: self.time,
            lineage: self.request.lineage.clone(),
            meta: self.request.meta.clone(),
            position,
            first_position: self.known.and_then(|known| known.first_position).unwrap_or(position),
        }
    }

    /// Lets the next version be compressed against these bytes without reading them back.
    pub(super) fn cache(&self, snapshot: &Snapshot) {
        snapshot.tables.bases.insert(self.header.number, &self.request.data, self.header.raw_checksum);
    }
}

impl PreparedDelete {
    pub(super) fn change(&self) -> Deleted<'_> {
        Deleted {
            id_number: self.known.number,
            id: &self.id,
            first_position: self.known.first_position,
            time: self.known.time,
            oldest: self.known.oldest,
            newest: self.known.newest,
        }
    }
}

/// Prepares the changes of one batch.
pub(super) struct Preparation<'a> {
    engine: &'a Arc<Engine>,
    snapshot: Snapshot,
    now_ms: u64,
    /// Ids that the batch has touched; `None` where it deleted one.
    known: HashMap<String, Option<KnownId>>,
    inline_bytes: usize,
}

impl<'a> Preparation<'a> {
    pub(super) fn new(engine: &'a Arc<Engine>) -> Self {
        let now_ms = super::now_ms();
        Self { engine, snapshot: engine.snapshot(), now_ms, known: HashMap::new(), inline_bytes: 0 }
    }

    pub(super) fn prepare(&mut self, op: Op) -> Result<Prepared> {
        Ok(match op {
            Op::Append { stream, events, after } => Prepared::Append { stream, events, after },
            Op::Expect { stream, last } => Prepared::Expect { stream, last },
            Op::Prune { stream, before } => Prepared::Prune { stream, before },
            Op::Hold { stream, from } => Prepared::Hold { stream, from },
            Op::DeleteStream { stream } => Prepared::DeleteStream { stream },
            Op::SetInternal { key, value } => Prepared::SetInternal { key, value },
            Op::RemoveInternal { key } => Prepared::RemoveInternal { key },
            Op::Save(request) => Prepared::Save(Box::new(self.save(request)?)),
            Op::Delete { id, unless_after } => Prepared::Delete(self.delete(id, unless_after)?),
        })
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
                Some(row) => find_version(&self.snapshot, &id, &row, row.newest)?.0.position > limit,
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
        let record = self.encode(&request, known, &mut pins)?;
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
            known,
            oldest,
            header: record.header,
            stored,
            _pins: pins,
            request,
        })
    }

    /// Compresses the data, against an older record if there is a fitting one.
    fn encode(
        &self,
        request: &SaveRequest,
        known: Option<KnownId>,
        pins: &mut Vec<Pin>,
    ) -> Result<EncodedRecord> {
        let previous = match known {
            Some(known) => Some(known.record).filter(|record| record.0 != 0),
            None => self.head_of_lineage(&request.lineage)?,
        };
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
        let base = self.snapshot.tables.load_record(facts.number, Keep::BasesAndRecord)?;
        Ok((link, Some(base)))
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

impl Engine {
    /// Writes a record to the open pack and waits until it is durable.
    pub(super) fn write_record(&self, header: &RecordHeader, stored: &[u8]) -> Result<()> {
        loop {
            self.check_writable()?;
            let pack = self.open_pack()?;
            // A flush may seal the pack in between: then the record goes into the next one.
            match pack.append(header, stored) {
                Ok(Some(place)) => return pack.sync_through(&place).map_err(|error| self.fail(error)),
                Ok(None) => {}
                Err(full @ Error::Full { .. }) => return Err(full),
                Err(error @ Error::InvalidArgument { .. }) => return Err(error),
                Err(error) => return Err(self.fail(error)),
            }
        }
    }

    /// The pack that records are appended to; where there is none, a new one, named in the manifest before its first record.
    fn open_pack(&self) -> Result<Arc<PackWriter>> {
        if let Some(pack) = &*self.open_pack.read() {
            return Ok(Arc::clone(pack));
        }
        let mut manifest = self.manifest.lock();
        let mut open = self.open_pack.write();
        self.check_writable()?;
        if let Some(pack) = &*open {
            return Ok(Arc::clone(pack));
        }
        let number = manifest.allocate_file();
        let named = self.new_pack(number).and_then(|pack| {
            self.replace_manifest(&mut manifest, |next| {
                let sealed = false;
                next.packs.push(PackEntry { number, sealed, length: 0, records: 0, dead_bytes: 0 });
            })?;
            Ok(Arc::new(pack))
        });
        let pack = match named {
            Ok(pack) => pack,
            Err(error) => {
                self.discard(&names::pack(number));
                return Err(error);
            }
        };
        self.publish(|tables| tables.packs.push(PackFile::Open(Arc::clone(&pack))));
        *open = Some(Arc::clone(&pack));
        Ok(pack)
    }

    /// An empty pack, durable but not named.
    fn new_pack(&self, number: FileNumber) -> Result<PackWriter> {
        let made = PackWriter::create(&*self.directory, number, self.store).and_then(|pack| {
            pack.sync()?;
            Ok(pack)
        });
        let pack = made.map_err(|error| self.unless_full(error))?;
        self.directory.sync().map_err(|error| self.fail(error))?;
        Ok(pack)
    }
}
