//! Writing the few kinds of value that native code makes itself.
//!
//! Constraint: each in its shortest form, as the encoder in JavaScript writes it.

/// The header of a map of `pairs`, which follow.
pub fn write_map(bytes: &mut Vec<u8>, pairs: usize) {
    write_count(bytes, pairs, [0x80, 0xde, 0xdf]);
}

/// The header of a list of `items`, which follow.
pub fn write_list(bytes: &mut Vec<u8>, items: usize) {
    write_count(bytes, items, [0x90, 0xdc, 0xdd]);
}

/// A text.
///
/// # Panics
/// Never: a text of 4 GiB is longer than any value that is stored.
pub fn write_text(bytes: &mut Vec<u8>, text: &str) {
    let length = u32::try_from(text.len()).unwrap_or(u32::MAX);
    match length {
        0..0x20 => bytes.push(0xa0 | low_byte(length)),
        0x20..0x100 => bytes.extend_from_slice(&[0xd9, low_byte(length)]),
        0x100..0x1_0000 => write_long(bytes, 0xda, &length.to_be_bytes()[2..]),
        _ => write_long(bytes, 0xdb, &length.to_be_bytes()),
    }
    bytes.extend_from_slice(text.as_bytes());
}

/// A whole number from 0 on.
pub fn write_integer(bytes: &mut Vec<u8>, number: u64) {
    let big = number.to_be_bytes();
    match number {
        0..0x80 => bytes.push(big[7]),
        0x80..0x100 => bytes.extend_from_slice(&[0xcc, big[7]]),
        0x100..0x1_0000 => write_long(bytes, 0xcd, &big[6..]),
        0x1_0000..0x1_0000_0000 => write_long(bytes, 0xce, &big[4..]),
        _ => write_long(bytes, 0xcf, &big),
    }
}

/// A header with a count of four bits, or of two or four bytes.
fn write_count(bytes: &mut Vec<u8>, count: usize, [short, middling, long]: [u8; 3]) {
    let count = u32::try_from(count).unwrap_or(u32::MAX);
    match count {
        0..0x10 => bytes.push(short | low_byte(count)),
        0x10..0x1_0000 => write_long(bytes, middling, &count.to_be_bytes()[2..]),
        _ => write_long(bytes, long, &count.to_be_bytes()),
    }
}

fn write_long(bytes: &mut Vec<u8>, head: u8, rest: &[u8]) {
    bytes.push(head);
    bytes.extend_from_slice(rest);
}

fn low_byte(number: u32) -> u8 {
    number.to_be_bytes()[3]
}

#[cfg(test)]
mod tests {
    use rmpv::{Value, encode::write_value};

    use super::*;

    fn expected(value: &Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        write_value(&mut bytes, value).expect("a vector takes all");
        bytes
    }

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(&mut bytes);
        bytes
    }

    // The bug: another form than the encoder in JavaScript writes, or a length in the wrong one.
    #[test]
    fn each_length_is_written_in_its_shortest_form() {
        for length in [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
            let text = "x".repeat(length);
            assert_eq!(
                written(|bytes| write_text(bytes, &text)),
                expected(&text.as_str().into()),
                "{length}"
            );
            let list = expected(&Value::Array(vec![Value::Nil; length]));
            let header = written(|bytes| write_list(bytes, length));
            assert_eq!(header, list.get(..list.len() - length).unwrap(), "{length}");
            let map = expected(&Value::Map(vec![(Value::Nil, Value::Nil); length]));
            let header = written(|bytes| write_map(bytes, length));
            assert_eq!(header, map.get(..map.len() - 2 * length).unwrap(), "{length}");
        }
        for number in [0, 127, 128, 255, 256, 65_535, 65_536, u64::from(u32::MAX), 1 << 32, u64::MAX] {
            assert_eq!(written(|bytes| write_integer(bytes, number)), expected(&Value::from(number)));
        }
    }
}
