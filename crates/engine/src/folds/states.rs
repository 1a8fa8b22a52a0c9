//! Kept states as internal records.
//!
//! Constraint: a state's records are written and removed in one change, so there are all of them or none. They are small enough for a block each, since a state
//! can have many megabytes. The first one tells how many follow, so that looking for a state reads none.

use std::path::Path;

use crate::{
    catalog::keys,
    engine::{Op, Stream},
    error::{Error, Result},
    ids::{Sequence, StreamNumber},
    tables::Snapshot,
};

const PIECE_BYTES: usize = 256 << 10;

const HEAD: u8 = 0;
const PIECE: u8 = 1;

/// The states of one fold over one stream. A stream that is deleted and made anew has another number, and none of the old states.
pub(super) struct States<'a> {
    snapshot: &'a Snapshot,
    stream: StreamNumber,
    fold: &'static str,
}

/// A state that is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// The last event in it.
    pub(super) sequence: Sequence,
    pieces: u32,
}

impl<'a> States<'a> {
    pub(super) fn new(fold: &'static str, stream: &'a Stream) -> Self {
        Self { snapshot: &stream.snapshot, stream: stream.number, fold }
    }

    /// The states of events before `until`, newest first.
    pub(super) fn before(&self, until: Sequence) -> Result<Vec<State>> {
        let from = keys::internal(&self.head(Sequence(0)));
        let until = keys::internal(&self.head(until));
        let mut scan = self.snapshot.scan(&from, Some(&until), true)?;
        let mut found = Vec::new();
        while let Some((key, value)) = scan.step()? {
            let sequence = key.last_chunk().map(|bytes| Sequence(u64::from_be_bytes(*bytes)));
            let pieces = value.try_into().map(u32::from_be_bytes).ok();
            let (Some(sequence), Some(pieces)) = (sequence, pieces) else {
                return Err(damaged(self.snapshot.directory()));
            };
            found.push(State { sequence, pieces });
        }
        Ok(found)
    }

    /// The bytes of `state`.
    pub(super) fn read(&self, state: State) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for index in 0..state.pieces {
            let piece = self.snapshot.get(&keys::internal(&self.piece(state.sequence, index)))?;
            bytes.extend(piece.ok_or_else(|| damaged(self.snapshot.directory()))?);
        }
        Ok(bytes)
    }

    /// What puts `bytes` as the state after `sequence`, and that state.
    pub(super) fn put(&self, sequence: Sequence, bytes: &[u8], ops: &mut Vec<Op>) -> State {
        let mut pieces = 0;
        for piece in bytes.chunks(PIECE_BYTES) {
            ops.push(Op::SetInternal { key: self.piece(sequence, pieces), value: piece.to_vec() });
            pieces += 1;
        }
        ops.push(Op::SetInternal { key: self.head(sequence), value: pieces.to_be_bytes().to_vec() });
        State { sequence, pieces }
    }

    /// What removes `state`.
    pub(super) fn remove(&self, state: State, ops: &mut Vec<Op>) {
        let pieces = (0..state.pieces).map(|index| self.piece(state.sequence, index));
        let keys = pieces.chain([self.head(state.sequence)]);
        ops.extend(keys.map(|key| Op::RemoveInternal { key }));
    }

    fn head(&self, sequence: Sequence) -> Vec<u8> {
        self.key(HEAD, &sequence.0.to_be_bytes())
    }

    fn piece(&self, sequence: Sequence, index: u32) -> Vec<u8> {
        self.key(PIECE, &[&sequence.0.to_be_bytes()[..], &index.to_be_bytes()].concat())
    }

    fn key(&self, kind: u8, place: &[u8]) -> Vec<u8> {
        let rest = [b"fold/", self.fold.as_bytes(), &[0, kind], place].concat();
        keys::internal_of_stream(self.stream, &rest)
    }
}

/// A state that is not what was written.
pub(super) fn damaged(directory: &Path) -> Error {
    Error::corrupt(directory, 0, "kept state of a stream")
}
