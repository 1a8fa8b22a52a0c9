//! A manifest that is sound and cannot be that of the files beside it: copied there from elsewhere, or from an older state of the store.
//!
//! Constraints: no state that a power cut or the end of a process leaves is taken for one: where everything that the manifest names is there, it is believed; and what
//! such a state leaves beside a file that went later is no evidence. Of the files of a flush or a recovery that did not come to its end, the log that the manifest names is still
//! there; of a merge, all that was merged.

use super::headers::header_of;
use crate::{
    error::{Error, Result},
    format::{
        header::{FileHeader, FileKind},
        mark::FRAMES_OFFSET,
        names::{self, FileName},
    },
    ids::Position,
    io::{Access, Directory},
    manifest::Manifest,
    runs::{Family, Run},
    wal::LogFile,
};

/// What speaks against a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Suspicion {
    /// All files are of another store.
    Foreign,
    /// Files that it names are gone, and there are some which a later manifest named.
    Outdated {
        /// Whether those stand for what is gone: a log that goes on, or a merge.
        explains: bool,
    },
}

/// The files beside a manifest, counted.
#[derive(Default)]
struct Beside {
    own: usize,
    others: usize,
    named_logs: usize,
    named: usize,
    named_unreadable: usize,
    /// Of numbers that the manifest had not given out: logs with frames, runs of changes behind its log's start, and merges of runs before it.
    newer_logs: usize,
    newer_flushes: usize,
    merges: usize,
}

impl Suspicion {
    /// What speaks against `manifest`, if anything does.
    pub(super) fn of(directory: &dyn Directory, manifest: &Manifest) -> Result<Option<Self>> {
        let beside = Beside::count(directory, manifest)?;
        let is_log_gone = beside.named_logs < manifest.logs.len();
        let is_other_gone = beside.named - beside.named_logs < manifest.runs.len() + manifest.packs.len();
        let (goes_on, merged) = (beside.newer_logs > 0, beside.merges > 0);
        Ok(if beside.own == 0 && beside.others > 0 && beside.named_unreadable == 0 {
            Some(Self::Foreign)
        } else if is_log_gone && (goes_on || beside.newer_flushes > 0) {
            Some(Self::Outdated { explains: goes_on })
        } else if is_other_gone && !is_log_gone && merged {
            Some(Self::Outdated { explains: true })
        } else {
            None
        })
    }

    /// The damage that it is.
    pub(super) fn damage(self, directory: &dyn Directory) -> Error {
        let what = match self {
            Self::Foreign => "manifest of another store",
            Self::Outdated { .. } => "manifest that is older than other files",
        };
        Error::corrupt(&directory.path().join(names::MANIFEST), 0, what)
    }
}

impl Beside {
    fn count(directory: &dyn Directory, manifest: &Manifest) -> Result<Self> {
        let mut beside = Self::default();
        for name in directory.list()? {
            let Some((file, number)) = FileName::parse(&name).and_then(|file| Some((file, file.number()?)))
            else {
                continue;
            };
            let is_named = manifest.names(file);
            beside.named += usize::from(is_named);
            beside.named_logs += usize::from(is_named && matches!(file, FileName::Log(_)));
            match header_of(directory, &name) {
                Ok(Some(header)) if header.store != manifest.store => beside.others += 1,
                Ok(Some(header)) => {
                    beside.own += 1;
                    if !is_named && number >= manifest.next_file {
                        beside.add_newer(directory, manifest, &header);
                    }
                }
                // Whoever reads it tells.
                _ => beside.named_unreadable += usize::from(is_named),
            }
        }
        Ok(beside)
    }

    fn add_newer(&mut self, directory: &dyn Directory, manifest: &Manifest, header: &FileHeader) {
        match header.kind {
            FileKind::Log => self.newer_logs += usize::from(is_used(directory, header)),
            FileKind::EventRun | FileKind::CatalogRun => match through(directory, header) {
                Some(through) if through > manifest.log_start.position => self.newer_flushes += 1,
                Some(_) => self.merges += 1,
                None => {}
            },
            FileKind::Manifest | FileKind::Pack => {}
        }
    }
}

/// Whether the log of this header holds a change, as far as it can be read.
pub(super) fn is_used(directory: &dyn Directory, header: &FileHeader) -> bool {
    let has_frame = || {
        let mut length = [0; 4];
        let file = directory.open(&names::log(header.number), Access::Read)?;
        file.read_exact_at(&mut length, FRAMES_OFFSET)?;
        Ok::<_, Error>(length != [0; 4])
    };
    if has_frame().unwrap_or(false) {
        return true;
    }
    let log = LogFile::open_damaged(directory, header.number, header.store, &mut |_| {});
    matches!(log, Ok(Some(log)) if log.mark().through.position > Position(0))
}

/// Up to which change the run of this header is; `None` where it is not whole, as one whose writing was cut off.
pub(super) fn through(directory: &dyn Directory, header: &FileHeader) -> Option<Position> {
    let family = Family::of(header.kind);
    let length =
        directory.open(&names::run(header.number), Access::Read).and_then(|file| file.length()).ok()?;
    let run = Run::open(directory, header.number, header.store, family, length).ok()?;
    Some(run.through().position)
}
