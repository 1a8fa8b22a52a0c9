//! What a store must hold after a sequence of changes: maps and vectors, right by looking at them.
//!
//! Positions are the store's: a change that changes nothing takes none.

use std::{collections::BTreeMap, sync::Arc};

use agent_storage_engine::{
    engine::{Op, SaveRequest},
    ids::Sequence,
};

/// How many versions of a checkpoint the stores of these tests keep.
pub const HISTORY_LIMIT: u32 = 4;

/// An event and the change that appended it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelEvent {
    /// The change's position.
    pub position: u64,
    /// Its bytes.
    pub data: Arc<Vec<u8>>,
}

/// A stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ModelStream {
    /// How many events it ever had.
    pub last: u64,
    /// Those that are left, by sequence.
    pub events: BTreeMap<u64, ModelEvent>,
}

impl ModelStream {
    /// The oldest sequence that is left, or the next one.
    pub fn first(&self) -> u64 {
        self.events.keys().next().copied().unwrap_or(self.last + 1)
    }
}

/// A version of a checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelVersion {
    /// The change that saved it.
    pub position: u64,
    /// Its bytes.
    pub data: Arc<Vec<u8>>,
    /// Its lineage.
    pub lineage: String,
    /// Its meta.
    pub meta: Vec<u8>,
    /// Its time.
    pub time: f64,
}

/// A checkpoint.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelCheckpoint {
    /// The change that first saved it, and its place among those of one change.
    pub first_saved: (u64, u64),
    /// The versions that are kept.
    pub versions: BTreeMap<u32, ModelVersion>,
}

/// A whole store.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// The last change's position.
    pub position: u64,
    /// Streams by name.
    pub streams: BTreeMap<String, ModelStream>,
    /// Checkpoints by id.
    pub checkpoints: BTreeMap<String, ModelCheckpoint>,
    /// Internal records.
    pub internal: BTreeMap<Vec<u8>, Vec<u8>>,
    ids_given: u64,
}

/// What became of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// It took a position.
    Changed,
    /// There was nothing to change.
    Unchanged,
    /// A condition did not hold: refused whole.
    Conflict,
}

impl State {
    /// The state behind `ops` as one batch, and whether that is another one.
    #[must_use]
    pub fn after(&self, ops: &[Op]) -> (Self, Applied) {
        let mut next = self.clone();
        match next.advance(ops) {
            Applied::Conflict => (self.clone(), Applied::Conflict),
            applied => (next, applied),
        }
    }

    /// The state behind `ops` as one batch whose conditions hold; `look` sees the state before each of them.
    #[must_use]
    pub fn follow(&self, ops: &[Op], mut look: impl FnMut(&Self, &Op)) -> Self {
        let mut next = self.clone();
        next.position += 1;
        let mut changed = false;
        for op in ops {
            look(&next, op);
            changed |= next.apply(op).unwrap_or(false);
        }
        next.position = self.position + u64::from(changed);
        next
    }

    /// Makes this the state behind `ops` as one batch. After a conflict it is good for nothing.
    pub fn advance(&mut self, ops: &[Op]) -> Applied {
        self.position += 1;
        let mut changed = false;
        for op in ops {
            match self.apply(op) {
                Some(did) => changed |= did,
                None => return Applied::Conflict,
            }
        }
        if changed {
            return Applied::Changed;
        }
        self.position -= 1;
        Applied::Unchanged
    }

    /// Whether the change takes part in a frame; `None` where its condition does not hold.
    pub(super) fn apply(&mut self, op: &Op) -> Option<bool> {
        let position = self.position;
        match op {
            Op::Append { stream, events, after } => {
                if let Some(after) = after {
                    self.expect(stream, *after)?;
                }
                let known = self.streams.contains_key(stream);
                let row = self.streams.entry(stream.clone()).or_default();
                for event in events {
                    row.last += 1;
                    let data = Arc::new(event.clone());
                    row.events.insert(row.last, ModelEvent { position, data });
                }
                Some(!events.is_empty() || !known)
            }
            Op::Expect { stream, last, .. } => self.expect(stream, *last).map(|()| false),
            Op::Prune { stream, before } => {
                let Some(row) = self.streams.get_mut(stream) else { return Some(false) };
                let count = row.events.len();
                row.events.retain(|sequence, _| *sequence >= before.0);
                Some(row.events.len() < count)
            }
            Op::Hold { stream, .. } => Some(self.streams.contains_key(stream)),
            Op::DeleteStream { stream } => Some(self.streams.remove(stream).is_some()),
            Op::Save(save) => {
                self.save(save);
                Some(true)
            }
            Op::Delete { id, unless_after } => {
                let newest = self.checkpoints.get(id).and_then(|known| known.versions.values().next_back());
                let Some(newest) = newest else { return Some(false) };
                let this_batch = newest.position == position;
                if unless_after.is_some_and(|limit| this_batch || newest.position > limit.0) {
                    return Some(false);
                }
                self.checkpoints.remove(id);
                Some(true)
            }
            Op::SetInternal { key, value } => {
                self.internal.insert(key.clone(), value.clone());
                Some(true)
            }
            Op::RemoveInternal { key } => {
                self.internal.remove(key);
                Some(true)
            }
        }
    }

