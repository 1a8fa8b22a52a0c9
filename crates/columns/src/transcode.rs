//! From values to columns.
//!
//! Constraint: a value of which any part is in doubt stays whole, and leaves nothing behind in a group.

use agent_storage_messagepack::{Reader, Token};

use crate::{
    columns::{Columns, Group},
    dictionary::{Dictionary, FALSE, NULL, SAME, TRUE},
    shapes::{NodeId, Shapes, Step},
};

/// Larger values stay whole: the texts cut from a group keep all of its text alive.
const MAX_VALUE_BYTES: usize = 64 * 1024;
/// Longer lists, wider maps and what is nested deeper is left to a decoder, since its shape would hardly come again.
const MAX_LIST: u32 = 8;
const MAX_MAP: u32 = 64;
const MAX_SHAPE_DEPTH: u32 = 8;
/// Fewer values of a shape are not worth their columns.
const MIN_ROWS: usize = 8;
/// Longer texts are not looked up.
const MAX_LOOKED_UP_BYTES: usize = 256;
/// After that many texts in one place it is known whether they repeat.
const TRIAL_TEXTS: u32 = 64;
/// They do where at least one of so many did.
const TEXTS_PER_REPEAT: u32 = 8;

/// Makes columns of batches. What it learns of shapes serves the next batch.
#[derive(Debug)]
pub struct Transcoder {
    shapes: Shapes,
}

impl Default for Transcoder {
    fn default() -> Self {
        Self { shapes: Shapes::new() }
    }
}

impl Transcoder {
    /// The columns of one batch. Row i is the i-th of `values`, each the bytes of one MessagePack value.
    pub fn transcode<'a>(&mut self, values: impl IntoIterator<Item = &'a [u8]>) -> Columns {
        if self.shapes.is_full() {
            self.shapes = Shapes::new();
        }
        let mut batch = Batch::new(&mut self.shapes);
        for (row, value) in (0..).zip(values) {
            batch.add(row, value);
        }
        batch.finish()
    }
}

/// What was in one place of a shape so far.
#[derive(Clone, Copy, Default)]
struct Place<'a> {
    last: &'a [u8],
    last_cell: i32,
    texts: u32,
    repeats: u32,
}

struct Batch<'s, 'a> {
    shapes: &'s mut Shapes,
    dictionary: Dictionary<'a>,
    /// By node.
    places: Vec<Place<'a>>,
    /// By node, the index of its group.
    group_of: Vec<Option<u32>>,
    groups: Vec<(NodeId, Group)>,
    whole: Vec<u32>,
    /// The value under way.
    scratch: Group,
    /// Its last text, where that was cut from the group's text; else empty.
    last_cut: &'a [u8],
}

impl<'s, 'a> Batch<'s, 'a> {
    fn new(shapes: &'s mut Shapes) -> Self {
        Self {
            shapes,
            dictionary: Dictionary::new(),
            places: Vec::new(),
            group_of: Vec::new(),
            groups: Vec::new(),
            whole: Vec::new(),
            scratch: Group::default(),
            last_cut: &[],
        }
    }

    fn add(&mut self, row: u32, value: &'a [u8]) {
        self.scratch.clear();
        self.last_cut = &[];
        let shape = if value.len() > MAX_VALUE_BYTES { None } else { self.walk(value) };
        match shape {
            Some(shape) => self.end_at(shape, row),
            None => self.whole.push(row),
        }
    }

    /// The shape of a value that is a map, with its cells in `scratch`.
    fn walk(&mut self, value: &'a [u8]) -> Option<NodeId> {
        let mut reader = Reader::new(value);
        let count = reader.map()?;
        if count > MAX_MAP {
            return None;
        }
        let shape = self.map(&mut reader, NodeId::ROOT, count, 1)?;
        reader.is_done().then_some(shape)
    }

    fn end_at(&mut self, shape: NodeId, row: u32) {
        if self.group_of.len() <= shape.index() {
            self.group_of.resize(self.shapes.len(), None);
        }
        let Some(known) = self.group_of.get_mut(shape.index()) else { return self.whole.push(row) };
        let index = *known.get_or_insert_with(|| {
            self.groups.push((shape, Group::default()));
            u32::try_from(self.groups.len() - 1).unwrap_or(u32::MAX)
        });
        match self.groups.get_mut(index as usize) {
            Some((_, group)) => group.take(row, &mut self.scratch),
            None => self.whole.push(row),
        }
    }

