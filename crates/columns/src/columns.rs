//! What a batch of values becomes.

use crate::dictionary::Texts;

/// Values as columns.
#[derive(Debug, Default)]
pub struct Columns {
    /// The texts that the cells of all groups refer to. Before them in the table are `null`, `false` and `true`.
    pub texts: Texts,
    /// Each with values of one shape.
    pub groups: Vec<Group>,
    /// The rows of values that are to be decoded one by one, in order.
    pub whole: Vec<u32>,
}

/// Values of one shape, row after row.
///
/// Each value takes, in the order of its shape, a cell for each `"s"`, `"i"` and `"b"`, and a double for each `"d"`. The cell of an `"i"` is the integer; that of a `"b"` is
/// how many of `bytes` it takes; that of an `"s"` is a place in the table, or [`SAME`](crate::SAME), or, below 0 otherwise, the
/// complement of how many characters of `text` it takes.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Group {
    /// As JSON: `"s"` for a text, `null` or a boolean, `"i"` for an integer, `"d"` for a double, `"b"` for MessagePack, `["l", shape …]` for a list and
    /// `["m", key, shape …]` for a map.
    pub shape: String,
    /// Which of the batch's values they are.
    pub rows: Vec<u32>,
    /// See above.
    pub cells: Vec<i32>,
    /// See above.
    pub doubles: Vec<f64>,
    /// ASCII.
    pub text: Vec<u8>,
    /// MessagePack values.
    pub bytes: Vec<u8>,
}

impl Group {
    /// Moves the one value of `scratch` to the end.
    pub(crate) fn take(&mut self, row: u32, scratch: &mut Group) {
        self.rows.push(row);
        self.cells.append(&mut scratch.cells);
        self.doubles.append(&mut scratch.doubles);
        self.text.append(&mut scratch.text);
        self.bytes.append(&mut scratch.bytes);
    }

    pub(crate) fn clear(&mut self) {
        self.cells.clear();
        self.doubles.clear();
        self.text.clear();
        self.bytes.clear();
    }
}
