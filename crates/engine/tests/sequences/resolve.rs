//! What the words of an operation stand for in a store that holds this or that.

use std::sync::Arc;

use agent_storage_engine::{
    catalog::listing::ListOptions,
    engine::{Op, SaveRequest},
    ids::{Position, Sequence},
    options::MAX_NAME_BYTES,
};

use super::{
    operation::{Body, Bytes, Change, Condition, Handle, List, Name, Place, Version},
    support::{model::State, observe::INTERNAL_KEYS, rng::Rng},
};

pub(super) fn name(name: Name) -> String {
    match name {
        Name::Plain(name) => name.to_owned(),
        Name::LongestOf(letter) => letter.repeat(MAX_NAME_BYTES / letter.len()),
    }
}

pub(super) fn bytes(bytes: Bytes) -> Vec<u8> {
    match bytes {
        Bytes::Noise(length, seed) => Rng::new(seed.into()).bytes(length),
        Bytes::Text(length, which) => {
            let line = format!("{which}: what a tool said, and more of it\n");
            line.bytes().cycle().take(length).collect()
        }
    }
}

pub(super) fn all_bytes(all: &[Bytes]) -> Vec<Vec<u8>> {
    all.iter().copied().map(bytes).collect()
}

/// The sequence that a condition on `stream` names.
pub(super) fn condition(condition: Condition, stream: &str, state: &State) -> Sequence {
    let last = state.last_sequence(stream);
    match condition {
        Condition::Holds => Sequence(last),
        Condition::Stale => Sequence(last.checked_sub(1).unwrap_or(1)),
    }
}

pub(super) fn place(place: Place, stream: &str, state: &State) -> Sequence {
    let row = state.streams.get(stream).cloned().unwrap_or_default();
    Sequence(match place {
        Place::Zero => 0,
        Place::First => row.first(),
        Place::Middle => row.first().midpoint(row.last),
        Place::Last => row.last,
        Place::Next => row.last + 1,
        Place::Beyond => u64::MAX,
    })
}

pub(super) fn version(version: Version, id: &str, state: &State) -> Option<u32> {
    let versions = state.checkpoints.get(id).map(|known| &known.versions);
    let newest = versions.and_then(|versions| versions.keys().next_back()).copied().unwrap_or(0);
    let oldest = versions.and_then(|versions| versions.keys().next()).copied().unwrap_or(0);
    match version {
        Version::Newest => None,
        Version::NewestByNumber => Some(newest),
        Version::Oldest => Some(oldest),
        Version::Gone => Some(oldest.saturating_sub(1)),
        Version::NotYet => Some(newest + 1),
    }
}

pub(super) fn list(list: &List) -> ListOptions {
    ListOptions {
        prefix: list.prefix.to_owned(),
        lineage: list.lineage.map(name),
        limit: list.limit,
        reverse: list.reverse,
        order: list.order,
        from: list.from,
        until: list.until,
    }
}

/// A batch, each change in the state behind those before it.
pub(super) fn batch(changes: &[Change], handle: Handle, state: &State) -> Vec<Op> {
    let mut ops: Vec<Op> = Vec::new();
    for one in changes {
        let (next, _) = state.after(&ops);
        ops.push(change(one, handle, &next));
    }
    ops
}

pub(super) fn change(change: &Change, handle: Handle, state: &State) -> Op {
    match change {
        Change::Append(stream, events, after) => {
            let stream = name(*stream);
            let after = after.map(|after| condition(after, &stream, state));
            Op::Append { stream, events: all_bytes(events), after }
        }
        Change::Expect(stream, last) => {
            let stream = name(*stream);
            Op::Expect { last: condition(*last, &stream, state), first: None, stream }
        }
        Change::Prune(stream, before) => {
            let stream = name(*stream);
            Op::Prune { before: place(*before, &stream, state), stream }
        }
        Change::Hold(stream, from) => {
            let stream = name(*stream);
            // No stream gets to the last of all sequences, so that no hold from there is taken.
            let from = from.map(|from| place(from, &stream, state)).filter(|from| from.0 < u64::MAX);
            Op::Hold { from, stream }
        }
        Change::DeleteStream(stream) => Op::DeleteStream { stream: name(*stream) },
        Change::Save { id, body, lineage, meta, time } => {
            let id = name(*id);
            let data = Arc::new(contents(body, &id, state));
            let (lineage, meta) = (name(*lineage), bytes(*meta));
            let (level, max_delta_chain) = (handle.level, handle.max_delta_chain);
            Op::Save(SaveRequest { id, data, lineage, meta, time: Some(*time), level, max_delta_chain })
        }
        Change::Delete(id) => Op::Delete { id: name(*id), unless_after: None },
        Change::DeleteUnlessSaved(id, since) => {
            let id = name(*id);
            let saved = newest(&id, state).map_or(state.position, |(position, _)| position);
            let since = match since {
                Condition::Holds => saved,
                Condition::Stale => saved.saturating_sub(1),
            };
            Op::Delete { id, unless_after: Some(Position(since)) }
        }
        Change::Set(key, value) => {
            Op::SetInternal { key: INTERNAL_KEYS[*key].to_vec(), value: bytes(*value) }
        }
        Change::Remove(key) => Op::RemoveInternal { key: INTERNAL_KEYS[*key].to_vec() },
    }
}

fn contents(body: &Body, id: &str, state: &State) -> Vec<u8> {
    let mut data = newest(id, state).map_or_else(Vec::new, |(_, data)| data.to_vec());
    let at = match body {
        Body::New(all) => return bytes(*all),
        Body::Grown(_) => data.len(),
        Body::Edited(_) => data.len() / 2,
    };
    let (Body::New(part) | Body::Grown(part) | Body::Edited(part)) = body;
    data.splice(at..at, bytes(*part));
    data
}

fn newest<'a>(id: &str, state: &'a State) -> Option<(u64, &'a [u8])> {
    let version = state.checkpoints.get(id)?.versions.values().next_back()?;
    Some((version.position, &version.data))
}
