//! Events as columns, in JavaScript's shapes.

use agent_storage_columns::{Columns, Group, Texts};
use agent_storage_engine::ids::Sequence;
use napi_derive::napi;

use crate::{
    buffers::{Ascii, Bytes, Doubles, Integers, Words},
    shapes::number,
};

/// Consecutive events, by the shape of what they say.
#[napi(object, object_from_js = false)]
pub struct NativeColumns {
    /// The first event's sequence; the others follow without holes.
    pub first_sequence: f64,
    /// How many there are.
    pub count: u32,
    /// The texts that cells refer to.
    pub texts: NativeTexts,
    /// The events of each shape.
    pub groups: Vec<NativeGroup>,
    /// The events that are no part of any group.
    pub whole: NativeWhole,
}

/// Texts one behind the other. They have the places from 3 on; those before are of `null`, `false` and `true`.
#[napi(object, object_from_js = false)]
pub struct NativeTexts {
    /// All of them.
    pub text: String,
    /// Where each ends in it.
    #[napi(ts_type = "Uint32Array")]
    pub ends: Words,
}

/// Events of one shape; what its columns mean is told where they are made.
#[napi(object, object_from_js = false)]
pub struct NativeGroup {
    /// As JSON.
    pub shape: String,
    /// Which of the events they are.
    #[napi(ts_type = "Uint32Array")]
    pub rows: Words,
    /// Integers, places of texts and lengths.
    #[napi(ts_type = "Int32Array")]
    pub cells: Integers,
    /// Numbers that are not integers of 32 bits.
    #[napi(ts_type = "Float64Array")]
    pub doubles: Doubles,
    /// Texts that do not repeat.
    #[napi(ts_type = "string")]
    pub text: Ascii,
    /// Values as MessagePack.
    #[napi(ts_type = "Buffer")]
    pub bytes: Bytes,
}

/// Events as they are stored: the bytes of event i are those of the slab from the end of event i − 1 (0 for the first) to its own.
#[napi(object, object_from_js = false)]
pub struct NativeWhole {
    /// Which of the events they are.
    #[napi(ts_type = "Uint32Array")]
    pub rows: Words,
    /// Where each ends in the slab.
    #[napi(ts_type = "Uint32Array")]
    pub ends: Words,
    /// Their bytes.
    #[napi(ts_type = "Buffer")]
    pub slab: Bytes,
}

impl NativeColumns {
    /// The `columns` of `values`, of which the first has the sequence `first`.
    pub(crate) fn new(first: Sequence, values: &[&[u8]], columns: Columns) -> Self {
        Self {
            first_sequence: number(first.0),
            count: u32::try_from(values.len()).unwrap_or(u32::MAX),
            texts: columns.texts.into(),
            groups: columns.groups.into_iter().map(NativeGroup::from).collect(),
            whole: NativeWhole::new(values, columns.whole),
        }
    }
}

impl From<Texts> for NativeTexts {
    fn from(texts: Texts) -> Self {
        Self { text: texts.text, ends: Words(texts.ends) }
    }
}

impl From<Group> for NativeGroup {
    fn from(group: Group) -> Self {
        Self {
            shape: group.shape,
            rows: Words(group.rows),
            cells: Integers(group.cells),
            doubles: Doubles(group.doubles),
            text: Ascii(group.text),
            bytes: group.bytes.into(),
        }
    }
}

impl NativeWhole {
    fn new(values: &[&[u8]], rows: Vec<u32>) -> Self {
        let mut slab = Vec::new();
        let mut ends = Vec::with_capacity(rows.len());
        for value in rows.iter().filter_map(|row| values.get(*row as usize)) {
            slab.extend_from_slice(value);
            ends.push(u32::try_from(slab.len()).unwrap_or(u32::MAX));
        }
        Self { rows: Words(rows), ends: Words(ends), slab: slab.into() }
    }
}
