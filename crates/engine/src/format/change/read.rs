//! Reading changes.
//!
//! Constraint: nothing in a body is believed before it is checked to lie within it.

use super::{
    Change, DELETED, Deleted, EVENTS, HAS_RECORD, HAS_TIME_BEFORE, INTERNAL_REMOVED, INTERNAL_SET, LARGE,
    SAVED, STREAM_CREATED, STREAM_DELETED, STREAM_HELD, STREAM_PRUNED, Saved, Within,
};
use crate::{
    format::{
        codec::{Cursor, Malformed},
        record::{RECORD_HEADER_BYTES, RecordHeader},
    },
    ids::{IdNumber, Position, RecordNumber, Sequence, StoreId, StreamNumber},
};

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
