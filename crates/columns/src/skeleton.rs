//! A large value without its long texts.
//!
//! Constraints:
//! - the texts put back in their order give exactly the value's bytes, or there is no skeleton;
//! - only texts that are UTF-8 leave, so that the decoder goes on refusing what is not;
//! - the skeleton is never longer than the value.
//!
//! A checkpoint is mostly what a model and its tools said: a few hundred texts of some kilobytes, and thousands of small values between them.
//! JavaScript pays for each text that it makes of bytes, whereas native code, which checks a text as it scans it, hands it over for little more than copying it. What is left
//! is a few percent of the bytes, small enough that one call makes text of many of its short texts.

use std::ops::Range;

use agent_storage_messagepack::{Reader, Token};

/// The least text, in bytes, that leaves.
pub const LONG_TEXT_BYTES: usize = 256;

/// What stands for a text that left. MessagePack has no value that begins with it.
pub const LEFT: u8 = 0xc1;

/// A text that left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LongText {
    /// Where it lies in the value.
    pub range: Range<usize>,
    /// Whether all of it is ASCII.
    pub is_ascii: bool,
}

/// See the module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skeleton {
    /// The value with [`LEFT`] in place of each long text, header included.
    pub bytes: Vec<u8>,
    /// What left, in order.
    pub texts: Vec<LongText>,
}

impl Skeleton {
    /// The skeleton of the one value in `bytes`; `None` where no text leaves or the bytes are anything else.
    pub fn of(bytes: &[u8]) -> Option<Self> {
        if bytes.len() < LONG_TEXT_BYTES {
            return None;
        }
        let mut skeleton = Self { bytes: Vec::new(), texts: Vec::new() };
        let (mut reader, mut values, mut kept) = (Reader::new(bytes), 1u64, 0);
        while values > 0 {
            values -= 1;
            let start = reader.at();
            match reader.token()? {
                Token::Text(text) if text.len() >= LONG_TEXT_BYTES => {
                    skeleton.bytes.extend_from_slice(bytes.get(kept..start)?);
                    skeleton.bytes.push(LEFT);
                    let end = reader.at();
                    skeleton.texts.push(long_text(text, end)?);
                    kept = end;
                }
                Token::Map(count) => values += 2 * u64::from(count),
                Token::List(count) => values += u64::from(count),
                _ => {}
            }
        }
        skeleton.bytes.extend_from_slice(bytes.get(kept..)?);
        (reader.is_done() && !skeleton.texts.is_empty()).then_some(skeleton)
    }
}

fn long_text(text: &[u8], end: usize) -> Option<LongText> {
    let is_ascii = text.is_ascii();
    if !is_ascii {
        std::str::from_utf8(text).ok()?;
    }
    Some(LongText { range: end - text.len()..end, is_ascii })
}
