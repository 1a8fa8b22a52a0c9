//! MessagePack, one token after the other.
//!
//! Constraint: never reads beyond its bytes, and gives `None` for what is no MessagePack.

/// How deeply values may be nested. The decoder in JavaScript refuses what is deeper.
const MAX_DEPTH: u32 = 100;

/// One token. A list and a map are followed by what is in them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'a> {
    /// Of so many pairs.
    Map(u32),
    /// Of so many items.
    List(u32),
    /// Not checked to be UTF-8.
    Text(&'a [u8]),
    /// Any integer that fits.
    Integer(i32),
    /// Any other number, the nearest one that JavaScript has.
    Double(f64),
    /// Nothing.
    Null,
    /// True or false.
    Boolean(bool),
    /// Bytes.
    Binary,
    /// A value of a kind that its type says.
    Extension,
}

/// Where reading is.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// At the beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// How many bytes were read.
    pub fn at(&self) -> usize {
        self.at
    }

    /// Whether nothing is left.
    pub fn is_done(&self) -> bool {
        self.at == self.bytes.len()
    }

    /// The bytes that are left.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The bytes from `start` to here.
    pub fn since(&self, start: usize) -> &'a [u8] {
        self.bytes.get(start..self.at).unwrap_or_default()
    }

    /// Passes over `expected` and tells so, where that comes next.
    #[inline]
    pub fn pass(&mut self, expected: &[u8]) -> bool {
        let is_next = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(expected));
        if is_next {
            self.at += expected.len();
        }
        is_next
    }

    /// The next token.
    #[inline]
    pub fn token(&mut self) -> Option<Token<'a>> {
        let [head] = self.array()?;
        Some(match head {
            0..0x80 => Token::Integer(i32::from(head)),
            0x80..0x90 => Token::Map(u32::from(head & 0x0f)),
            0x90..0xa0 => Token::List(u32::from(head & 0x0f)),
            0xa0..0xc0 => Token::Text(self.take(usize::from(head & 0x1f))?),
            0xe0.. => Token::Integer(i32::from(head.cast_signed())),
            _ => return self.long_token(head),
        })
    }

    /// How many pairs the map has that comes next, which come then; `None` where none does.
    #[inline]
    pub fn map(&mut self) -> Option<u32> {
        match self.token()? {
            Token::Map(pairs) => Some(pairs),
            _ => None,
        }
    }

    /// How many items the list has that comes next, likewise.
    pub fn list(&mut self) -> Option<u32> {
        match self.token()? {
            Token::List(items) => Some(items),
            _ => None,
        }
    }

    /// The next value, as it is encoded, whatever is in it; `None`, and nothing is read, where that is none.
    #[inline]
    pub fn value(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes.get(self.at..)?;
        // Most are short texts.
        let length = match rest {
            [head @ 0xa0..0xc0, ..] => 1 + usize::from(head & 0x1f),
            [0xd9, length, ..] => 2 + usize::from(*length),
            _ => return self.any_value(),
        };
        let value = rest.get(..length)?;
        self.at += length;
        Some(value)
    }

    fn any_value(&mut self) -> Option<&'a [u8]> {
        let mut ahead = self.clone();
        let mut values = 1u64;
        while values > 0 {
            values -= 1;
            match ahead.token()? {
                Token::Map(count) => values += 2 * u64::from(count),
                Token::List(count) => values += u64::from(count),
                _ => {}
            }
        }
        let start = std::mem::replace(&mut self.at, ahead.at);
        Some(self.since(start))
    }

    fn long_token(&mut self, head: u8) -> Option<Token<'a>> {
        Some(match head {
            0xc0 => Token::Null,
            0xc2 => Token::Boolean(false),
            0xc3 => Token::Boolean(true),
            0xc4..=0xc6 => {
                let length = self.length(head - 0xc4)?;
                self.take(length)?;
                Token::Binary
            }
            0xc7..=0xc9 => {
                let length = self.length(head - 0xc7)?;
                self.extension(length)?
            }
            0xca => Token::Double(f64::from(f32::from_be_bytes(self.array()?))),
            0xcb => Token::Double(f64::from_be_bytes(self.array()?)),
            0xcc => Token::Integer(i32::from(u8::from_be_bytes(self.array()?))),
            0xcd => Token::Integer(i32::from(u16::from_be_bytes(self.array()?))),
            0xce => integer(i64::from(u32::from_be_bytes(self.array()?))),
            0xcf => unsigned(u64::from_be_bytes(self.array()?)),
            0xd0 => Token::Integer(i32::from(i8::from_be_bytes(self.array()?))),
            0xd1 => Token::Integer(i32::from(i16::from_be_bytes(self.array()?))),
            0xd2 => Token::Integer(i32::from_be_bytes(self.array()?)),
            0xd3 => integer(i64::from_be_bytes(self.array()?)),
            0xd4..=0xd8 => self.extension(1 << (head - 0xd4))?,
            0xd9..=0xdb => {
                let length = self.length(head - 0xd9)?;
                Token::Text(self.take(length)?)
            }
            0xdc | 0xdd => Token::List(self.count(head - 0xdc)?),
            0xde | 0xdf => Token::Map(self.count(head - 0xde)?),
            _ => return None,
        })
    }

    /// Passes over what is in a list of `count` values, or a map of half as many pairs, at the nesting `depth`; `None` too where that is nested too deeply or has
    /// what no column has: extensions, and keys that are no text.
    pub fn skip(&mut self, count: u64, is_map: bool, depth: u32) -> Option<()> {
        if count > 0 && depth > MAX_DEPTH {
            return None;
        }
        for index in 0..count {
            match self.token()? {
                Token::Text(text) => {
                    std::str::from_utf8(text).ok()?;
                }
                Token::Extension => return None,
                _ if is_map && index % 2 == 0 => return None,
                Token::List(inner) => self.skip(u64::from(inner), false, depth + 1)?,
                Token::Map(inner) => self.skip(2 * u64::from(inner), true, depth + 1)?,
                _ => {}
            }
        }
        Some(())
    }

    /// What follows the head of an extension of `length` bytes.
    fn extension(&mut self, length: usize) -> Option<Token<'a>> {
        let _kind: [u8; 1] = self.array()?;
        self.take(length)?;
        Some(Token::Extension)
    }

    /// A length of 1, 2 or 4 bytes for 0, 1 and 2.
    fn length(&mut self, size: u8) -> Option<usize> {
        match size {
            0 => Some(usize::from(u8::from_be_bytes(self.array()?))),
            1 => Some(usize::from(u16::from_be_bytes(self.array()?))),
            _ => usize::try_from(u32::from_be_bytes(self.array()?)).ok(),
        }
    }

    /// A count of 2 or 4 bytes for 0 and 1.
    fn count(&mut self, size: u8) -> Option<u32> {
        match size {
            0 => Some(u32::from(u16::from_be_bytes(self.array()?))),
            _ => Some(u32::from_be_bytes(self.array()?)),
        }
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let bytes = self.bytes.get(self.at..)?.first_chunk()?;
        self.at += N;
        Some(*bytes)
    }

    #[inline]
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let bytes = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(bytes)
    }
}

#[expect(clippy::cast_precision_loss, reason = "the decoder in JavaScript takes the nearest number too")]
fn integer(value: i64) -> Token<'static> {
    i32::try_from(value).map_or(Token::Double(value as f64), Token::Integer)
}

#[expect(clippy::cast_precision_loss, reason = "the decoder in JavaScript takes the nearest number too")]
fn unsigned(value: u64) -> Token<'static> {
    i32::try_from(value).map_or(Token::Double(value as f64), Token::Integer)
}

#[cfg(test)]
mod tests;
