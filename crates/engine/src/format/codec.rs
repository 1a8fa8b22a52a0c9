//! Reading and writing the primitive fields: fixed little-endian integers, varints, byte strings and texts.
//!
//! Constraints: a [`Cursor`] never reads beyond its slice and never panics; a field that does not fit is [`Malformed`], to which the
//! caller adds the path and offset it knows.

/// A field that does not fit its bytes. Carries no place: whoever knows the file turns it into damage of that file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Malformed;

/// What numbers, counts and lengths in bytes stay below: more than any store lives to see, and little enough that sums of a hundred of them, or one
/// more than one of them, are numbers still.
pub const NUMBERS_END: u64 = 1 << 56;

/// A number as it was read, if it is below [`NUMBERS_END`].
pub fn plausible(number: u64) -> Result<u64, Malformed> {
    if number < NUMBERS_END { Ok(number) } else { Err(Malformed) }
}

/// Reads fields one after the other from a slice.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    /// Starts at the beginning of `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// What was not read yet.
    pub fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Whether everything was read.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `length` bytes.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Malformed> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(Malformed)?;
        self.rest = rest;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let (taken, rest) = self.rest.split_first_chunk::<N>().ok_or(Malformed)?;
        self.rest = rest;
        Ok(*taken)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// A fixed 32-bit integer.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_le_bytes)
    }

    /// A fixed 64-bit integer.
    pub fn u64(&mut self) -> Result<u64, Malformed> {
        self.array().map(u64::from_le_bytes)
    }

    /// A 64-bit floating point number.
    pub fn f64(&mut self) -> Result<f64, Malformed> {
        self.u64().map(f64::from_bits)
    }

    /// An unsigned LEB128 of at most 10 bytes that fits 64 bits.
    pub fn varint(&mut self) -> Result<u64, Malformed> {
        let (mut value, mut shift) = (0u64, 0);
        loop {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && byte > 1 {
                return Err(Malformed);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
            shift += 7;
        }
    }

    /// A varint that numbers, counts or measures something: below [`NUMBERS_END`].
    pub fn number(&mut self) -> Result<u64, Malformed> {
        self.varint().and_then(plausible)
    }

    /// A varint that fits 32 bits.
    pub fn varint_u32(&mut self) -> Result<u32, Malformed> {
        u32::try_from(self.varint()?).map_err(|_| Malformed)
    }

    /// A varint that is a length of something in memory.
    pub fn length(&mut self) -> Result<usize, Malformed> {
        usize::try_from(self.varint()?).map_err(|_| Malformed)
    }

    /// A length and that many bytes.
    pub fn bytes(&mut self) -> Result<&'a [u8], Malformed> {
        let length = self.length()?;
        self.take(length)
    }

    /// A length and that many bytes of UTF-8.
    pub fn text(&mut self) -> Result<&'a str, Malformed> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Malformed)
    }

    /// Checks that the next `length` bytes are reserved, that is zero.
    pub fn reserved(&mut self, length: usize) -> Result<(), Malformed> {
        if self.take(length)?.iter().all(|byte| *byte == 0) { Ok(()) } else { Err(Malformed) }
    }
}

/// Writes the variable-length fields; the fixed ones are `extend_from_slice(&x.to_le_bytes())`.
pub trait Put {
    /// An unsigned LEB128.
    fn put_varint(&mut self, value: u64);
    /// A length and the bytes.
    fn put_bytes(&mut self, bytes: &[u8]);
}

impl Put for Vec<u8> {
    fn put_varint(&mut self, mut value: u64) {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                // The last byte's top bit is clear already: what is left of the value has at most seven bits.
                return self.push(low);
            }
            self.push(low | 0x80);
        }
    }

    fn put_bytes(&mut self, bytes: &[u8]) {
        self.put_varint(bytes.len() as u64);
        self.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_round_trip_at_every_width() {
        for shift in 0..64 {
            for value in [1u64 << shift, (1u64 << shift) - 1, u64::MAX >> shift] {
                let mut bytes = Vec::new();
                bytes.put_varint(value);
                let mut cursor = Cursor::new(&bytes);
                assert_eq!(cursor.varint(), Ok(value));
                assert!(cursor.is_empty());
            }
        }
    }

    #[test]
    fn a_varint_that_overflows_or_ends_early_is_malformed() {
        assert_eq!(Cursor::new(&[0xff; 10]).varint(), Err(Malformed));
        assert_eq!(Cursor::new(&[0x80, 0x80]).varint(), Err(Malformed));
        assert_eq!(Cursor::new(&[0xff; 11]).varint(), Err(Malformed));
        for last in [0x02, 0x80, 0x81] {
            let bytes = [[0xff; 9].as_slice(), &[last, 0]].concat();
            assert_eq!(Cursor::new(&bytes).varint(), Err(Malformed), "{last}");
        }
    }

    #[test]
    fn a_length_beyond_the_slice_is_malformed() {
        let mut bytes = Vec::new();
        bytes.put_varint(u64::MAX);
        assert_eq!(Cursor::new(&bytes).bytes(), Err(Malformed));
    }

    /// Catches numbers that overflow where one is added to them.
    #[test]
    fn a_number_that_no_store_lives_to_see_is_malformed() {
        let read = |number: u64| {
            let mut bytes = Vec::new();
            bytes.put_varint(number);
            Cursor::new(&bytes).number()
        };
        assert_eq!(read(NUMBERS_END - 1), Ok(NUMBERS_END - 1));
        assert_eq!(read(NUMBERS_END), Err(Malformed));
    }

    #[test]
    fn reserved_bytes_must_be_zero() {
        assert_eq!(Cursor::new(&[0, 0, 0]).reserved(3), Ok(()));
        assert_eq!(Cursor::new(&[0, 1, 0]).reserved(3), Err(Malformed));
    }
}
