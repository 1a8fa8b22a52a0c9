//! What a store must answer, given what it held: the answer of a batch, and what it tells of a checkpoint.

use std::collections::BTreeMap;

use agent_storage_engine::{
    catalog::find::CheckpointInfo,
    engine::{BatchResult, Op},
    ids::{Position, Sequence},
};

use super::model::{ModelCheckpoint, ModelVersion, State};

/// Where the answer of a batch that was accepted is not what `before` and the changes say; `None` where it is.
pub fn difference(before: &State, ops: &[Op], answer: &BatchResult) -> Option<String> {
    let mut expected = BatchResult::default();
    let mut saved = Vec::new();
    let after = before.follow(ops, |state, op| match op {
        Op::Append { stream, .. } => {
            expected.sequences.push(Sequence(state.last_sequence(stream) + 1));
        }
        Op::Prune { stream, before } => {
            let events = state.streams.get(stream).map(|row| &row.events);
            expected.pruned.push(events.map_or(0, |events| events.range(..before.0).count() as u64));
        }
        Op::DeleteStream { stream } => {
            expected.deleted_streams.push(state.streams.contains_key(stream));
        }
        Op::Save(save) => saved.push((save.id.clone(), next_version(state.checkpoints.get(&save.id)))),
        Op::Delete { id, .. } => {
            let mut next = state.clone();
            next.apply(op);
            expected.deleted.push(next.checkpoints.contains_key(id) != state.checkpoints.contains_key(id));
        }
        _ => {}
    });
    let told = BatchResult { checkpoints: Vec::new(), position: expected.position, ..answer.clone() };
    if told != expected {
        return Some(format!("answered {told:?}, not {expected:?}"));
    }
    if answer.position.0 != after.position {
        return Some(format!("answered position {}, not {}", answer.position, after.position));
    }
    let versions: Vec<_> = answer.checkpoints.iter().map(|info| (info.id.clone(), info.version)).collect();
    if versions != saved {
        return Some(format!("answered saves {versions:?}, not {saved:?}"));
    }
    // What the batch itself deleted or saved again is not there to be compared with.
    answer.checkpoints.iter().enumerate().find_map(|(index, info)| {
        let again = answer.checkpoints[index + 1..].iter().any(|later| later.id == info.id);
        let is_there = after.checkpoints.contains_key(&info.id);
        if again || !is_there { None } else { info_difference(&after, info) }
    })
}

fn next_version(known: Option<&ModelCheckpoint>) -> u32 {
    known.and_then(|known| known.versions.keys().next_back()).map_or(1, |newest| newest + 1)
}

/// Where what is told of a version is not what `state` has; `None` where it is.
pub fn info_difference(state: &State, info: &CheckpointInfo) -> Option<String> {
    let Some((known, version)) = find(&state.checkpoints, info) else {
        return Some(format!("there is no version {} of {:?}", info.version, info.id));
    };
    let expected = CheckpointInfo {
        bytes: version.data.len() as u64,
        time: version.time,
        lineage: version.lineage.clone(),
        meta: version.meta.clone(),
        position: Position(version.position),
        first_position: Position(known.first_saved.0),
        // Others may have called before the commit, never after it.
        called_after: info.called_after.min(Position(version.position - 1)),
        ..info.clone()
    };
    (*info != expected || info.time.to_bits() != expected.time.to_bits())
        .then(|| format!("told {info:?}, not {expected:?}"))
}

fn find<'a>(
    checkpoints: &'a BTreeMap<String, ModelCheckpoint>,
    info: &CheckpointInfo,
) -> Option<(&'a ModelCheckpoint, &'a ModelVersion)> {
    let known = checkpoints.get(&info.id)?;
    Some((known, known.versions.get(&info.version)?))
}
