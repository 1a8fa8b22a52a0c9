//! Columns give back exactly the values that went in, whatever those are.

use crate::support::{encode, normal, rebuild};
use agent_storage_columns::{Columns, SAME, Transcoder};
use proptest::prelude::*;
use rmpv::Value;

/// The columns of `values`, checked to stand for them.
fn transcode(transcoder: &mut Transcoder, values: &[Value]) -> Columns {
    let encoded: Vec<_> = values.iter().map(encode).collect();
    let columns = transcoder.transcode(encoded.iter().map(Vec::as_slice));
    let rebuilt = rebuild(&columns, &encoded);
    assert_eq!(rebuilt, values.iter().map(normal).collect::<Vec<_>>());
    columns
}

fn map(pairs: &[(&str, Value)]) -> Value {
    Value::Map(pairs.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
}

/// A value that stands for `row`, in one of three shapes.
fn event(row: u64) -> Value {
    let payload = match row % 3 {
        0 => map(&[("args", Value::Array(vec!["-l".into(), row.into()])), ("empty", Value::Array(vec![]))]),
        1 => map(&[
            ("ok", Value::Boolean(row.is_multiple_of(2))),
            ("none", Value::Nil),
            ("ratio", (0.5).into()),
        ]),
        _ => map(&[
            ("inner", map(&[("text", format!("ü{}", row % 5).into())])),
            ("bytes", Value::Binary(vec![1, 2])),
        ]),
    };
    map(&[
        ("id", format!("id of {row}").into()),
        ("type", ["started", "finished"][usize::try_from(row % 2).unwrap()].into()),
        ("time", (1_700_000_000_000u64 + row).into()),
        ("row", row.into()),
        ("payload", payload),
    ])
}

#[test]
fn a_log_becomes_few_groups_and_one_table() {
    let events: Vec<_> = (0..300).map(event).collect();
    let columns = transcode(&mut Transcoder::default(), &events);
    let shapes: Vec<_> = columns.groups.iter().map(|group| group.shape.as_str()).collect();
    let head = r#"["m","id","s","type","s","time","d","row","i","payload","#;
    let payloads = [
        r#"["m","args",["l","s","i"],"empty",["l"]]]"#,
        r#"["m","ok","s","none","s","ratio","d"]]"#,
        r#"["m","inner",["m","text","s"],"bytes","b"]]"#,
    ];
    assert_eq!(shapes, payloads.map(|payload| format!("{head}{payload}")));
    assert_eq!(columns.whole, Vec::<u32>::new());
    assert!(columns.groups.iter().all(|group| group.rows.len() == 100));
    // The ids are in no table, what repeats and what is not ASCII is.
    assert_eq!(columns.texts.ends.len(), 2 + 1 + 5, "{}", columns.texts.text);
}

// The bug: a text that is said to be the one before it, which is another one, or in the table.
#[test]
fn texts_that_follow_each_other_cross_once() {
    let node = |row: u64| {
        let (id, time) = (format!("node {row}"), format!("2026-01-01T00:{row:04}"));
        let then = if row.is_multiple_of(3) { time.clone() } else { format!("2026-02-02T00:{row:04}") };
        map(&[
            ("id", id.clone().into()),
            ("depends", Value::Array(vec![id.into(), "plan".into()])),
            ("created", time.clone().into()),
            ("touched", then.clone().into()),
            ("row", row.into()),
            ("seen", then.into()),
            ("none", Value::Nil),
            ("again", time.into()),
        ])
    };
    let nodes: Vec<_> = (0..300).map(node).collect();
    let columns = transcode(&mut Transcoder::default(), &nodes);
    let [group] = &columns.groups[..] else { panic!("{} groups", columns.groups.len()) };
    let same = group.cells.iter().filter(|cell| **cell == SAME).count();
    assert_eq!(same, 300 + 100 + 300, "that it depends on itself, was touched, and was seen");
}

// The bug: what a batch left behind in the transcoder shows in the next.
#[test]
fn batches_stand_alone() {
    let mut transcoder = Transcoder::default();
    for first in [0, 40, 7] {
        transcode(&mut transcoder, &(first..first + 100).map(event).collect::<Vec<_>>());
    }
}

#[test]
fn a_shape_that_hardly_comes_again_stays_whole() {
    let events: Vec<_> =
        (0..100).map(|row| if row < 7 { map(&[("odd", row.into())]) } else { event(row) }).collect();
    let columns = transcode(&mut Transcoder::default(), &events);
    assert_eq!(columns.whole, (0..7).collect::<Vec<_>>());
}

// The bug: keys that are ids fill memory, or cost more with each.
#[test]
fn keys_that_are_ids_make_no_shapes_without_end() {
    let mut transcoder = Transcoder::default();
    for batch in 0..40u64 {
        let keyed = |row: u64| map(&[(&format!("key {}", batch * 1000 + row), row.into())]);
        let columns = transcode(&mut transcoder, &(0..1000).map(keyed).collect::<Vec<_>>());
        assert_eq!((columns.groups.len(), columns.whole.len()), (0, 1000));
    }
    let columns = transcode(&mut transcoder, &(0..90).map(event).collect::<Vec<_>>());
    assert_eq!((columns.groups.len(), columns.whole.len()), (3, 0));
}

// The bug: a double cell read as an integer, or a shape for each mixture of the two.
#[test]
fn integers_and_doubles_mix_in_one_place() {
    let values: Vec<_> = (0..64u32)
        .map(|row| {
            let number =
                |bit: u32| if row >> bit & 1 == 1 { Value::F64(f64::from(row) / 3.0) } else { row.into() };
            map(&[("a", number(0)), ("b", number(1)), ("c", number(2)), ("d", number(3))])
        })
        .collect();
    let columns = transcode(&mut Transcoder::default(), &[values.clone(), values].concat());
    assert!(columns.groups.len() <= 5, "{} groups", columns.groups.len());
}

#[test]
fn what_no_literal_can_hold_stays_whole() {
    let odd = [
        map(&[("__proto__", 1.into())]),
        Value::Map(vec![(1.into(), 1.into())]),
        map(&[("date", Value::Ext(-1, vec![0; 4]))]),
        map(&[(
            "deep",
            map(&[("date", Value::Array((0..20).map(|_| Value::Ext(5, vec![0; 2])).collect()))]),
        )]),
        Value::Array(vec![1.into()]),
        "text".into(),
        map(&[("large", "x".repeat(100_000).into())]),
    ];
    for value in odd {
        let columns = transcode(&mut Transcoder::default(), &vec![value.clone(); 20]);
        assert_eq!(columns.whole.len(), 20, "{value}");
    }
}

// The bug: bytes behind a value, or a value cut short, taken for a sound one.
#[test]
fn malformed_bytes_stay_whole() {
    let sound = encode(&event(1));
    let mut bad: Vec<Vec<u8>> = (0..sound.len()).map(|length| sound[..length].to_vec()).collect();
    bad.push([sound.as_slice(), &[0xc0]].concat());
    bad.push(vec![0x81, 0xa1, b'k', 0xa1, 0xff]);
    bad.push(vec![0x81, 0xa1, 0xff, 0xc0]);
    bad.push(vec![0x81, 0xa1, b'k', 0xc1]);
    // A list of more than there are bytes for, and one that nests without end.
    bad.push(vec![0x81, 0xa1, b'k', 0xdd, 0xff, 0xff, 0xff, 0xff]);
    bad.push([&[0x81, 0xa1, b'k'], [0x91; 200].as_slice(), &[0xc0]].concat());
    for bytes in bad {
        let columns = Transcoder::default().transcode(vec![bytes.as_slice(); 20]);
        assert_eq!((columns.groups.len(), columns.whole.len()), (0, 20), "{bytes:?}");
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    let text = prop_oneof!["[a-c]{0,3}", "[a-z ]{10,40}", "[äß🙂a]{1,4}", "[a-z]{257}"];
    let leaf = prop_oneof![
        3 => text.prop_map(Value::from),
        1 => any::<i64>().prop_map(Value::from),
        1 => any::<u64>().prop_map(Value::from),
        2 => (-200i64..300).prop_map(Value::from),
        1 => any::<f32>().prop_map(Value::F32),
        1 => any::<f64>().prop_map(Value::F64),
        1 => any::<bool>().prop_map(Value::Boolean),
        1 => Just(Value::Nil),
        1 => proptest::collection::vec(any::<u8>(), 0..4).prop_map(Value::Binary),
    ];
    leaf.prop_recursive(10, 40, 12, |inner| {
        let key = prop_oneof!["[a-c]", "[0-9]", "[\"\\\\\n\u{2028}ä]", Just("__proto__".to_owned())];
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..12).prop_map(Value::Array),
            proptest::collection::vec((key.prop_map(Value::from), inner), 0..5).prop_map(Value::Map),
        ]
    })
}

proptest! {
    #[test]
    fn any_values_come_back(values in proptest::collection::vec(any_value(), 1..8), repeats in 1usize..20) {
        let repeated: Vec<_> = std::iter::repeat_n(values, repeats).flatten().collect();
        let mut transcoder = Transcoder::default();
        transcode(&mut transcoder, &repeated);
        transcode(&mut transcoder, &repeated);
    }

    #[test]
    fn any_bytes_are_sound_or_stay_whole(bytes in proptest::collection::vec(any::<u8>(), 0..40), count in 1usize..20) {
        let mut map = vec![0x81, 0xa1, b'k'];
        map.extend(bytes);
        let columns = Transcoder::default().transcode(vec![map.as_slice(); count]);
        if columns.whole.is_empty() {
            let mut rest = map.as_slice();
            let value = rmpv::decode::read_value(&mut rest).expect("what is no MessagePack stays whole");
            prop_assert!(rest.is_empty());
            prop_assert_eq!(rebuild(&columns, &vec![map.clone(); count]), vec![normal(&value); count]);
        }
    }
}
