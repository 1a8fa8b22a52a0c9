//! A value put together again from its skeleton and its long texts.

use agent_storage_columns::{LEFT, LONG_TEXT_BYTES, Skeleton};

/// Checks that the texts of `skeleton`, put back in their order, give exactly `value`.
pub(crate) fn check(value: &[u8], skeleton: &Skeleton) {
    let (mut rest, mut joined) = (skeleton.bytes.as_slice(), Vec::new());
    for text in &skeleton.texts {
        let bytes = &value[text.range.clone()];
        assert!(bytes.len() >= LONG_TEXT_BYTES);
        assert_eq!(text.is_ascii, bytes.is_ascii());
        assert!(std::str::from_utf8(bytes).is_ok());
        let begins = text.range.start - header_bytes(&value[..text.range.start], bytes.len());
        let (kept, behind) = rest.split_at(begins - joined.len());
        joined.extend_from_slice(kept);
        joined.extend_from_slice(&value[begins..text.range.end]);
        let (left, behind) = behind.split_first().expect("something stands for the text");
        assert_eq!(*left, LEFT);
        rest = behind;
    }
    joined.extend_from_slice(rest);
    assert_eq!(joined, value);
}

/// How long the header is that `before` ends with, of a text of `length` bytes.
fn header_bytes(before: &[u8], length: usize) -> usize {
    let length = u32::try_from(length).expect("a small test");
    let long = [&[0xdb], length.to_be_bytes().as_slice()].concat();
    let short = [&[0xda], &length.to_be_bytes()[2..]].concat();
    if before.ends_with(&long) {
        return long.len();
    }
    assert!(length < 1 << 16 && before.ends_with(&short), "no header before the text");
    short.len()
}
