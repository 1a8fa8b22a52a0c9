//! The changes that a frame's body is made of: what the log says happened.
//!
//! Constraints: a change carries everything that applying it needs, so that replaying the log reads nothing else and gives the same rows
//! as the commit did; the large parts (events, metas, records) are borrowed from the body, with their offset in it, so that
//! whoever applies them can remember the place instead of the bytes.

use super::{
    codec::{Cursor, Malformed, Put},
    record::{RECORD_HEADER_BYTES, RecordHeader},
};
use crate::ids::{IdNumber, Position, RecordNumber, Sequence, StoreId, StreamNumber};

const EVENTS: u8 = 1;
const STREAM_CREATED: u8 = 2;
const STREAM_DELETED: u8 = 3;
const STREAM_PRUNED: u8 = 4;
const STREAM_HELD: u8 = 5;
const SAVED: u8 = 6;
const DELETED: u8 = 7;
const INTERNAL_SET: u8 = 8;
const INTERNAL_REMOVED: u8 = 9;
const LARGE: u8 = 10;

const HAS_TIME_BEFORE: u8 = 1;
const HAS_RECORD: u8 = 2;

/// Bytes within a frame's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within<'a> {
    /// Where in the body they start.
    pub offset: usize,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<'a> {
    /// Events appended to a stream.
    Events {
        /// The stream.
        stream: StreamNumber,
        /// The first one's sequence; the others follow without holes.
        first: Sequence,
        /// The events' bytes, in order.
        events: Vec<Within<'a>>,
    },
    /// A name got its stream number.
    StreamCreated {
        /// The number.
        stream: StreamNumber,
        /// The name.
        name: &'a str,
    },
    /// A stream was forgotten.
    StreamDeleted {
        /// The number.
        stream: StreamNumber,
        /// The name.
        name: &'a str,
    },
    /// Events before a sequence went.
    StreamPruned {
        /// The stream.
        stream: StreamNumber,
        /// The watermark: the oldest sequence that stays.
        before: Sequence,
    },
    /// Pruned events from a sequence on are still kept on disk.
    StreamHeld {
        /// The stream.
        stream: StreamNumber,
        /// From where; `None` lifts the hold.
        from: Option<Sequence>,
    },
    /// A checkpoint version was saved.
    Saved(Saved<'a>),
    /// A checkpoint was deleted with all its versions.
    Deleted(Deleted<'a>),
    /// An internal record was set.
    InternalSet {
        /// Its key.
        key: &'a [u8],
        /// Its value.
        value: &'a [u8],
    },
    /// An internal record was removed.
    InternalRemoved {
        /// Its key.
        key: &'a [u8],
    },
    /// The body did not fit a frame; it is a pack record.
    Large {
        /// The record that holds the body.
        record: RecordNumber,
        /// The body's length in bytes.
        length: u64,
        /// The first sequence of each of its appends, in order: the body was written before they were known.
        firsts: Vec<Sequence>,
    },
}

/// A saved checkpoint version.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved<'a> {
    /// The id's number.
    pub id_number: IdNumber,
    /// The id.
    pub id: &'a str,
    /// The version, from 1.
    pub version: u32,
    /// Where the id was first saved; `None`: in this very frame.
    pub first_position: Option<Position>,
    /// The oldest version kept before; 0 for a new id.
    pub oldest_before: u32,
    /// The oldest version kept now.
    pub oldest: u32,
    /// The time of the version before, where there was one.
    pub time_before: Option<f64>,
    /// The time the caller gave.
    pub time: f64,
    /// The lineage.
    pub lineage: &'a str,
    /// What is listed without loading the data.
    pub meta: Within<'a>,
    /// What is known of the stored bytes.
    pub record: RecordHeader,
    /// The stored bytes, where they are in the frame; else they are in a pack.
    pub stored: Option<Within<'a>>,
    /// The last change there was when the save was called.
    pub called_after: Position,
}

/// A deleted checkpoint: all that names its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Deleted<'a> {
    /// The id's number.
    pub id_number: IdNumber,
    /// The id.
    pub id: &'a str,
    /// Where it was first saved; `None`: in this very frame.
    pub first_position: Option<Position>,
    /// The time of its newest version.
    pub time: f64,
    /// Its oldest kept version.
    pub oldest: u32,
    /// Its newest version.
    pub newest: u32,
}

/// Adds appended events to a body.
pub fn put_events<B: AsRef<[u8]>>(body: &mut Vec<u8>, stream: StreamNumber, first: Sequence, events: &[B]) {
    body.push(EVENTS);
    body.put_varint(stream.0);
    body.put_varint(first.0);
    body.put_varint(events.len() as u64);
    for event in events {
        body.put_bytes(event.as_ref());
    }
}

