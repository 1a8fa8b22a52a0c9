//! Making a store in a directory that holds none.
//!
//! Constraints: nothing of anybody's is touched; a creation that did not come to its end is begun anew; once [`create`] has returned, the store survives a power cut.

use crate::{
    error::{Error, Result},
    format::{
        frame::Link,
        mark::FRAMES_OFFSET,
        names::{self, FileName},
    },
    ids::{FileNumber, IdNumber, Position, RecordNumber, StoreId, StreamNumber},
    io::{Access, Directory},
    manifest::Manifest,
    random,
    wal::LogFile,
};

/// A new store in an empty directory: a log, then the manifest that names it.
pub(super) fn create(directory: &dyn Directory, wanted: bool) -> Result<Manifest> {
    check_unused(directory)?;
    if !wanted {
        return Err(Error::NotFound { what: format!("a store in {}", directory.path().display()) });
    }
    let store = StoreId(random::bytes());
    let first = FileNumber(1);
    // Of a creation that did not come to its end.
    directory.remove(&names::log(first))?;
    LogFile::create(directory, first, store)?;
    directory.sync()?;
    let mut manifest = Manifest {
        store,
        generation: 0,
        log_start: Link { position: Position(0), checksum: u32::from_le_bytes(random::bytes()) },
        next_file: first.next(),
        next_record: RecordNumber(1),
        next_id: IdNumber(1),
        next_stream: StreamNumber(1),
        checkpoints: 0,
        versions: 0,
        dropped_versions: 0,
        logs: vec![first],
        runs: Vec::new(),
        packs: Vec::new(),
    };
    manifest.store(directory)?;
    Ok(manifest)
}

/// Checks that a directory without a manifest holds nothing that could be somebody's data.
pub(super) fn check_unused(directory: &dyn Directory) -> Result<()> {
    let mut foreign = None;
    for name in directory.list()? {
        match FileName::parse(&name) {
            None => foreign = Some(name),
            Some(FileName::Log(FileNumber(1))) if has_no_frame(directory, &name)? => {}
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

fn has_no_frame(directory: &dyn Directory, name: &str) -> Result<bool> {
    let file = directory.open(name, Access::Read)?;
    let frames = file.length()?.saturating_sub(FRAMES_OFFSET);
    // A creation allocates a few KiB; whatever is larger is not one's remains.
    let Ok(length) = usize::try_from(frames.min(1 << 20)) else { return Ok(false) };
    let mut bytes = vec![0; length];
    file.read_exact_at(&mut bytes, FRAMES_OFFSET)?;
    Ok(frames == length as u64 && bytes.iter().all(|byte| *byte == 0))
}
