//! What a store is seen to hold, through the calls a program has.

use std::{collections::BTreeMap, sync::Arc};

use agent_storage_engine::{
    catalog::{
        find::CheckpointInfo,
        listing::{ListOptions, Order},
    },
    error::{Error, Result},
    events::replay::EventBatch,
    ids::Sequence,
    store::Store,
};

use super::{
    history::History,
    model::{ModelCheckpoint, ModelEvent, ModelStream, ModelVersion, State},
};

/// The internal records that the workloads use.
pub const INTERNAL_KEYS: [&[u8]; 3] = [b"run", b"snapshot", b"fingerprint"];

/// Reads everything that `store` holds. `position`: of its last change, where the store takes no batch to tell it.
///
/// # Panics
/// Where two calls contradict each other.
pub fn observe(store: &Arc<Store>, position: Option<u64>) -> Result<State> {
    let position = match position {
        Some(position) => position,
        None => store.commit_and_wait(Vec::new())?.position.0,
    };
    let mut state = State::default();
    state.position = position;
    for stream in store.streams()? {
        let row = read_stream(store, &stream.name)?;
        assert_eq!(row.last, stream.last_sequence.0, "stream {:?}", stream.name);
        assert_eq!(row.first(), stream.first_sequence.0, "stream {:?}", stream.name);
        let bytes: u64 = row.events.values().map(|event| event.data.len() as u64).sum();
        assert_eq!(bytes, stream.bytes, "bytes of stream {:?}", stream.name);
        state.streams.insert(stream.name, row);
    }
    let mut by_first_save = Vec::new();
    for info in list(store, Order::FirstSaved, false)? {
        by_first_save.push(info.id.clone());
        let checkpoint = read_checkpoint(store, &info)?;
        state.checkpoints.insert(info.id, checkpoint);
    }
    state.number_ids(&by_first_save);
    check_orders(store, &state, &by_first_save)?;
    for key in INTERNAL_KEYS {
        if let Some(value) = store.internal(key)? {
            state.internal.insert(key.to_vec(), value);
        }
    }
    let figures = store.stats()?;
    let versions: usize = state.checkpoints.values().map(|one| one.versions.len()).sum();
    assert_eq!(
        (figures.checkpoints, figures.versions),
        (state.checkpoints.len() as u64, versions as u64),
        "counts"
    );
    let events: usize = state.streams.values().map(|row| row.events.len()).sum();
    assert_eq!(figures.events, events as u64, "count of events");
    Ok(state)
}

/// Reads everything that a poisoned store holds and checks it. One that takes no batch does not tell its position: it is one of those that the
/// calls in doubt can have led to.
///
/// # Panics
/// Where it differs from what was accepted.
pub fn read_while_poisoned(store: &Arc<Store>, history: &History, label: &str) -> Result<()> {
    let mut wrong = Vec::new();
    for position in history.last()..=history.farthest() {
        let seen = observe(store, Some(position))?;
        match history.check(&seen, history.last()) {
            Ok(()) => return Ok(()),
            Err(differs) => wrong.push(differs),
        }
    }
    panic!("{label}: read while poisoned: {wrong:?}");
}

fn read_stream(store: &Arc<Store>, name: &str) -> Result<ModelStream> {
    let mut row = ModelStream { last: store.last_sequence(name)?.0, events: BTreeMap::new() };
    let mut events = store.replay_events(name, Sequence(0), None)?;
    let mut batch = EventBatch::default();
    loop {
        events.fill(&mut batch, 1000, 1 << 20)?;
        if batch.events.is_empty() {
            return Ok(row);
        }
        for event in &batch.events {
            let data = Arc::new(batch.data(event).to_vec());
            row.events.insert(event.sequence.0, ModelEvent { position: event.position.0, data });
        }
    }
}

fn list(store: &Arc<Store>, order: Order, reverse: bool) -> Result<Vec<CheckpointInfo>> {
    store.checkpoints(ListOptions { order, reverse, ..ListOptions::default() })?.collect()
}

fn read_checkpoint(store: &Arc<Store>, newest: &CheckpointInfo) -> Result<ModelCheckpoint> {
    let id = newest.id.as_str();
    let mut versions = BTreeMap::new();
    let history = store.history(id)?;
    assert_eq!(history.last(), Some(newest), "the list and the history of {id:?}");
    for info in history {
        let data = store.load_and_wait(id, Some(info.version))?.ok_or_else(|| missing(id, info.version))?;
        assert_eq!(data.len() as u64, info.bytes, "{id:?}");
        let version = ModelVersion {
            position: info.position.0,
            data,
            lineage: info.lineage,
            meta: info.meta,
            time: info.time,
        };
        versions.insert(info.version, version);
    }
    let loaded = store.load_and_wait(id, None)?;
    let last = versions.values().next_back().map(|version| Arc::clone(&version.data));
    assert!(loaded == last, "the newest version of {id:?}");
    Ok(ModelCheckpoint { first_saved: (newest.first_position.0, 0), versions })
}

fn missing(id: &str, version: u32) -> Error {
    Error::NotFound { what: format!("version {version} of {id:?}, which is in the history") }
}

fn check_orders(store: &Arc<Store>, state: &State, by_first_save: &[String]) -> Result<()> {
    let ids = |order, reverse| -> Result<Vec<String>> {
        Ok(list(store, order, reverse)?.into_iter().map(|info| info.id).collect())
    };
    let mut backwards = ids(Order::FirstSaved, true)?;
    backwards.reverse();
    assert_eq!(backwards, by_first_save, "the list by first save, reversed");
    for reverse in [false, true] {
        assert_eq!(
            ids(Order::Time, reverse)?,
            state.by_time(reverse),
            "the list by time, reverse: {reverse}"
        );
    }
    Ok(())
}

/// Reads what a repair has left of a store: without a position, and without comparing counts, which include what was given up.
pub fn salvaged(store: &Arc<Store>) -> Result<State> {
    let mut state = State::default();
    for stream in store.streams()? {
        state.streams.insert(stream.name.clone(), read_stream(store, &stream.name)?);
    }
    for info in list(store, Order::FirstSaved, false)? {
        let checkpoint = read_checkpoint(store, &info)?;
        state.checkpoints.insert(info.id, checkpoint);
    }
    for key in INTERNAL_KEYS {
        if let Some(value) = store.internal(key)? {
            state.internal.insert(key.to_vec(), value);
        }
    }
    Ok(state)
}
