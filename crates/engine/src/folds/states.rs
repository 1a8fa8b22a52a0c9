//! Kept states as internal records.
//!
//! Constraints:
//! - a state is there once its head says that it is complete; the head goes before the pieces too, incomplete, so that pieces of which the rest never came
//!   are known and removed with the others;
//! - a piece is no larger than what an append may have to wait for, and each goes into a change of its own;
//! - looking for a state reads none.

use std::path::Path;

use super::Run;
use crate::{
    catalog::keys,
    engine::{Op, Stream},
    error::{Error, Result},
    ids::{Sequence, StreamNumber},
    tables::{Scan, Snapshot},
};

/// As large as a record that goes into the log.
const PIECE_BYTES: usize = 32 << 10;

const HEAD: u8 = 0;
const PIECE: u8 = 1;

/// The states of one fold over one stream. A stream that is deleted and made anew has another number, and none of the old states.
pub(super) struct States<'a> {
    snapshot: &'a Snapshot,
    stream: StreamNumber,
    fold: &'static str,
}

/// A state that is kept, or was begun to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct State {
    /// The last event in it.
    pub(super) sequence: Sequence,
    pub(super) is_complete: bool,
    pieces: u32,
}

impl State {
    /// Whether it is there, and a state of `run`.
    pub(super) fn is_of(&self, run: &Run) -> bool {
        self.is_complete && run.contains(self.sequence)
    }
}

impl<'a> States<'a> {
    pub(super) fn new(fold: &'static str, stream: &'a Stream) -> Self {
        Self { snapshot: &stream.snapshot, stream: stream.number, fold }
    }

    /// All states, newest first.
    pub(super) fn all(&self) -> Result<Vec<State>> {
        let mut heads = self.heads(Sequence(u64::MAX))?;
        let mut found = Vec::new();
        while let Some(state) = self.next_head(&mut heads)? {
            found.push(state);
        }
        Ok(found)
    }

    /// The newest complete one of an event of `run` before `until`.
    pub(super) fn newest(&self, run: &Run, until: Sequence) -> Result<Option<State>> {
        let mut heads = self.heads(until)?;
        while let Some(state) = self.next_head(&mut heads)? {
            if state.is_of(run) {
                return Ok(Some(state));
            }
        }
        Ok(None)
    }

    fn heads(&self, until: Sequence) -> Result<Scan> {
        let [from, until] = [Sequence(0), until].map(|sequence| keys::internal(&self.head(sequence)));
        self.snapshot.scan(&from, Some(&until), true)
    }

    fn next_head(&self, heads: &mut Scan) -> Result<Option<State>> {
        let Some((key, value)) = heads.step()? else { return Ok(None) };
        let sequence = key.last_chunk().map(|bytes| Sequence(u64::from_be_bytes(*bytes)));
        let state = sequence.zip(read_head(value)).map(|(sequence, (is_complete, pieces))| State {
            sequence,
            is_complete,
            pieces,
        });
        state.map(Some).ok_or_else(|| damaged(self.snapshot.directory()))
    }

    /// The bytes of `state`; `None` where a piece is missing, or where there is no memory for them.
    pub(super) fn read(&self, state: State) -> Result<Option<Vec<u8>>> {
        let [from, until] = [0, state.pieces].map(|index| keys::internal(&self.piece(state.sequence, index)));
        let mut scan = self.snapshot.scan(&from, Some(&until), false)?;
        let (mut bytes, mut count) = (Vec::new(), 0);
        if bytes.try_reserve_exact((state.pieces as usize).saturating_mul(PIECE_BYTES)).is_err() {
            return Ok(None);
        }
        while let Some((_, piece)) = scan.step()? {
            bytes.extend_from_slice(piece);
            count += 1;
        }
        Ok((count == state.pieces).then_some(bytes))
    }

    /// The state after `sequence` of so many bytes.
    pub(super) fn state(sequence: Sequence, bytes: usize) -> State {
        let pieces = u32::try_from(bytes.div_ceil(PIECE_BYTES)).unwrap_or(u32::MAX);
        State { sequence, is_complete: true, pieces }
    }

    /// The changes that put the pieces of `state`, one after the other, so that it can be completed.
    pub(super) fn put_pieces(&self, state: State, bytes: &[u8]) -> impl Iterator<Item = Op> {
        let begun = self.put_head(State { is_complete: false, ..state });
        let pieces = (0..).zip(bytes.chunks(PIECE_BYTES)).map(move |(index, piece)| Op::SetInternal {
            key: self.piece(state.sequence, index),
            value: piece.to_vec(),
        });
        std::iter::once(begun).chain(pieces)
    }

    /// The change that tells how complete `state` is.
    pub(super) fn put_head(&self, state: State) -> Op {
        let value = [&[u8::from(state.is_complete)], &state.pieces.to_be_bytes()[..]].concat();
        Op::SetInternal { key: self.head(state.sequence), value }
    }

    /// The changes that remove `state`.
    pub(super) fn remove(&self, state: State) -> impl Iterator<Item = Op> {
        let pieces = (0..state.pieces).map(move |index| self.piece(state.sequence, index));
        pieces.chain([self.head(state.sequence)]).map(|key| Op::RemoveInternal { key })
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

fn read_head(value: &[u8]) -> Option<(bool, u32)> {
    let (complete, pieces) = value.split_first()?;
    let pieces = u32::from_be_bytes(pieces.try_into().ok()?);
    (*complete <= 1).then_some((*complete == 1, pieces))
}

/// A state that is not what was written.
pub(super) fn damaged(directory: &Path) -> Error {
    Error::corrupt(directory, 0, "kept state of a stream")
}
