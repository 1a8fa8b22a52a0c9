//! Lists of whole numbers, as stored states have them.

use agent_storage_messagepack::{Reader, write_integer, write_list};

use crate::fields::next_integer;

/// Appends the list of `numbers`.
pub(crate) fn write_numbers(bytes: &mut Vec<u8>, numbers: &[usize]) {
    write_list(bytes, numbers.len());
    for number in numbers {
        write_integer(bytes, *number as u64);
    }
}

/// The list that comes next.
pub(crate) fn next_numbers(reader: &mut Reader<'_>) -> Option<Vec<usize>> {
    let mut items = reader.clone();
    reader.value()?;
    // Passing over the list has shown that there are so many.
    let count = items.list()? as usize;
    let mut numbers = Vec::with_capacity(count);
    for _ in 0..count {
        numbers.push(usize::try_from(next_integer(&mut items)?).ok()?);
    }
    Some(numbers)
}
