//! Checking a sealed pack through and through.

use crate::{
    error::{Error, Result},
    format::header::HEADER_BYTES,
    ids::{FileNumber, StoreId},
    io::{Directory, File},
    packs::{
        footer::Footer,
        pack::{check_header, check_length, load_index, open_file, read_footer},
        place::RecordPlace,
        scan::scan,
    },
};

/// Reads every byte of the sealed pack `number` and gives each damage to `on_damage`, in the order of the file where it can tell; one damage
/// does not hide the next: where the index is damaged, the records are found by their headers. `on_progress` learns after each record how many bytes of the
/// file are done, and ends the check by an error, which is then the answer. Any other error is one of I/O. Returns how many records are good.
///
/// Packs that were not sealed have no such check: which of their records were ever synced only the log knows, and those are
/// checked by loading them.
pub fn verify_sealed(
    directory: &dyn Directory,
    number: FileNumber,
    store: StoreId,
    expected_length: u64,
    on_damage: &mut dyn FnMut(Error),
    on_progress: &mut dyn FnMut(u64) -> Result<()>,
) -> Result<u64> {
    let Some(file) = note(open_file(directory, number), on_damage)? else { return Ok(0) };
    note(check_length(&*file, expected_length), on_damage)?;
    note(check_header(&*file, number, store), on_damage)?;
    let footer = if file.length()? < expected_length {
        None
    } else {
        note(read_footer(&*file, number, store, expected_length), on_damage)?
    };
    let places = places(&*file, store, footer.as_ref(), on_damage)?;
    let mut good = 0;
    let mut end = HEADER_BYTES as u64;
    for place in places {
        if place.offset != end {
            on_damage(Error::corrupt(file.path(), end, "gap between records"));
        }
        end = place.end();
        good += u64::from(note(place.read(&*file, store), on_damage)?.is_some());
        on_progress(end)?;
    }
    if footer.is_some_and(|footer| footer.index_offset != end) {
        on_damage(Error::corrupt(file.path(), end, "record header"));
    }
    Ok(good)
}

/// The places of all records by offset: by the index, or where that is damaged by the headers.
fn places(
    file: &dyn File,
    store: StoreId,
    footer: Option<&Footer>,
    on_damage: &mut dyn FnMut(Error),
) -> Result<Vec<RecordPlace>> {
    let index = match footer {
        Some(footer) => note(load_index(file, store, footer), on_damage)?,
        None => None,
    };
    let mut places = Vec::new();
    if let Some(index) = index {
        places.extend(index.places());
        places.sort_unstable_by_key(|place| place.offset);
    } else {
        let end = footer.map_or(file.length()?, |footer| footer.index_offset);
        scan(file, store, end, |place| {
            places.push(place);
            true
        })?;
    }
    Ok(places)
}

/// Reports damage and goes on without the value; anything else that failed ends the check.
fn note<T>(result: Result<T>, on_damage: &mut dyn FnMut(Error)) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(damage @ (Error::Corrupt { .. } | Error::UnsupportedFormat { .. })) => {
            on_damage(damage);
            Ok(None)
        }
        Err(other) => Err(other),
    }
}

#[cfg(test)]
mod tests;
