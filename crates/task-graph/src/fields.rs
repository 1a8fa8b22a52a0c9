//! The fields of a MessagePack map, one after the other.
//!
//! Constraint: a name is its encoded form throughout, since one that is not well-formed Unicode is no text in MessagePack: `docs/format.md` has an extension for those.

use std::iter;

use agent_storage_messagepack::{Reader, Token};

/// The extension of a text that is not well-formed Unicode.
const ILL_FORMED_TEXT: u8 = 1;

/// The largest whole number below which none is left out in a double.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// A field: its name and its value, as they are encoded.
pub(crate) type Field<'a> = (&'a [u8], &'a [u8]);

/// The fields of the map that is all of `bytes`. It ends early where those are no map. A name need not be a text.
pub(crate) fn fields(bytes: &[u8]) -> Fields<'_> {
    next_fields(Reader::new(bytes))
}

/// The same of the map that comes next.
#[inline]
pub(crate) fn next_fields(mut reader: Reader<'_>) -> Fields<'_> {
    let pairs = reader.map();
    Fields { reader, left: pairs.unwrap_or(0), is_broken: pairs.is_none() }
}

/// The fields of the event that is all of `bytes`, each with what is in its name. A payload that comes last is most of an event, and not every event is asked for it: its value is whatever bytes are
/// left, which whoever reads it goes through.
pub(crate) fn event_fields(bytes: &[u8]) -> impl Iterator<Item = Field<'_>> {
    let mut all = fields(bytes);
    iter::from_fn(move || {
        let name = content(all.next_name()?).unwrap_or_default();
        let left = if name == b"payload" { all.last_value() } else { None };
        Some((name, left.or_else(|| all.value())?))
    })
}

/// See [`fields`].
pub(crate) struct Fields<'a> {
    reader: Reader<'a>,
    left: u32,
    is_broken: bool,
}

impl<'a> Fields<'a> {
    /// How many are left.
    pub(crate) fn left(&self) -> usize {
        self.left as usize
    }

    /// How many bytes were read: up to behind the last field that was given, or behind the map's head.
    pub(crate) fn at(&self) -> usize {
        self.reader.at()
    }

    /// Where reading goes on behind the map, once all fields were given; `None` where they were not all of it.
    pub(crate) fn end(self) -> Option<Reader<'a>> {
        (!self.is_broken).then_some(self.reader)
    }

    /// The name of the next field, whose value is to be read before the next one.
    #[inline]
    pub(crate) fn next_name(&mut self) -> Option<&'a [u8]> {
        self.left = self.left.checked_sub(1)?;
        self.value()
    }

    /// The value of the field that was named last.
    #[inline]
    pub(crate) fn value(&mut self) -> Option<&'a [u8]> {
        let read = self.reader.value();
        if read.is_none() {
            self.left = 0;
            self.is_broken = true;
        }
        read
    }

    /// The same, where no field follows: whatever bytes are left.
    #[inline]
    pub(crate) fn last_value(&self) -> Option<&'a [u8]> {
        (self.left == 0).then(|| self.reader.rest())
    }

    /// What `read` makes of the value of the field that was named last. It is passed over where that is nothing.
    pub(crate) fn value_as<T>(&mut self, read: impl FnOnce(&mut Reader<'a>) -> Option<T>) -> Option<T> {
        let mut ahead = self.reader.clone();
        let made = read(&mut ahead);
        match made {
            Some(_) => self.reader = ahead,
            None => _ = self.value(),
        }
        made
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        let name = self.next_name()?;
        Some((name, self.value()?))
    }
}

/// The values of the fields `names` of the map that is all of `bytes`: of each the last one, should a writer of its own have put several. `None` where that is no map.
pub(crate) fn pick<'a, const N: usize>(bytes: &'a [u8], names: [&str; N]) -> Option<[Option<&'a [u8]>; N]> {
    let mut found = [None; N];
    pick_into(&mut found, bytes, &names).then_some(found)
}

fn pick_into<'a>(found: &mut [Option<&'a [u8]>], bytes: &'a [u8], names: &[&str]) -> bool {
    let mut all = fields(bytes);
    for (name, value) in all.by_ref() {
        let content = content(name);
        for (found, known) in found.iter_mut().zip(names) {
            if content == Some(known.as_bytes()) {
                *found = Some(value);
            }
        }
    }
    all.end().is_some_and(|end| end.is_done())
}

/// The value of a field, as [`pick`] gives it.
pub(crate) fn field<'a>(map: &'a [u8], name: &str) -> Option<&'a [u8]> {
    pick(map, [name]).and_then(|[value]| value)
}

/// The name of a node that a field of a map is, as it is encoded.
pub(crate) fn name<'a>(map: &'a [u8], field_name: &str) -> Option<&'a [u8]> {
    field(map, field_name).filter(|value| is_name(value))
}

/// What is in the text that a value is, to be compared with a text that is known: it may be no UTF-8.
#[inline]
pub(crate) fn content(value: &[u8]) -> Option<&[u8]> {
    if let [0xa0..0xc0, content @ ..] = value {
        return Some(content);
    }
    match Reader::new(value).token()? {
        Token::Text(text) => Some(text),
        _ => None,
    }
}

/// Whether a value is a text.
pub(crate) fn is_text(value: &[u8]) -> bool {
    // Most are ASCII, which is told sooner.
    content(value).is_some_and(|content| content.is_ascii() || str::from_utf8(content).is_ok())
}

/// Whether a value can be the name of a node's field.
#[inline]
pub(crate) fn is_key(value: &[u8]) -> bool {
    matches!(value, [0xa0..0xc0, ..]) || is_name(value)
}

/// Whether a value is a text, well-formed or not.
pub(crate) fn is_name(value: &[u8]) -> bool {
    let ([0xd4..=0xd8, kind, ..]
    | [0xc7, _, kind, ..]
    | [0xc8, _, _, kind, ..]
    | [0xc9, _, _, _, _, kind, ..]) = *value
    else {
        return is_text(value);
    };
    kind == ILL_FORMED_TEXT
}

/// Whether a value is a map.
pub(crate) fn is_map(value: &[u8]) -> bool {
    Reader::new(value).map().is_some()
}

/// Whether a value is a number.
pub(crate) fn is_number(value: &[u8]) -> bool {
    matches!(Reader::new(value).token(), Some(Token::Integer(_) | Token::Double(_)))
}

/// The whole number from 0 on that a value is.
pub(crate) fn integer(value: &[u8]) -> Option<u64> {
    next_integer(&mut Reader::new(value))
}

/// The same of the value that comes next.
pub(crate) fn next_integer(reader: &mut Reader<'_>) -> Option<u64> {
    match reader.token()? {
        Token::Integer(number) => u64::try_from(number).ok(),
        Token::Double(number) => whole(number),
        _ => None,
    }
}

/// JavaScript has one kind of number, and not every encoder writes a whole one as an integer.
fn whole(number: f64) -> Option<u64> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is whole and within range"
    )]
    ((0.0..=MAX_SAFE_INTEGER).contains(&number) && number.fract() == 0.0).then_some(number as u64)
}
