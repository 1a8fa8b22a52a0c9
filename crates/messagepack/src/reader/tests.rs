//! A value is read whole, whatever its form, or not at all.

use super::*;
use crate::{write_integer, write_list, write_map, write_text};

fn of(write: impl Fn(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes);
    bytes
}

/// A head, and `length` bytes behind it.
fn bytes(head: &[u8], length: usize) -> Vec<u8> {
    [head, &vec![0x7f; length]].concat()
}

/// A value of every form there is, most with what is just within it.
fn values() -> Vec<Vec<u8>> {
    let texts = [0, 1, 31, 32, 255, 256, 0x1_0000].map(|length| of(|to| write_text(to, &"x".repeat(length))));
    let lists = [0, 15, 16, 0x1_0000].map(|items| {
        of(|to| {
            write_list(to, items);
            (0..items).for_each(|item| write_integer(to, item as u64));
        })
    });
    let maps = [1, 15, 16].map(|pairs| {
        of(|to| {
            write_map(to, pairs);
            (0..pairs).for_each(|pair| to.extend([&texts[3][..], &lists[pair % 2]].concat()));
        })
    });
    let nested = of(|to| {
        write_map(to, 2);
        for text in &texts[1..5] {
            to.extend_from_slice(text);
        }
    });
    let plain = [0x00, 0x7f, 0xc0, 0xc2, 0xc3, 0xe0, 0xff].map(|head| vec![head]);
    let numbers =
        (0xca..=0xd3).zip([4, 8, 1, 2, 4, 8, 1, 2, 4, 8]).map(|(head, length)| bytes(&[head], length));
    let fixed = (0xd4..=0xd8).zip([1, 2, 4, 8, 16]).map(|(head, length)| bytes(&[head], length + 1));
    let binaries = [bytes(&[0xc4, 9], 9), bytes(&[0xc5, 1, 0], 256), bytes(&[0xc6, 0, 0, 1, 0], 256)];
    let others = [bytes(&[0xc7, 9], 10), bytes(&[0xc8, 1, 0], 257), bytes(&[0xc9, 0, 0, 1, 0], 257)];
    let all = texts.into_iter().chain(lists).chain(maps).chain([nested]).chain(plain);
    all.chain(numbers).chain(fixed).chain(binaries).chain(others).collect()
}

/// Catches a value that is taken for shorter or longer than it is, and bytes that are passed over although they are none.
#[test]
fn a_value_is_all_of_its_bytes_or_nothing_is_read() {
    for value in values() {
        let followed = [&value[..], b"\xa1y"].concat();
        let mut reader = Reader::new(&followed);
        assert_eq!(reader.value(), Some(&value[..]), "{:x?}", &value[..value.len().min(6)]);
        assert_eq!(reader.value(), Some(&b"\xa1y"[..]));
        assert!(reader.is_done());
        for end in (0..value.len()).filter(|end| *end < 600 || end.is_multiple_of(997)) {
            let mut reader = Reader::new(&value[..end]);
            assert_eq!((reader.value(), reader.at()), (None, 0), "{end} of {:x?}", &value[..end.min(6)]);
        }
    }
    assert_eq!(Reader::new(&[0xc1]).value(), None, "a head that there is not");
}
