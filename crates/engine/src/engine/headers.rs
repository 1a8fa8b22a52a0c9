//! What a file is by its own header, whatever its name.
//!
//! Constraint: nothing but the header is read.

use crate::{
    error::{Error, Result},
    format::{
        header::{FileHeader, FileKind, HEADER_BYTES},
        names,
    },
    io::{Access, Directory},
};

/// The header of the file `name`; `None` where it has none that can be used.
pub(super) fn header_of(directory: &dyn Directory, name: &str) -> Result<Option<FileHeader>> {
    let file = directory.open(name, Access::Read)?;
    let mut bytes = [0; HEADER_BYTES];
    if file.length()? < HEADER_BYTES as u64 {
        return Ok(None);
    }
    file.read_exact_at(&mut bytes, 0)?;
    match FileHeader::decode(&bytes, file.path()) {
        Ok(header) => Ok(Some(header)),
        Err(Error::Corrupt { .. }) => Ok(None),
        Err(other) => Err(other),
    }
}

/// The name that the file with this header was given.
pub(super) fn name_by(header: &FileHeader) -> String {
    match header.kind {
        FileKind::Manifest => names::MANIFEST.to_owned(),
        FileKind::Log => names::log(header.number),
        FileKind::EventRun | FileKind::CatalogRun => names::run(header.number),
        FileKind::Pack => names::pack(header.number),
    }
}
