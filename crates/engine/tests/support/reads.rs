//! Single reads, as a program makes them, compared with what the store must hold. [`super::observe`] reads everything; these read parts.

use std::sync::Arc;

use agent_storage_engine::{
    catalog::{
        find::CheckpointInfo,
        listing::{ListOptions, Order},
    },
    error::Result,
    events::replay::EventBatch,
    ids::Sequence,
    store::{Events, StorageEngine, Store},
};

use super::{
    answers::info_difference,
    model::{ModelEvent, State},
};

/// How many events and bytes one step of a replay asks for.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// At most so many events.
    pub events: usize,
    /// No further event after so many bytes.
    pub bytes: usize,
}

/// A replay that was begun, and what it must still give.
pub struct Reading {
    events: Events,
    expected: Vec<(u64, ModelEvent)>,
    given: usize,
}

impl Reading {
    /// Begins one.
    pub fn begin(
        store: &Arc<Store>,
        state: &State,
        stream: &str,
        from: Sequence,
        limit: Option<u64>,
    ) -> Result<Self> {
        let events = store.replay_events(stream, from, limit)?;
        let row = state.streams.get(stream).cloned().unwrap_or_default();
        let most = limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        let expected = row.events.into_iter().filter(|(sequence, _)| *sequence >= from.0).take(most);
        Ok(Self { events, expected: expected.collect(), given: 0 })
    }

    /// Reads one step further; `false` at the end.
    ///
    /// # Panics
    /// Where it is not what it must be.
    pub fn go_on(&mut self, step: Step) -> Result<bool> {
        let mut batch = EventBatch::default();
        self.events.fill(&mut batch, step.events, step.bytes)?;
        let given = batch.events.len();
        assert!(given <= step.events, "{given} events for {step:?}");
        let left = &self.expected[self.given..];
        let (wanted, _) = left.split_at_checked(given).unwrap_or((left, &[]));
        let before_last = wanted.iter().rev().skip(1).map(|(_, event)| event.data.len()).sum::<usize>();
        assert!(given <= 1 || before_last < step.bytes, "{given} events for {step:?}");
        assert_eq!(given, wanted.len(), "events that were not there");
        assert!(given > 0 || left.is_empty(), "{} events were not given", left.len());
        for (event, (sequence, expected)) in batch.events.iter().zip(wanted) {
            let facts = (event.sequence.0, event.position.0);
            assert_eq!(facts, (*sequence, expected.position), "sequence and position of an event");
            assert!(batch.data(event) == expected.data.as_slice(), "the bytes of event {sequence}");
        }
        self.given += given;
        Ok(given > 0)
    }
}

/// Replays the stream that [`StorageEngine`] is about by its iterator.
///
/// # Panics
/// Where it is not what it must be.
pub fn replay_by_iterator(store: &Arc<Store>, state: &State, from: Sequence) -> Result<()> {
    let row = state.streams.get("").cloned().unwrap_or_default();
    let mut expected = row.events.iter().filter(|(sequence, _)| **sequence >= from.0);
    for event in StorageEngine::replay_events(store, from.0) {
        let event = event?;
        let wanted = expected.next().map(|(sequence, wanted)| (*sequence, wanted.data.to_vec()));
        assert_eq!(Some((event.sequence, event.data)), wanted, "an event of the iterator");
    }
    assert!(expected.next().is_none(), "events were not given by the iterator");
    Ok(())
}

/// Loads a version, the newest where none is named.
///
/// # Panics
/// Where it is not what it must be.
pub fn load(store: &Arc<Store>, state: &State, id: &str, version: Option<u32>) -> Result<()> {
    let loaded = store.load_and_wait(id, version)?;
    let known = state.checkpoints.get(id).map(|known| &known.versions);
    let expected = known.and_then(|versions| match version {
        Some(version) => versions.get(&version),
        None => versions.values().next_back(),
    });
    let found = loaded.as_ref().map(|data| data.len());
    let wanted = expected.map(|version| version.data.len());
    assert_eq!(found, wanted, "the length of version {version:?} of {id:?}");
    assert!(loaded == expected.map(|version| Arc::clone(&version.data)), "version {version:?} of {id:?}");
    Ok(())
}

/// Lists checkpoints.
///
/// # Panics
/// Where it is not what it must be.
pub fn list(store: &Arc<Store>, state: &State, options: &ListOptions) -> Result<()> {
    let listed: Vec<CheckpointInfo> = store.checkpoints(options.clone())?.collect::<Result<_>>()?;
    let mut expected = match options.order {
        Order::FirstSaved => state.by_first_save(),
        Order::Time => state.by_time(options.reverse),
    };
    if options.reverse && options.order == Order::FirstSaved {
        expected.reverse();
    }
    expected.retain(|id| {
        let newest = state.checkpoints[id].versions.values().next_back().expect("an id has a version");
        id.starts_with(&options.prefix)
            && options.lineage.as_ref().is_none_or(|lineage| *lineage == newest.lineage)
            && options.from.is_none_or(|from| newest.time >= from)
            && options.until.is_none_or(|until| newest.time <= until)
    });
    expected.truncate(options.limit.unwrap_or(usize::MAX));
    let ids: Vec<_> = listed.iter().map(|info| info.id.clone()).collect();
    assert_eq!(ids, expected, "the list of {options:?}");
    for info in &listed {
        let newest = state.checkpoints[&info.id].versions.keys().next_back();
        assert_eq!(Some(&info.version), newest, "the newest version of {:?}", info.id);
        check_info(state, info);
    }
    Ok(())
}

/// Asks for the versions of an id.
///
/// # Panics
/// Where they are not what they must be.
pub fn history(store: &Arc<Store>, state: &State, id: &str) -> Result<()> {
    let told = store.history(id)?;
    let versions: Vec<_> = told.iter().map(|info| info.version).collect();
    let known: Option<Vec<u32>> =
        state.checkpoints.get(id).map(|known| known.versions.keys().copied().collect());
    assert_eq!(versions, known.unwrap_or_default(), "the versions of {id:?}");
    for info in &told {
        check_info(state, info);
    }
    Ok(())
}

fn check_info(state: &State, info: &CheckpointInfo) {
    if let Some(differs) = info_difference(state, info) {
        panic!("{differs}");
    }
}

/// Asks for the streams and the figures.
///
/// # Panics
/// Where they are not what they must be.
pub fn figures(store: &Arc<Store>, state: &State) -> Result<()> {
    let told = store.streams()?.into_iter();
    let streams: Vec<_> =
        told.map(|one| (one.name, one.first_sequence.0, one.last_sequence.0, one.bytes)).collect();
    let bytes = |events: &std::collections::BTreeMap<u64, ModelEvent>| {
        events.values().map(|event| event.data.len() as u64).sum::<u64>()
    };
    let known = state.streams.iter();
    let expected: Vec<_> =
        known.map(|(name, row)| (name.clone(), row.first(), row.last, bytes(&row.events))).collect();
    assert_eq!(streams, expected, "the streams");
    let told = store.stats()?;
    let versions = state.checkpoints.values().map(|known| known.versions.len() as u64).sum();
    let events = state.streams.values().map(|row| row.events.len() as u64).sum();
    let expected = (events, state.checkpoints.len() as u64, versions, false);
    assert_eq!((told.events, told.checkpoints, told.versions, told.poisoned), expected, "the figures");
    Ok(())
}
