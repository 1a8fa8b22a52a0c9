//! Reading events that lie in the log, many at a time.
//!
//! Constraints: events that lie near each other cost one read; a large body is read once for all events in it.

use std::sync::Arc;

use crate::{
    checkpoints::load::Keep,
    error::{Error, Result},
    ids::RecordNumber,
    tables::{
        Memtable, Tables,
        place::{Body, Place},
        slice,
    },
};

/// How far one read may reach.
const WINDOW_BYTES: u64 = 256 << 10;

/// Reads places of one set of tables.
#[derive(Default)]
pub struct PlaceReader {
    window: Vec<u8>,
    large: Option<(RecordNumber, Arc<Vec<u8>>)>,
}

impl PlaceReader {
    /// Gives the bytes at each of `places` of `table` to `take`, in order.
    pub fn read<'p>(
        &mut self,
        tables: &Tables,
        table: &Memtable,
        places: impl IntoIterator<Item = &'p Place>,
        mut take: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let places: Vec<Place> = places.into_iter().copied().collect();
        let mut rest = places.as_slice();
        while let Some((first, _)) = rest.split_first() {
            let (together, behind) = rest.split_at(near(rest));
            match table.bodies.get(*first) {
                Some(Body::Log(file)) => {
                    let end =
                        together.last().map_or(first.offset, |last| last.offset + u64::from(last.length));
                    self.window.resize(usize::try_from(end - first.offset).unwrap_or(usize::MAX), 0);
                    file.file().read_exact_at(&mut self.window, first.offset)?;
                    for place in together {
                        let bytes = within(&self.window, *place, first.offset, tables)?;
                        place.check(bytes, file.path())?;
                        take(bytes)?;
                    }
                }
                Some(Body::Large(record)) => {
                    let body = self.large_body(tables, record)?;
                    for place in together {
                        take(within(&body, *place, 0, tables)?)?;
                    }
                }
                None => return Err(Error::corrupt(&tables.directory, 0, "event place")),
            }
            rest = behind;
        }
        Ok(())
    }

    fn large_body(&mut self, tables: &Tables, record: RecordNumber) -> Result<Arc<Vec<u8>>> {
        match &self.large {
            Some((known, body)) if *known == record => Ok(Arc::clone(body)),
            _ => {
                let body = tables.load_record(record, Keep::Nothing)?;
                self.large = Some((record, Arc::clone(&body)));
                Ok(body)
            }
        }
    }
}

/// How many of the first places lie in one body and within one window.
fn near(places: &[Place]) -> usize {
    let Some(first) = places.first() else { return 0 };
    let fits = |place: &&Place| {
        place.body == first.body
            && place.offset >= first.offset
            && place.offset + u64::from(place.length) - first.offset <= WINDOW_BYTES
    };
    places.iter().take_while(fits).count().max(1)
}

fn within<'a>(bytes: &'a [u8], place: Place, base: u64, tables: &Tables) -> Result<&'a [u8]> {
    slice(bytes, Place { offset: place.offset - base, ..place })
        .ok_or_else(|| Error::corrupt(&tables.directory, place.offset, "event place"))
}
