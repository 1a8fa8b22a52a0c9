//! A manifest that is sound and cannot be that of the files beside it: copied there from elsewhere, or from an older state of the store.
//!
//! Constraint: no state that a power cut or the end of a process leaves is taken for one: where everything that the manifest names is there, it is believed.

use super::headers::header_of;
use crate::{
    error::{Error, Result},
    format::names::{self, FileName},
    io::Directory,
    manifest::Manifest,
};

/// What speaks against a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suspicion {
    /// All files are of another store.
    Foreign,
    /// Some that it names are gone, and there are some of numbers that it had not given out yet.
    Outdated,
}

impl Suspicion {
    /// What speaks against `manifest`, if anything does.
    pub(super) fn of(directory: &dyn Directory, manifest: &Manifest) -> Result<Option<Self>> {
        let (mut own, mut others, mut newer, mut named) = (0usize, 0usize, 0usize, 0usize);
        for name in directory.list()? {
            let Some(file) = FileName::parse(&name) else { continue };
            let Some(number) = file.number() else { continue };
            let is_named = manifest.names(file);
            named += usize::from(is_named);
            let header = match header_of(directory, &name) {
                Ok(Some(header)) => header,
                Ok(None) | Err(Error::UnsupportedFormat { .. } | Error::NotAStore { .. }) => continue,
                Err(other) => return Err(other),
            };
            if header.store == manifest.store {
                own += 1;
                newer += usize::from(!is_named && number >= manifest.next_file);
            } else {
                others += 1;
            }
        }
        let all = manifest.logs.len() + manifest.runs.len() + manifest.packs.len();
        Ok(if own == 0 && others > 0 {
            Some(Self::Foreign)
        } else if named < all && newer > 0 {
            Some(Self::Outdated)
        } else {
            None
        })
    }

    /// The damage that it is.
    pub(super) fn damage(self, directory: &dyn Directory) -> Error {
        let what = match self {
            Self::Foreign => "manifest of another store",
            Self::Outdated => "manifest that is older than other files",
        };
        Error::corrupt(&directory.path().join(names::MANIFEST), 0, what)
    }
}
