//! A skeleton and its texts stand for exactly the value they were made of.

use crate::support::{encode, skeleton::check};
use agent_storage_columns::{LEFT, LONG_TEXT_BYTES, Skeleton};
use proptest::prelude::*;
use rmpv::Value;

fn long(letter: &str) -> Value {
    letter.repeat(LONG_TEXT_BYTES).into()
}

#[test]
fn only_long_texts_leave() {
    let least = "a".repeat(LONG_TEXT_BYTES);
    let value = encode(&Value::Array(vec![
        Value::from(&least[1..]),
        Value::from(least.as_str()),
        Value::Binary(vec![LEFT; 2 * LONG_TEXT_BYTES]),
        Value::Ext(-1, vec![LEFT; 8]),
        Value::Map(vec![(long("ü"), 7.into())]),
    ]));
    let skeleton = Skeleton::of(&value).unwrap();
    check(&value, &skeleton);
    assert_eq!(skeleton.texts.iter().map(|text| text.is_ascii).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_value_without_long_texts_has_none() {
    let value = encode(&Value::Array(vec!["a".repeat(LONG_TEXT_BYTES - 1).into(); 3]));
    assert_eq!(Skeleton::of(&value), None);
}

// The bug: the decoder in JavaScript never sees the bytes that it would have refused.
#[test]
fn what_is_no_value_has_none() {
    let value = encode(&Value::Array(vec![long("a"), 1.into()]));
    assert!(Skeleton::of(&value).is_some());
    assert_eq!(Skeleton::of(&[value.as_slice(), &[0]].concat()), None, "a byte behind it");
    for end in 0..value.len() {
        assert_eq!(Skeleton::of(&value[..end]), None, "{end} of {} bytes", value.len());
    }
    for (byte, why) in [(0xff, "a text that is not UTF-8"), (LEFT, "a byte that could stand for a text")] {
        let mut damaged = value.clone();
        let last = damaged.len() - if byte == LEFT { 1 } else { 2 };
        damaged[last] = byte;
        assert_eq!(Skeleton::of(&damaged), None, "{why}");
    }
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => "[a-zé]{0,9}",
        4 => "[a-z]{250,260}",
        2 => "[ü€𝄞]{80,100}",
        1 => (65_530usize..65_540).prop_map(|length| "x".repeat(length)),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        6 => text().prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<f64>().prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Nil),
        1 => prop::collection::vec(any::<u8>(), 0..300).prop_map(Value::Binary),
        1 => (any::<i8>(), prop::collection::vec(any::<u8>(), 0..20)).prop_map(|(kind, bytes)| Value::Ext(kind, bytes)),
    ];
    leaf.prop_recursive(4, 40, 20, |inner| {
        let pairs = prop::collection::vec((text(), inner.clone()), 0..20);
        prop_oneof![
            prop::collection::vec(inner, 0..20).prop_map(Value::Array),
            pairs.prop_map(|pairs| Value::Map(
                pairs.into_iter().map(|(key, value)| (key.into(), value)).collect()
            )),
        ]
    })
}

fn longest(value: &Value) -> usize {
    match value {
        Value::String(text) => text.as_bytes().len(),
        Value::Array(items) => items.iter().map(longest).max().unwrap_or(0),
        Value::Map(pairs) => {
            pairs.iter().map(|(key, value)| longest(key).max(longest(value))).max().unwrap_or(0)
        }
        _ => 0,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_value_can_be_put_together_again(value in value()) {
        let encoded = encode(&value);
        match Skeleton::of(&encoded) {
            Some(skeleton) => check(&encoded, &skeleton),
            None => prop_assert!(longest(&value) < LONG_TEXT_BYTES),
        }
    }
}
