//! Writing changes.

use super::{
    Change, DELETED, Deleted, EVENTS, HAS_RECORD, HAS_TIME_BEFORE, INTERNAL_REMOVED, INTERNAL_SET, LARGE,
    SAVED, STREAM_CREATED, STREAM_DELETED, STREAM_HELD, STREAM_PRUNED, Saved,
};
use crate::{
    format::codec::Put,
    ids::{Sequence, StoreId, StreamNumber},
};

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
