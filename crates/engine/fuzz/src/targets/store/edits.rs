//! Edits of a store's files that an input asks for.
//!
//! Constraint: an edit always means something, whatever the bytes that describe it, so that mutations of an input rarely lose what follows.

use agent_storage_engine::{
    format::{
        codec::Cursor,
        frame::{self, FRAME_HEADER_BYTES},
        header::{FileHeader, HEADER_BYTES},
        mark::FRAMES_OFFSET,
        names::FileName,
    },
    runs::probe::{self, FOOTER_BYTES},
};

use crate::{
    forge::{self, ForgedBlock},
    repair,
    samples::KINDS_OF_EDIT,
    support::victim::Files,
};

/// One edit.
#[derive(Debug)]
pub(super) struct Edit<'a> {
    kind: u8,
    /// Which file, by order.
    file: u8,
    /// Where in it.
    at: u16,
    /// What to put there.
    bytes: &'a [u8],
}

impl<'a> Edit<'a> {
    /// Kind, file, offset, and some bytes behind their number.
    pub(super) fn read(cursor: &mut Cursor<'a>) -> Option<Self> {
        let [kind, file, low, high, length] = cursor.array().ok()?;
        let length = usize::from(length % 32).min(cursor.rest().len());
        let at = u16::from_le_bytes([low, high]);
        Some(Self { kind: kind % KINDS_OF_EDIT, file, at, bytes: cursor.take(length).ok()? })
    }

    /// Whether the edited file has right checksums, as no damage of a medium has.
    pub(super) fn forges(&self) -> bool {
        self.kind == 8
    }

    /// Changes `files`; some edits put there what lies in `others`, the files of another store.
    pub(super) fn apply(&self, files: &mut Files, others: &Files) {
        let kind = |name: &str| FileName::parse(name);
        let picked = match self.kind {
            8 => pick(files, self.file, |name| matches!(kind(name), Some(FileName::Run(_)))),
            9 => pick(files, self.file, |name| matches!(kind(name), Some(FileName::Log(_)))),
            _ => pick(files, self.file, |_| true),
        };
        let Some((name, bytes)) = picked else { return };
        let at = self.offset(&name, &bytes);
        let count = self.bytes.len();
        let edited = match self.kind {
            0 => xored(bytes, at, self.bytes),
            1 => spliced(bytes, at, count, self.bytes),
            2 => spliced(bytes, at, count, &[]),
            3 => spliced(bytes, at, 0, self.bytes),
            4 => bytes[..at].to_vec(),
            5 => copied_within(bytes, at, self.bytes),
            6 => {
                files.remove(&name);
                return;
            }
            7 => {
                let from = if self.at.is_multiple_of(2) { &*files } else { others };
                pick(from, self.file.wrapping_add(1), |_| true).map_or(bytes, |(_, other)| other)
            }
            8 => with_block_edited(&bytes, self.at, self.bytes).unwrap_or(bytes),
            _ => with_frame_edited(&bytes, self.at, self.bytes).unwrap_or(bytes),
        };
        files.insert(name, edited);
    }

    /// Of a log mostly within its frames, not in the space around them.
    fn offset(&self, name: &str, bytes: &[u8]) -> usize {
        let is_log = matches!(FileName::parse(name), Some(FileName::Log(_)));
        let (start, end) = if is_log && !self.at.is_multiple_of(4) {
            let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
            (frames_offset().min(end), end)
        } else {
            (0, bytes.len())
        };
        start + usize::from(self.at) % (end - start + 1)
    }
}

fn frames_offset() -> usize {
    usize::try_from(FRAMES_OFFSET).expect("a few pages")
}

fn pick(files: &Files, index: u8, wanted: impl Fn(&str) -> bool) -> Option<(String, Vec<u8>)> {
    let names: Vec<_> = files.keys().filter(|name| wanted(name)).collect();
    let name = *names.get(usize::from(index) % names.len().max(1))?;
    Some((name.clone(), files[name].clone()))
}

