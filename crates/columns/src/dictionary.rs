//! The texts of one batch that repeat.
//!
//! Constraint: a text gets its place in the table when it is met the second time, since most texts of a log are ids and times that never come again. A text that is not
//! ASCII gets it at once, so that every other text can be cut by bytes.

use foldhash::fast::RandomState;
use hashbrown::HashTable;
use std::hash::BuildHasher;

/// The place of `null` in the table that the cells refer to.
pub const NULL: i32 = 0;
/// The place of `false`.
pub const FALSE: i32 = 1;
/// The place of `true`.
pub const TRUE: i32 = 2;
/// In place of a place: the text that was last cut from the group's text, which is the `"s"` before this one in the value, comes again. Nodes are looked at when they are changed, and
/// created when they are looked at, so that times follow each other that are the same.
pub const SAME: i32 = i32::MIN;
/// The place of the first text.
const FIRST_TEXT: i32 = 3;

/// The table's texts, one behind the other.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Texts {
    /// All of them.
    pub text: String,
    /// Where each ends, in UTF-16 units.
    pub ends: Vec<u32>,
}

impl Texts {
    /// Adds a text and gives its place.
    fn push(&mut self, text: &str) -> Option<i32> {
        let units = if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() };
        let start = self.ends.last().copied().unwrap_or(0);
        let place = i32::try_from(self.ends.len()).ok()?.checked_add(FIRST_TEXT)?;
        self.ends.push(start.checked_add(u32::try_from(units).ok()?)?);
        self.text.push_str(text);
        Some(place)
    }
}

/// A text that was met, and its place in the table, if it has one.
struct Met<'a> {
    text: &'a [u8],
    place: Option<i32>,
}

/// See the module's description.
pub(crate) struct Dictionary<'a> {
    met: HashTable<Met<'a>>,
    hasher: RandomState,
    texts: Texts,
}

impl<'a> Dictionary<'a> {
    pub(crate) fn new() -> Self {
        Self { met: HashTable::new(), hasher: RandomState::default(), texts: Texts::default() }
    }

    /// The place of an ASCII text; `None` where this is the first time that it is met.
    pub(crate) fn place_of_repeated(&mut self, text: &'a [u8]) -> Option<i32> {
        let (met, is_new) = self.meet(text);
        if is_new || met.place.is_some() {
            return met.place;
        }
        let place = self.texts.push(std::str::from_utf8(text).ok()?);
        self.meet(text).0.place = place;
        place
    }

    /// The place of any text; `None` where it is not UTF-8.
    pub(crate) fn place_of(&mut self, text: &'a [u8]) -> Option<i32> {
        let (met, _) = self.meet(text);
        if met.place.is_some() {
            return met.place;
        }
        let place = self.texts.push(std::str::from_utf8(text).ok()?);
        self.meet(text).0.place = place;
        place
    }

    pub(crate) fn into_texts(self) -> Texts {
        self.texts
    }

    /// What is known of a text, and whether this is the first time.
    fn meet(&mut self, text: &'a [u8]) -> (&mut Met<'a>, bool) {
        let hasher = &self.hasher;
        let entry =
            self.met.entry(hasher.hash_one(text), |met| met.text == text, |met| hasher.hash_one(met.text));
        let is_new = matches!(entry, hashbrown::hash_table::Entry::Vacant(_));
        (entry.or_insert(Met { text, place: None }).into_mut(), is_new)
    }
}
