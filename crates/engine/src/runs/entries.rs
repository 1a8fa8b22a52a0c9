//! Entries in the raw bytes of a block: keys that share a prefix with the key before, each with its value or none.
//!
//! Constraints: keys ascend strictly, which is checked on reading; reading goes through the bytes once and copies only what a key does not share with
//! the one before, so that it is linear in the raw length whatever the fields say.

use std::{cmp::Ordering, ops::Range};

use super::block::{MAX_RAW_BYTES, emptied};
use crate::{
    error::{Error, Result},
    format::codec::{Cursor, Malformed, Put},
};

/// The three numbers before an entry's bytes take at most this much: each is below 2³².
const MAX_FIELD_BYTES: usize = 15;

/// What a run says of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'a> {
    /// Its value.
    Put(&'a [u8]),
    /// That it was removed, which hides the key in older runs.
    Removed,
}

/// Collects the entries of one block after the other.
#[derive(Debug, Default)]
pub(super) struct EntryWriter {
    raw: Vec<u8>,
    count: u32,
    first_key: Vec<u8>,
    last_key: Option<Vec<u8>>,
}

impl EntryWriter {
    /// Checks that an entry may come next: its key is above the one before, also one of an earlier block, and it fits a block.
    pub(super) fn check(&self, key: &[u8], entry: Entry<'_>) -> Result<()> {
        if self.last_key.as_deref().is_some_and(|last| key <= last) {
            return Err(Error::InvalidArgument { what: "the keys of a run must ascend".to_owned() });
        }
        let bytes = MAX_FIELD_BYTES as u64 + key.len() as u64 + value_of(entry).len() as u64;
        if bytes > MAX_RAW_BYTES as u64 {
            return Err(Error::TooLarge { what: "an entry of a run", bytes, limit: MAX_RAW_BYTES as u64 });
        }
        Ok(())
    }

    /// About how long the block will be with this entry too.
    pub(super) fn length_with(&self, key: &[u8], entry: Entry<'_>) -> usize {
        self.raw.len() + key.len() - self.shared(key) + value_of(entry).len() + MAX_FIELD_BYTES
    }

    /// Adds an entry that was checked.
    pub(super) fn push(&mut self, key: &[u8], entry: Entry<'_>) {
        let shared = self.shared(key);
        let (_, unshared) = key.split_at(shared);
        if self.count == 0 {
            self.first_key.clear();
            self.first_key.extend_from_slice(key);
        }
        self.raw.put_varint(shared as u64);
        self.raw.put_varint(unshared.len() as u64);
        self.raw.put_varint(match entry {
            Entry::Put(value) => value.len() as u64 + 1,
            Entry::Removed => 0,
        });
        self.raw.extend_from_slice(unshared);
        self.raw.extend_from_slice(value_of(entry));
        let last = self.last_key.get_or_insert_default();
        last.truncate(shared);
        last.extend_from_slice(unshared);
        self.count += 1;
    }

    /// How many entries the block has.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// Its raw bytes.
    pub(super) fn raw(&self) -> &[u8] {
        &self.raw
    }

    /// The key of its first entry.
    pub(super) fn first_key(&self) -> &[u8] {
        &self.first_key
    }

    /// Begins the next block.
    pub(super) fn begin_next(&mut self) {
        self.raw = emptied(std::mem::take(&mut self.raw));
        self.count = 0;
    }

    fn shared(&self, key: &[u8]) -> usize {
        match &self.last_key {
            Some(last) if self.count > 0 => common_prefix(last, key),
            _ => 0,
        }
    }
}

fn value_of(entry: Entry<'_>) -> &[u8] {
    match entry {
        Entry::Put(value) => value,
        Entry::Removed => &[],
    }
}

/// How many bytes `left` and `right` have in common at their beginning.
pub(super) fn common_prefix(left: &[u8], right: &[u8]) -> usize {
    left.iter().zip(right).take_while(|(left, right)| left == right).count()
}

/// One entry's fields, at some place in a block's raw bytes.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    /// How many bytes of its key are those of the key before.
    pub(super) shared: usize,
    /// The rest of its key.
    pub(super) unshared: &'a [u8],
    /// Where its value is; `None` for a removal.
    pub(super) value: Option<Range<usize>>,
    /// Where the next entry begins.
    pub(super) end: usize,
}

impl<'a> Fields<'a> {
    /// Reads the entry at `start` of `raw`; `None` at the end.
    pub(super) fn read(raw: &'a [u8], start: usize) -> Result<Option<Self>, Malformed> {
        let mut cursor = Cursor::new(raw.get(start..).ok_or(Malformed)?);
        if cursor.is_empty() {
            return Ok(None);
        }
        let shared = cursor.length()?;
        let unshared = cursor.length()?;
        let tag = cursor.length()?;
        let unshared = cursor.take(unshared)?;
        let value_start = raw.len() - cursor.rest().len();
        let value_length = tag.saturating_sub(1);
        cursor.take(value_length)?;
        let end = value_start + value_length;
        Ok(Some(Self { shared, unshared, value: (tag != 0).then_some(value_start..end), end }))
    }

    /// Checks that its key is above `before`, the key of the entry before, and shares as much with it as it says.
    pub(super) fn follows(&self, before: Option<&[u8]>) -> Result<(), Malformed> {
        let ascends = match before {
            None => self.shared == 0,
            Some(before) => before.get(self.shared..).ok_or(Malformed)?.cmp(self.unshared) == Ordering::Less,
        };
        if ascends { Ok(()) } else { Err(Malformed) }
    }
}

/// Walks the entries of a block forward. The raw bytes are the caller's and must be the same at each call.
#[derive(Debug, Default)]
pub(super) struct Entries {
    next: usize,
    count: u32,
    key: Vec<u8>,
    value: Option<Range<usize>>,
}

impl Entries {
    /// Goes back before the first entry.
    pub(super) fn restart(&mut self) {
        self.next = 0;
        self.count = 0;
        self.key.clear();
    }

    /// Goes to the next entry; `false` at the end, where the last key stays.
    pub(super) fn advance(&mut self, raw: &[u8]) -> Result<bool, Malformed> {
        let Some(fields) = Fields::read(raw, self.next)? else { return Ok(false) };
        fields.follows((self.count > 0).then_some(&self.key))?;
        self.key.truncate(fields.shared);
        self.key.extend_from_slice(fields.unshared);
        self.value = fields.value;
        self.next = fields.end;
        self.count += 1;
        Ok(true)
    }

    /// How many entries were passed, with the present one.
    pub(super) fn count(&self) -> u32 {
        self.count
    }

    /// The present entry's key.
    pub(super) fn key(&self) -> &[u8] {
        &self.key
    }

    /// The present entry.
    pub(super) fn entry<'a>(&self, raw: &'a [u8]) -> Entry<'a> {
        entry_at(raw, self.value.as_ref())
    }
}

/// The entry of a value that `Fields::read` found in the same raw bytes.
pub(super) fn entry_at<'a>(raw: &'a [u8], value: Option<&Range<usize>>) -> Entry<'a> {
    value.map_or(Entry::Removed, |value| Entry::Put(raw.get(value.clone()).unwrap_or_default()))
}
