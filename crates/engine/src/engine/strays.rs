//! Files with a name of ours that the manifest does not name.
//!
//! Constraints: one counts as left behind by a change that never took place only where its header is of this store, or is what a power cut leaves of
//! one; any other is somebody's, is never touched, and no file of ours gets its number.

use super::headers::header_of;
use crate::{
    error::Result,
    format::{
        header::{FileHeader, FileKind, HEADER_BYTES},
        names::FileName,
    },
    ids::{FileNumber, StoreId},
    io::{Access, Directory},
    manifest::Manifest,
};

/// No store gives out so many numbers, so that a file whose number is as far away can stay where it is.
const FAR: u64 = 1 << 32;

/// See the module.
pub(super) struct Strays {
    /// What was left behind.
    pub(super) names: Vec<String>,
    /// A number that no file which stays has, nor any number after it.
    pub(super) free: FileNumber,
}

impl Strays {
    pub(super) fn beside(directory: &dyn Directory, manifest: &Manifest) -> Result<Self> {
        let mut strays = Self { names: Vec::new(), free: manifest.next_file };
        let mut kept = Vec::new();
        for name in directory.list()? {
            match FileName::parse(&name) {
                Some(FileName::ManifestTemporary) => strays.names.push(name),
                Some(file @ (FileName::Log(_) | FileName::Run(_) | FileName::Pack(_)))
                    if !manifest.names(file) =>
                {
                    if is_left_behind(directory, &name, file, manifest.store)? {
                        strays.names.push(name);
                    } else {
                        kept.extend(file.number());
                    }
                }
                _ => {}
            }
        }
        strays.free = first_free(kept, manifest.next_file);
        Ok(strays)
    }
}

/// The first number from `from` on that is above all those of `taken` which a store could come to.
pub(super) fn first_free(taken: impl IntoIterator<Item = FileNumber>, from: FileNumber) -> FileNumber {
    let near = taken.into_iter().filter(|number| number.0 < from.0.saturating_add(FAR));
    near.map(FileNumber::next).fold(from, FileNumber::max)
}

fn is_left_behind(directory: &dyn Directory, name: &str, file: FileName, store: StoreId) -> Result<bool> {
    match header_of(directory, name) {
        Ok(Some(header)) => Ok(header.store == store),
        Ok(None) => is_unfinished(directory, name, file, store),
        // Of another version, no file at all, or none that can be read: it is in nobody's way.
        Err(_) => Ok(false),
    }
}

/// Whether a file begins as one whose header is not there yet: with nothing, with zeros, or with a part of that header.
fn is_unfinished(directory: &dyn Directory, name: &str, file: FileName, store: StoreId) -> Result<bool> {
    let opened = directory.open(name, Access::Read)?;
    let mut bytes = [0; HEADER_BYTES];
    let length = usize::try_from(opened.length()?).map_or(HEADER_BYTES, |length| length.min(HEADER_BYTES));
    let Some(begin) = bytes.get_mut(..length) else { return Ok(false) };
    if opened.read_exact_at(begin, 0).is_err() {
        return Ok(false);
    }
    let (kinds, number): (&[FileKind], _) = match file {
        FileName::Log(number) => (&[FileKind::Log], number),
        FileName::Run(number) => (&[FileKind::EventRun, FileKind::CatalogRun], number),
        FileName::Pack(number) => (&[FileKind::Pack], number),
        _ => return Ok(false),
    };
    let is_part = |kind: &FileKind| FileHeader::new(*kind, number, store).encode().starts_with(begin);
    Ok(begin.iter().all(|byte| *byte == 0) || kinds.iter().any(is_part))
}
