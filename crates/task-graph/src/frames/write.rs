//! Writing values into frames.

use std::io::Cursor;

use zstd::zstd_safe::CCtx;

use super::{Frame, MOST_BYTES, MOST_COMPRESSED_BYTES, MOST_VALUES};
use crate::numbers::write_numbers;

/// States are written more often than they are read, and by a thread that other work waits for.
const LEVEL: i32 = 1;

/// Writes values, each with a mark for whoever reads it unless none has one, into frames, whose bytes it appends to `stored`.
pub(crate) fn write_frames(
    values: &mut dyn Iterator<Item = (&[u8], Option<usize>)>,
    stored: &mut Vec<u8>,
) -> Vec<Frame> {
    // Where there is no memory for it, frames are stored as they are.
    let mut context = CCtx::try_create();
    let (mut values, mut batch, mut frames) = (values.peekable(), Batch::default(), Vec::new());
    while let Some((value, mark)) = values.next() {
        batch.add(value, mark);
        if values.peek().is_none_or(|(next, _)| batch.is_full(next.len())) {
            frames.push(batch.write(context.as_mut(), stored));
            batch.clear();
        }
    }
    frames
}

/// The values of a frame.
#[derive(Default)]
struct Batch {
    lengths: Vec<usize>,
    marks: Vec<usize>,
    values: Vec<u8>,
    raw: Vec<u8>,
}

impl Batch {
    fn add(&mut self, value: &[u8], mark: Option<usize>) {
        self.lengths.push(value.len());
        self.marks.extend(mark);
        self.values.extend_from_slice(value);
    }

    /// Whether a value of so many bytes goes into the next frame.
    fn is_full(&self, next_bytes: usize) -> bool {
        self.lengths.len() >= MOST_VALUES || self.values.len() + next_bytes > MOST_BYTES
    }

    fn write(&mut self, context: Option<&mut CCtx<'static>>, stored: &mut Vec<u8>) -> Frame {
        self.raw.clear();
        write_numbers(&mut self.raw, &self.lengths);
        write_numbers(&mut self.raw, &self.marks);
        self.raw.extend_from_slice(&self.values);
        let start = stored.len();
        if !compress(context, &self.raw, stored) {
            stored.truncate(start);
            stored.extend_from_slice(&self.raw);
        }
        Frame { values: self.lengths.len(), raw_bytes: self.raw.len(), stored_bytes: stored.len() - start }
    }

    fn clear(&mut self) {
        self.lengths.clear();
        self.marks.clear();
        self.values.clear();
    }
}

/// Appends `raw` to `stored`, compressed; whether that saves anything.
fn compress(context: Option<&mut CCtx<'static>>, raw: &[u8], stored: &mut Vec<u8>) -> bool {
    let Some(context) = context.filter(|_| raw.len() <= MOST_COMPRESSED_BYTES) else { return false };
    let start = stored.len();
    stored.reserve(raw.len());
    let mut end = Cursor::new(stored);
    end.set_position(start as u64);
    context.compress(&mut end, raw, LEVEL).is_ok_and(|stored_bytes| stored_bytes < raw.len())
}
