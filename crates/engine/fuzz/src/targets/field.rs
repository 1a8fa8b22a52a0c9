//! The primitive fields that every other structure is made of.

use agent_storage_engine::format::codec::{Cursor, Put};

/// Reads fields one after the other; of each pair of bytes the first says which kind comes next.
///
/// What is read is what lies there, no more is taken than was read, and a number or text written again is no longer than it was.
pub(super) fn field(input: &[u8]) {
    let mut cursor = Cursor::new(input);
    while let Ok(kind) = cursor.u8() {
        let before = cursor.rest();
        if step(kind, &mut cursor).is_none() {
            return;
        }
        assert!(before.ends_with(cursor.rest()), "a field moved the cursor back or beyond the end");
    }
}

fn step(kind: u8, cursor: &mut Cursor<'_>) -> Option<()> {
    let before = cursor.rest();
    let taken = |cursor: &Cursor<'_>| &before[..before.len() - cursor.rest().len()];
    let mut again = Vec::new();
    match kind % 10 {
        0 => assert_eq!([cursor.u8().ok()?], *taken(cursor)),
        1 => assert_eq!(cursor.u32().ok()?.to_le_bytes(), *taken(cursor)),
        2 => assert_eq!(cursor.u64().ok()?.to_le_bytes(), *taken(cursor)),
        3 => assert_eq!(cursor.f64().ok()?.to_bits().to_le_bytes(), *taken(cursor)),
        4 => again.put_varint(cursor.varint().ok()?),
        5 => again.put_varint(cursor.varint_u32().ok()?.into()),
        6 => again.put_bytes(cursor.bytes().ok()?),
        7 => again.put_bytes(cursor.text().ok()?.as_bytes()),
        8 => {
            let length = usize::from(cursor.u8().ok()?);
            let rest = cursor.rest();
            assert_eq!(cursor.take(length).ok()?, &rest[..length]);
        }
        _ => {
            cursor.reserved(3).ok()?;
            assert_eq!([0; 3], *taken(cursor));
        }
    }
    if !again.is_empty() {
        check_again(&again, taken(cursor));
    }
    Some(())
}

/// A varint may have been written in more bytes than it needs; without those the bytes are the same.
fn check_again(again: &[u8], taken: &[u8]) {
    assert!(again.len() <= taken.len(), "{again:x?} is longer than {taken:x?}");
    let read = |bytes: &[u8]| Cursor::new(bytes).varint();
    assert_eq!(read(again), read(taken));
    if again.len() == taken.len() {
        assert_eq!(again, taken);
    }
}