fn xored(mut bytes: Vec<u8>, at: usize, with: &[u8]) -> Vec<u8> {
    for (byte, with) in bytes[at..].iter_mut().zip(with) {
        *byte ^= with;
    }
    bytes
}

fn spliced(mut bytes: Vec<u8>, at: usize, removed: usize, put: &[u8]) -> Vec<u8> {
    let end = bytes.len().min(at + removed);
    bytes.splice(at..end, put.iter().copied());
    bytes
}

/// Up to 255 bytes from elsewhere in the file; the first two bytes say from where, the third how many.
fn copied_within(mut bytes: Vec<u8>, at: usize, from: &[u8]) -> Vec<u8> {
    let Some(([low, high, count], _)) = from.split_first_chunk() else { return bytes };
    let from = usize::from(u16::from_le_bytes([*low, *high])) % (bytes.len() + 1);
    let count = usize::from(*count).min(bytes.len() - from.max(at));
    bytes.copy_within(from..from + count, at);
    bytes
}

/// Other raw bytes: the first of `with` says where, the second how many of the old ones go; the rest comes in their place.
fn edited(raw: &[u8], with: &[u8]) -> Option<Vec<u8>> {
    let ([at, removed], put) = with.split_first_chunk()?;
    let at = usize::from(*at) * (raw.len() + 1) / 256;
    Some(spliced(raw.to_vec(), at, usize::from(*removed), put))
}

/// A run one of whose blocks has other raw bytes, with right checksums. Its index stays as it was, or follows where `at` is odd, so that what
/// the entries say is reached.
fn with_block_edited(bytes: &[u8], at: u16, with: &[u8]) -> Option<Vec<u8>> {
    let header = FileHeader::decode(bytes.get(..HEADER_BYTES)?, "/run".as_ref()).ok()?;
    let footer = bytes.get(bytes.len().checked_sub(FOOTER_BYTES)?..)?;
    let fields = probe::decode_footer(footer, header.store, header.number.0, bytes.len() as u64).ok()?;
    let index_offset = usize::try_from(fields.index_offset).ok()?;
    let index = probe::decode_block(header.store, bytes.get(index_offset..bytes.len() - FOOTER_BYTES)?)?;
    let places = probe::decode_index(&index, HEADER_BYTES as u64, fields.index_offset).ok()?;
    let mut blocks = Vec::new();
    for (first_key, offset, length, entries) in places {
        let offset = usize::try_from(offset).ok()?;
        let raw = probe::decode_block(header.store, bytes.get(offset..offset + length as usize)?)?;
        blocks.push(ForgedBlock { first_key, entries, raw });
    }
    let count = blocks.len().max(1);
    let block = blocks.get_mut(usize::from(at / 2) % count)?;
    block.raw = edited(&block.raw, with)?;
    if !at.is_multiple_of(2) {
        *block = ForgedBlock::honest(std::mem::take(&mut block.raw));
    }
    Some(forge::run_of(&header, &blocks, 0))
}

/// A log one of whose frames has another body, of the length that it says.
fn with_frame_edited(bytes: &[u8], at: u16, with: &[u8]) -> Option<Vec<u8>> {
    let mut frames = Vec::new();
    let mut offset = frames_offset();
    while let Some(length) = bytes.get(offset..).and_then(|rest| frame::claimed_bytes(rest).ok()) {
        frames.push((offset, offset + length));
        offset += length;
    }
    let (start, end) = *frames.get(usize::from(at) % frames.len().max(1))?;
    let body = edited(bytes.get(start + FRAME_HEADER_BYTES..end)?, with)?;
    let mut log = bytes[..start + FRAME_HEADER_BYTES].to_vec();
    repair::put_u32(&mut log, start, u32::try_from(body.len()).ok()?);
    log.extend(body);
    log.extend_from_slice(&bytes[end..]);
    Some(log)
}