/// Adds any change but appended events to a body.
pub fn put(body: &mut Vec<u8>, change: &Change<'_>, store: StoreId) {
    match change {
        Change::Events { stream, first, events } => {
            let events: Vec<&[u8]> = events.iter().map(|event| event.bytes).collect();
            put_events(body, *stream, *first, &events);
        }
        Change::StreamCreated { stream, name } => put_stream(body, STREAM_CREATED, *stream, name),
        Change::StreamDeleted { stream, name } => put_stream(body, STREAM_DELETED, *stream, name),
        Change::StreamPruned { stream, before } => {
            body.push(STREAM_PRUNED);
            body.put_varint(stream.0);
            body.put_varint(before.0);
        }
        Change::StreamHeld { stream, from } => {
            body.push(STREAM_HELD);
            body.put_varint(stream.0);
            body.put_varint(from.map_or(0, |from| from.0 + 1));
        }
        Change::Saved(saved) => put_saved(body, saved, store),
        Change::Deleted(deleted) => put_deleted(body, deleted),
        Change::InternalSet { key, value } => {
            body.push(INTERNAL_SET);
            body.put_bytes(key);
            body.put_bytes(value);
        }
        Change::InternalRemoved { key } => {
            body.push(INTERNAL_REMOVED);
            body.put_bytes(key);
        }
        Change::Large { record, length, firsts } => {
            body.push(LARGE);
            body.put_varint(record.0);
            body.put_varint(*length);
            body.put_varint(firsts.len() as u64);
            for first in firsts {
                body.put_varint(first.0);
            }
        }
    }
}

fn put_stream(body: &mut Vec<u8>, tag: u8, stream: StreamNumber, name: &str) {
    body.push(tag);
    body.put_varint(stream.0);
    body.put_bytes(name.as_bytes());
}

fn put_saved(body: &mut Vec<u8>, saved: &Saved<'_>, store: StoreId) {
    body.push(SAVED);
    body.put_varint(saved.id_number.0);
    body.put_bytes(saved.id.as_bytes());
    body.put_varint(saved.version.into());
    body.put_varint(saved.first_position.map_or(0, |position| position.0));
    body.put_varint(saved.oldest_before.into());
    body.put_varint(saved.oldest.into());
    body.put_varint(saved.called_after.0);
    let has_time = if saved.time_before.is_some() { HAS_TIME_BEFORE } else { 0 };
    let has_record = if saved.stored.is_some() { HAS_RECORD } else { 0 };
    body.push(has_time | has_record);
    if let Some(time) = saved.time_before {
        body.extend_from_slice(&time.to_bits().to_le_bytes());
    }
    body.extend_from_slice(&saved.time.to_bits().to_le_bytes());
    body.put_bytes(saved.lineage.as_bytes());
    body.put_bytes(saved.meta.bytes);
    body.extend_from_slice(&saved.record.encode(store));
    if let Some(stored) = saved.stored {
        body.extend_from_slice(stored.bytes);
    }
}

fn put_deleted(body: &mut Vec<u8>, deleted: &Deleted<'_>) {
    body.push(DELETED);
    body.put_varint(deleted.id_number.0);
    body.put_bytes(deleted.id.as_bytes());
    body.put_varint(deleted.first_position.map_or(0, |position| position.0));
    body.extend_from_slice(&deleted.time.to_bits().to_le_bytes());
    body.put_varint(deleted.oldest.into());
    body.put_varint(deleted.newest.into());
}

/// Reads the changes of a body, one after the other.
pub struct Changes<'a> {
    body: &'a [u8],
    cursor: Cursor<'a>,
    store: StoreId,
}

impl<'a> Changes<'a> {
    /// Starts at the first change of `body`.
    pub fn new(body: &'a [u8], store: StoreId) -> Self {
        Self { body, cursor: Cursor::new(body), store }
    }

