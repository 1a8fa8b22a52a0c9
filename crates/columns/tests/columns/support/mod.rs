//! Values from columns, written from the description of a group alone.

pub(crate) mod skeleton;

use agent_storage_columns::{Columns, FALSE, Group, NULL, SAME, TRUE};
use rmpv::Value;
use serde_json::Value as Json;

pub(crate) fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    rmpv::encode::write_value(&mut bytes, value).expect("a vector takes all");
    bytes
}

/// The value with every number as the double that JavaScript has, by its bits.
pub(crate) fn normal(value: &Value) -> Value {
    match value {
        Value::Integer(_) | Value::F32(_) | Value::F64(_) => number(value.as_f64().expect("a number")),
        Value::Array(items) => Value::Array(items.iter().map(normal).collect()),
        Value::Map(pairs) => {
            Value::Map(pairs.iter().map(|(key, value)| (key.clone(), normal(value))).collect())
        }
        _ => value.clone(),
    }
}

fn number(value: f64) -> Value {
    Value::Integer(if value.is_nan() { f64::NAN.to_bits() } else { value.to_bits() }.into())
}

/// All values of a batch, of which `encoded` are the bytes.
pub(crate) fn rebuild(columns: &Columns, encoded: &[Vec<u8>]) -> Vec<Value> {
    let mut values = vec![None; encoded.len()];
    let mut put = |row: u32, value| {
        assert!(values[row as usize].replace(value).is_none(), "row {row} twice");
    };
    for row in &columns.whole {
        put(*row, normal(&decode(&mut encoded[*row as usize].as_slice())));
    }
    let table = table(columns);
    for group in &columns.groups {
        let shape = serde_json::from_str(&group.shape).expect("a shape is JSON");
        let mut cursor = Cursor::new(group);
        for row in &group.rows {
            put(*row, cursor.value(&shape, &table));
        }
        assert!(cursor.is_done(), "{group:?}");
    }
    values.into_iter().map(|value| value.expect("every row")).collect()
}

fn table(columns: &Columns) -> Vec<Value> {
    let units: Vec<u16> = columns.texts.text.encode_utf16().collect();
    let mut start = 0;
    let mut table = vec![Value::Nil; 3];
    table[usize::try_from(NULL).expect("small")] = Value::Nil;
    table[usize::try_from(FALSE).expect("small")] = Value::Boolean(false);
    table[usize::try_from(TRUE).expect("small")] = Value::Boolean(true);
    for end in &columns.texts.ends {
        let end = *end as usize;
        table.push(String::from_utf16(&units[start..end]).expect("whole characters").into());
        start = end;
    }
    assert_eq!(start, units.len());
    table
}

fn decode(bytes: &mut &[u8]) -> Value {
    rmpv::decode::read_value(bytes).expect("MessagePack")
}

struct Cursor<'a> {
    cells: std::slice::Iter<'a, i32>,
    doubles: std::slice::Iter<'a, f64>,
    text: &'a [u8],
    bytes: &'a [u8],
    /// What was last cut from the text.
    cut: String,
}

impl<'a> Cursor<'a> {
    fn new(group: &'a Group) -> Self {
        Self {
            cells: group.cells.iter(),
            doubles: group.doubles.iter(),
            text: &group.text,
            bytes: &group.bytes,
            cut: String::new(),
        }
    }

    fn is_done(&mut self) -> bool {
        self.cells.len() == 0 && self.doubles.len() == 0 && self.text.is_empty() && self.bytes.is_empty()
    }

    fn cell(&mut self) -> i32 {
        *self.cells.next().expect("a cell")
    }

    fn value(&mut self, shape: &Json, table: &[Value]) -> Value {
        match shape {
            Json::String(kind) => match kind.as_str() {
                "s" => self.text(table),
                "i" => number(f64::from(self.cell())),
                "d" => number(*self.doubles.next().expect("a double")),
                "b" => self.decoded(),
                other => panic!("no kind: {other}"),
            },
            Json::Array(parts) if parts[0] == "l" => {
                Value::Array(parts[1..].iter().map(|part| self.value(part, table)).collect())
            }
            Json::Array(parts) if parts[0] == "m" => {
                let pair =
                    |pair: &[Json]| (pair[0].as_str().expect("a key").into(), self.value(&pair[1], table));
                Value::Map(parts[1..].chunks(2).map(pair).collect())
            }
            other => panic!("no shape: {other}"),
        }
    }

    fn text(&mut self, table: &[Value]) -> Value {
        let cell = self.cell();
        if let Ok(place) = usize::try_from(cell) {
            return table[place].clone();
        }
        if cell != SAME {
            let (text, rest) = self.text.split_at(usize::try_from(!cell).expect("a length"));
            self.text = rest;
            assert!(text.is_ascii());
            self.cut = String::from_utf8(text.to_vec()).expect("ASCII");
        }
        self.cut.as_str().into()
    }

    fn decoded(&mut self) -> Value {
        let length = usize::try_from(self.cell()).expect("a length");
        let (mut value, rest) = self.bytes.split_at(length);
        self.bytes = rest;
        let decoded = decode(&mut value);
        assert!(value.is_empty());
        normal(&decoded)
    }
}
