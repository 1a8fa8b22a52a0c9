//! Making a store in a directory that holds none.
//!
//! Constraints: nothing of anybody's is touched; a creation that did not come to its end is begun anew; once [`create`] has returned, the store survives a power cut.

use crate::{
    error::{Error, Result},
    format::{
        frame::Link,
        header::{FileHeader, FileKind, HEADER_BYTES, MAGIC_BYTES},
        mark::FRAMES_OFFSET,
        names::{self, FileName},
    },
    ids::{FileNumber, Position, StoreId},
    io::{Access, Directory},
    manifest::Manifest,
    random,
    wal::LogFile,
};

const LARGEST_BLANK_LOG_BYTES: usize = 1 << 20;

#[expect(clippy::cast_possible_truncation, reason = "three pages")]
const FRAMES_START: usize = FRAMES_OFFSET as usize;

/// The manifest of `directory`; `None` where there is none. A file of that name that is nothing of ours, beside nothing of ours, is another program's.
pub(super) fn load_manifest(directory: &dyn Directory) -> Result<Option<Manifest>> {
    match Manifest::load(directory) {
        Err(Error::Corrupt { .. }) if is_foreign(directory)? => Err(Error::NotAStore {
            path: directory.path().to_owned(),
            what: format!(
                "its {} is no manifest of a store, and no other file is one of a store",
                names::MANIFEST
            ),
        }),
        loaded => loaded,
    }
}

/// Whether neither the start of the manifest nor any name tells of a store.
fn is_foreign(directory: &dyn Directory) -> Result<bool> {
    let is_numbered = |name: &String| FileName::parse(name).is_some_and(|name| name.number().is_some());
    if directory.list()?.iter().any(is_numbered) {
        return Ok(false);
    }
    let file = directory.open(names::MANIFEST, Access::Read)?;
    let mut magic = [0; MAGIC_BYTES];
    if file.length()? < MAGIC_BYTES as u64 {
        return Ok(true);
    }
    file.read_exact_at(&mut magic, 0)?;
    Ok(magic != *FileKind::Manifest.magic())
}

/// A new store in an empty directory: a log, then the manifest that names it.
pub(super) fn create(directory: &dyn Directory, wanted: bool) -> Result<Manifest> {
    check_unused(directory)?;
    if !wanted {
        return Err(Error::NoStore { path: directory.path().to_owned() });
    }
    let store = StoreId(random::bytes());
    let first = FileNumber(1);
    // Of a creation that did not come to its end, and of an opening after it: all of them are blank.
    for name in directory.list()? {
        if let Some(FileName::Log(_)) = FileName::parse(&name) {
            directory.remove(&name)?;
        }
    }
    LogFile::create(directory, first, store)?;
    directory.sync()?;
    let log_start = Link { position: Position(0), checksum: store.first_link() };
    let mut manifest =
        Manifest { next_file: first.next(), logs: vec![first], ..Manifest::blank(store, log_start) };
    manifest.store(directory)?;
    Ok(manifest)
}

/// Checks that a directory without a manifest holds nothing that could be somebody's data.
pub(super) fn check_unused(directory: &dyn Directory) -> Result<()> {
    let mut foreign = None;
    for name in directory.list()? {
        match FileName::parse(&name) {
            None => foreign = Some(name),
            // Of a creation whose manifest is not durable, or of an opening after it.
            Some(FileName::Log(_)) if is_blank_log(directory, &name)? => {}
            Some(FileName::Log(_) | FileName::Run(_) | FileName::Pack(_)) => {
                return Err(Error::corrupt(&directory.path().join(names::MANIFEST), 0, "missing manifest"));
            }
            Some(_) => {}
        }
    }
    match foreign {
        Some(name) => Err(Error::NotAStore {
            path: directory.path().to_owned(),
            what: format!("it holds {name:?} but no manifest"),
        }),
        None => Ok(()),
    }
}

/// Whether a file is what a creation leaves before its first frame: its header, or nothing yet, and no frame. What is something else may be somebody's.
fn is_blank_log(directory: &dyn Directory, name: &str) -> Result<bool> {
    let file = directory.open(name, Access::Read)?;
    let length = file.length()?;
    // A creation allocates a few KiB; whatever is larger is not one's remains.
    let Some(length) = usize::try_from(length).ok().filter(|length| *length <= LARGEST_BLANK_LOG_BYTES)
    else {
        return Ok(false);
    };
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, 0)?;
    let is_zero = |bytes: &[u8]| bytes.iter().all(|byte| *byte == 0);
    let header = bytes.get(..HEADER_BYTES).unwrap_or(&bytes);
    let is_ours = is_zero(header) || FileHeader::decode(header, file.path()).is_ok();
    Ok(is_ours && bytes.get(FRAMES_START..).is_none_or(is_zero))
}