    fn expect(&self, stream: &str, last: Sequence) -> Option<()> {
        (self.last_sequence(stream) == last.0).then_some(())
    }

    /// The last sequence of a stream; 0 where there is none.
    pub fn last_sequence(&self, stream: &str) -> u64 {
        self.streams.get(stream).map_or(0, |row| row.last)
    }

    fn save(&mut self, save: &SaveRequest) {
        let first_saved = (self.position, self.ids_given);
        let known = self.checkpoints.entry(save.id.clone()).or_insert_with(|| {
            self.ids_given += 1;
            ModelCheckpoint { first_saved, versions: BTreeMap::new() }
        });
        let version = known.versions.keys().next_back().map_or(1, |newest| newest + 1);
        let made = ModelVersion {
            position: self.position,
            data: Arc::clone(&save.data),
            lineage: save.lineage.clone(),
            meta: save.meta.clone(),
            time: save.time.unwrap_or_default(),
        };
        known.versions.insert(version, made);
        known.versions.retain(|kept, _| kept + HISTORY_LIMIT > version);
    }

    /// The ids in the order in which they were first saved.
    pub fn by_first_save(&self) -> Vec<String> {
        let mut ids: Vec<_> = self.checkpoints.iter().map(|(id, known)| (known.first_saved, id)).collect();
        ids.sort_unstable();
        ids.into_iter().map(|(_, id)| id.clone()).collect()
    }

    /// The ids by the time of their newest version, ties by first save; from the latest to the earliest if `reverse`, ties as before.
    pub fn by_time(&self, reverse: bool) -> Vec<String> {
        // The sum makes the two zeros tie.
        let time = |id: &String| {
            self.checkpoints[id].versions.values().next_back().map_or(0., |last| last.time + 0.)
        };
        let mut ids = self.by_first_save();
        ids.sort_by(|left, right| {
            let order = time(left).total_cmp(&time(right));
            if reverse { order.reverse() } else { order }
        });
        ids
    }

    /// Takes over checkpoints as a list by first save gives them.
    pub fn number_ids(&mut self, by_first_save: &[String]) {
        for id in by_first_save {
            if let Some(known) = self.checkpoints.get_mut(id) {
                known.first_saved.1 = self.ids_given;
                self.ids_given += 1;
            }
        }
    }

    /// Where two states differ, in words; `None` where they are the same to whoever reads them.
    pub fn difference(&self, other: &Self) -> Option<String> {
        if self.position != other.position {
            return Some(format!("position {} against {}", self.position, other.position));
        }
        if self.internal != other.internal {
            return Some("internal records".to_owned());
        }
        stream_difference(&self.streams, &other.streams)
            .or_else(|| checkpoint_difference(&self.checkpoints, &other.checkpoints))
            .or_else(|| {
                let (mine, theirs) = (self.by_first_save(), other.by_first_save());
                (mine != theirs).then(|| format!("order {mine:?} against {theirs:?}"))
            })
    }
}

fn stream_difference(
    left: &BTreeMap<String, ModelStream>,
    right: &BTreeMap<String, ModelStream>,
) -> Option<String> {
    if !left.keys().eq(right.keys()) {
        return Some(format!("streams {:?} against {:?}", left.keys(), right.keys()));
    }
    left.iter().zip(right.values()).find_map(|((name, left), right)| {
        if (left.first(), left.last) != (right.first(), right.last) {
            let ends = |row: &ModelStream| (row.first(), row.last);
            return Some(format!("stream {name:?} {:?} against {:?}", ends(left), ends(right)));
        }
        let differs = left.events.iter().find(|(sequence, event)| right.events.get(sequence) != Some(event));
        differs.map(|(sequence, event)| {
            format!(
                "event {sequence} of {name:?}, at position {}, {} bytes",
                event.position,
                event.data.len()
            )
        })
    })
}

fn checkpoint_difference(
    left: &BTreeMap<String, ModelCheckpoint>,
    right: &BTreeMap<String, ModelCheckpoint>,
) -> Option<String> {
    if !left.keys().eq(right.keys()) {
        return Some(format!("checkpoints {:?} against {:?}", left.keys(), right.keys()));
    }
    left.iter().zip(right.values()).find_map(|((id, left), right)| {
        if left.first_saved.0 != right.first_saved.0 {
            let firsts = (left.first_saved.0, right.first_saved.0);
            return Some(format!("first position of {id:?}: {firsts:?}"));
        }
        if !left.versions.keys().eq(right.versions.keys()) {
            let versions = (left.versions.keys(), right.versions.keys());
            return Some(format!("versions of {id:?}: {versions:?}"));
        }
        let differs = left.versions.iter().find(|(version, kept)| right.versions.get(version) != Some(kept));
        differs.map(|(version, kept)| {
            let found = &right.versions[version];
            let facts = |one: &ModelVersion| {
                format!(
                    "position {} {} bytes meta {} lineage {:?} time {}",
                    one.position,
                    one.data.len(),
                    one.meta.len(),
                    one.lineage,
                    one.time
                )
            };
            format!("version {version} of {id:?}: {} against {}", facts(kept), facts(found))
        })
    })
}