    fn finish(mut self) -> Columns {
        let mut groups = Vec::new();
        for (shape, group) in self.groups {
            if group.rows.len() < MIN_ROWS {
                self.whole.extend(group.rows);
            } else {
                groups.push(Group { shape: self.shapes.describe(shape), ..group });
            }
        }
        self.whole.sort_unstable();
        Columns { texts: self.dictionary.into_texts(), groups, whole: self.whole }
    }

    fn map(&mut self, reader: &mut Reader<'a>, at: NodeId, count: u32, depth: u32) -> Option<NodeId> {
        let mut at = self.shapes.step(at, Step::Map(count))?;
        for _ in 0..count {
            at = self.shapes.key(at, reader)?;
            at = self.value(reader, at, depth + 1)?;
        }
        Some(at)
    }

    fn list(&mut self, reader: &mut Reader<'a>, at: NodeId, count: u32, depth: u32) -> Option<NodeId> {
        let mut at = self.shapes.step(at, Step::List(count))?;
        for _ in 0..count {
            at = self.value(reader, at, depth + 1)?;
        }
        Some(at)
    }

    fn value(&mut self, reader: &mut Reader<'a>, at: NodeId, depth: u32) -> Option<NodeId> {
        let start = reader.at();
        match reader.token()? {
            Token::Text(text) => self.text(at, text),
            Token::Null => self.constant(at, NULL),
            Token::Boolean(value) => self.constant(at, if value { TRUE } else { FALSE }),
            Token::Integer(value) => self.number(at, f64::from(value), Some(value)),
            Token::Double(value) => self.number(at, value, None),
            Token::Map(count) if count <= MAX_MAP && depth < MAX_SHAPE_DEPTH => {
                self.map(reader, at, count, depth)
            }
            Token::List(count) if count <= MAX_LIST && depth < MAX_SHAPE_DEPTH => {
                self.list(reader, at, count, depth)
            }
            Token::Map(count) => {
                reader.skip(2 * u64::from(count), true, depth + 1)?;
                self.bytes(at, reader.since(start))
            }
            Token::List(count) => {
                reader.skip(u64::from(count), false, depth + 1)?;
                self.bytes(at, reader.since(start))
            }
            Token::Binary => self.bytes(at, reader.since(start)),
            Token::Extension => None,
        }
    }

    fn constant(&mut self, at: NodeId, place: i32) -> Option<NodeId> {
        self.scratch.cells.push(place);
        self.last_cut = &[];
        self.shapes.step(at, Step::Text)
    }

    fn number(&mut self, at: NodeId, value: f64, integer: Option<i32>) -> Option<NodeId> {
        let (next, is_double) = self.shapes.number(at, integer.is_some())?;
        match integer.filter(|_| !is_double) {
            Some(integer) => self.scratch.cells.push(integer),
            None => self.scratch.doubles.push(value),
        }
        Some(next)
    }

    fn bytes(&mut self, at: NodeId, bytes: &[u8]) -> Option<NodeId> {
        self.scratch.cells.push(i32::try_from(bytes.len()).ok()?);
        self.scratch.bytes.extend_from_slice(bytes);
        self.shapes.step(at, Step::Bytes)
    }

    fn text(&mut self, at: NodeId, text: &'a [u8]) -> Option<NodeId> {
        let next = self.shapes.step(at, Step::Text)?;
        if !text.is_empty() && self.last_cut == text {
            self.scratch.cells.push(SAME);
            return Some(next);
        }
        if self.places.len() <= next.index() {
            self.places.resize(self.shapes.len(), Place::default());
        }
        let place = self.places.get_mut(next.index())?;
        place.texts += 1;
        let seldom_repeats = place.texts > TRIAL_TEXTS && place.repeats * TEXTS_PER_REPEAT < place.texts;
        let known = if place.last_cell > 0 && place.last == text {
            Some(place.last_cell)
        } else if !text.is_ascii() {
            Some(self.dictionary.place_of(text)?)
        } else if seldom_repeats || text.len() > MAX_LOOKED_UP_BYTES {
            None
        } else {
            self.dictionary.place_of_repeated(text)
        };
        if let Some(cell) = known {
            place.repeats += 1;
            (place.last, place.last_cell) = (text, cell);
            self.scratch.cells.push(cell);
            self.last_cut = &[];
        } else {
            self.scratch.text.extend_from_slice(text);
            self.scratch.cells.push(!i32::try_from(text.len()).ok()?);
            self.last_cut = text;
        }
        Some(next)
    }
}
