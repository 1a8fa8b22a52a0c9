//! MessagePack values: pairs of them, as the length of the first and both, and such with long texts.

use rmpv::Value;

use crate::columns::encode;

pub(crate) fn columns() -> Vec<Vec<u8>> {
    let map = |pairs: Vec<(&str, Value)>| {
        Value::Map(pairs.into_iter().map(|(key, value)| (key.into(), value)).collect())
    };
    let plain = map(vec![("id", "a".into()), ("n", 7.into()), ("t", "tüxt".into()), ("x", Value::Nil)]);
    let numbers =
        map(vec![("id", "b".into()), ("n", 0.5.into()), ("big", u64::MAX.into()), ("s", (-3).into())]);
    let nested = map(vec![
        ("list", Value::Array(vec![true.into(), "a".into(), map(vec![("k", 1.into())])])),
        ("bytes", Value::Binary(vec![1, 2, 3])),
        ("long", Value::Array((0..12).map(Value::from).collect())),
    ]);
    let whole = map(vec![("__proto__", 1.into()), ("date", Value::Ext(-1, vec![0; 4]))]);
    [(&plain, &numbers), (&nested, &plain), (&whole, &nested), (&plain, &plain)]
        .map(|(one, other)| {
            let one = encode(one);
            let length = u8::try_from(one.len()).expect("a small value");
            [&[length], one.as_slice(), &encode(other)].concat()
        })
        .to_vec()
}

pub(crate) fn skeletons() -> Vec<Vec<u8>> {
    let long = |letter: &str| Value::from(letter.repeat(300));
    let list = Value::Array(vec![long("a"), 1.into(), long("ü"), Value::Ext(-1, vec![0xc1; 4]), "b".into()]);
    let map = Value::Map(vec![(long("k"), list.clone()), ("bytes".into(), Value::Binary(vec![0xc1; 9]))]);
    [long("a"), list, map].iter().map(encode).collect()
}