    fn bytes(&mut self) -> Result<Within<'a>, Malformed> {
        let length = self.cursor.length()?;
        self.take(length)
    }

    fn take(&mut self, length: usize) -> Result<Within<'a>, Malformed> {
        let offset = self.body.len() - self.cursor.rest().len();
        Ok(Within { offset, bytes: self.cursor.take(length)? })
    }

    fn read(&mut self) -> Result<Change<'a>, Malformed> {
        match self.cursor.u8()? {
            EVENTS => self.events(),
            STREAM_CREATED => Ok(Change::StreamCreated { stream: self.stream()?, name: self.cursor.text()? }),
            STREAM_DELETED => Ok(Change::StreamDeleted { stream: self.stream()?, name: self.cursor.text()? }),
            STREAM_PRUNED => {
                Ok(Change::StreamPruned { stream: self.stream()?, before: Sequence(self.cursor.number()?) })
            }
            STREAM_HELD => {
                let stream = self.stream()?;
                let from = self.cursor.number()?.checked_sub(1).map(Sequence);
                Ok(Change::StreamHeld { stream, from })
            }
            SAVED => self.saved().map(Change::Saved),
            DELETED => self.deleted().map(Change::Deleted),
            INTERNAL_SET => {
                Ok(Change::InternalSet { key: self.cursor.bytes()?, value: self.cursor.bytes()? })
            }
            INTERNAL_REMOVED => Ok(Change::InternalRemoved { key: self.cursor.bytes()? }),
            LARGE => self.large(),
            _ => Err(Malformed),
        }
    }

    fn stream(&mut self) -> Result<StreamNumber, Malformed> {
        self.cursor.number().map(StreamNumber)
    }

    fn events(&mut self) -> Result<Change<'a>, Malformed> {
        let stream = self.stream()?;
        let first = Sequence(self.cursor.number()?);
        let count = self.cursor.length()?;
        // Each event takes at least the byte of its length, which bounds what a wrong count can make us allocate.
        if count > self.cursor.rest().len() {
            return Err(Malformed);
        }
        let events = (0..count).map(|_| self.bytes()).collect::<Result<_, _>>()?;
        Ok(Change::Events { stream, first, events })
    }

    fn large(&mut self) -> Result<Change<'a>, Malformed> {
        let record = RecordNumber(self.cursor.number()?);
        let length = self.cursor.number()?;
        let count = self.cursor.length()?;
        if count > self.cursor.rest().len() {
            return Err(Malformed);
        }
        let firsts = (0..count).map(|_| self.cursor.number().map(Sequence)).collect::<Result<_, _>>()?;
        Ok(Change::Large { record, length, firsts })
    }

    fn saved(&mut self) -> Result<Saved<'a>, Malformed> {
        let id_number = IdNumber(self.cursor.number()?);
        let id = self.cursor.text()?;
        let version = self.cursor.varint_u32()?;
        let first_position = self.first_position()?;
        let oldest_before = self.cursor.varint_u32()?;
        let oldest = self.cursor.varint_u32()?;
        let called_after = Position(self.cursor.number()?);
        let flags = self.cursor.u8()?;
        if flags & !(HAS_TIME_BEFORE | HAS_RECORD) != 0
            || oldest == 0
            || oldest > version
            || oldest_before > oldest
        {
            return Err(Malformed);
        }
        let time_before = if flags & HAS_TIME_BEFORE == 0 { None } else { Some(self.cursor.f64()?) };
        let time = self.cursor.f64()?;
        let lineage = self.cursor.text()?;
        let meta = self.bytes()?;
        let record = RecordHeader::decode(&self.cursor.array::<RECORD_HEADER_BYTES>()?, self.store)?;
        let stored = if flags & HAS_RECORD == 0 {
            None
        } else {
            Some(self.take(usize::try_from(record.stored_length).map_err(|_| Malformed)?)?)
        };
        Ok(Saved {
            id_number,
            id,
            version,
            first_position,
            oldest_before,
            oldest,
            time_before,
            time,
            lineage,
            meta,
            record,
            stored,
            called_after,
        })
    }

    fn first_position(&mut self) -> Result<Option<Position>, Malformed> {
        Ok(Some(self.cursor.number()?).filter(|position| *position != 0).map(Position))
    }

    fn deleted(&mut self) -> Result<Deleted<'a>, Malformed> {
        let deleted = Deleted {
            id_number: IdNumber(self.cursor.number()?),
            id: self.cursor.text()?,
            first_position: self.first_position()?,
            time: self.cursor.f64()?,
            oldest: self.cursor.varint_u32()?,
            newest: self.cursor.varint_u32()?,
        };
        if deleted.oldest == 0 || deleted.oldest > deleted.newest { Err(Malformed) } else { Ok(deleted) }
    }
}

impl<'a> Iterator for Changes<'a> {
    type Item = Result<Change<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.cursor.is_empty() {
            return None;
        }
        let change = self.read();
        if change.is_err() {
            // Nothing behind a malformed change can be told apart.
            self.cursor = Cursor::new(&[]);
        }
        Some(change)
    }
}
