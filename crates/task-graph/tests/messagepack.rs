//! What the TypeScript codec writes, read by a decoder of another language. The bug this catches: bytes that only our own decoder understands.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

use std::{fmt::Write, fs, path::PathBuf};

use rmpv::Value;
use serde_json::{Value as Tree, json};

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("room in a string");
        text
    })
}

/// A decoded value in the words of `trees.json`: see `__test__/support/codec-fixtures.ts`.
fn tree(value: &Value) -> Tree {
    match value {
        Value::Nil => Tree::Null,
        Value::Boolean(value) => json!(value),
        Value::Integer(number) => json!({ "int": number.to_string() }),
        Value::F32(number) => json!({ "float32": number.to_string() }),
        Value::F64(number) => json!({ "float64": hexadecimal(&number.to_be_bytes()) }),
        Value::String(text) => json!({ "text": text.as_str().expect("UTF-8") }),
        Value::Binary(bytes) => json!({ "bytes": hexadecimal(bytes) }),
        Value::Array(items) => items.iter().map(tree).collect(),
        Value::Map(entries) => {
            json!({ "map": entries.iter().map(|(key, value)| json!([tree(key), tree(value)])).collect::<Vec<_>>() })
        }
        Value::Ext(kind, data) => json!({ "extension": kind, "data": hexadecimal(data) }),
    }
}

#[test]
fn every_fixture_reads_as_what_was_written() {
    let fixtures = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../__test__/fixtures/codec"));
    let trees: Tree =
        serde_json::from_slice(&fs::read(fixtures.join("trees.json")).expect("trees.json")).expect("JSON");
    let trees = trees.as_object().expect("an object");
    assert!(!trees.is_empty());
    for (name, expected) in trees {
        let bytes = fs::read(fixtures.join(format!("{name}.msgpack"))).expect("the fixture");
        let mut rest = &bytes[..];
        let value = rmpv::decode::read_value(&mut rest).expect("MessagePack");
        assert!(rest.is_empty(), "{name}: bytes are left");
        assert_eq!(tree(&value), *expected, "{name}");
    }
}
