//! The fields of a MessagePack map, one after the other.

use agent_storage_messagepack::{Reader, Token};

/// A field: its name, and its value as it is encoded.
pub(crate) type Field<'a> = (&'a str, &'a [u8]);

/// The fields of the map that is all of `bytes`. It ends early where the bytes are no map, or a name in it is no text.
pub(crate) fn fields(bytes: &[u8]) -> Fields<'_> {
    let mut reader = Reader::new(bytes);
    match reader.token() {
        Some(Token::Map(left)) => Fields { reader, left },
        _ => Fields { reader, left: 0 },
    }
}

/// See [`fields`].
pub(crate) struct Fields<'a> {
    reader: Reader<'a>,
    left: u32,
}

impl<'a> Fields<'a> {
    /// How many are left.
    pub(crate) fn left(&self) -> usize {
        self.left as usize
    }

    fn read(&mut self) -> Option<Field<'a>> {
        let Token::Text(name) = self.reader.token()? else { return None };
        let name = str::from_utf8(name).ok()?;
        let start = self.reader.at();
        self.reader.skip_value()?;
        Some((name, self.reader.since(start)))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    fn next(&mut self) -> Option<Field<'a>> {
        self.left = self.left.checked_sub(1)?;
        let field = self.read();
        if field.is_none() {
            self.left = 0;
        }
        field
    }
}

/// The value of the field `name` of a map.
pub(crate) fn field<'a>(map: &'a [u8], name: &str) -> Option<&'a [u8]> {
    fields(map).find(|(found, _)| *found == name).map(|(_, value)| value)
}

/// The text that a value is.
pub(crate) fn text(value: &[u8]) -> Option<&str> {
    match Reader::new(value).token()? {
        Token::Text(text) => str::from_utf8(text).ok(),
        _ => None,
    }
}

/// Whether all fields of a map can be read.
pub(crate) fn is_whole(map: &[u8]) -> bool {
    let all = fields(map);
    all.left() == all.count()
}

/// Whether a value is a map.
pub(crate) fn is_map(value: &[u8]) -> bool {
    matches!(Reader::new(value).token(), Some(Token::Map(_)))
}

/// Whether a value is a number.
pub(crate) fn is_number(value: &[u8]) -> bool {
    matches!(Reader::new(value).token(), Some(Token::Integer(_) | Token::Double(_)))
}
