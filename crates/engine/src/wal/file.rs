//! One file of the log: a header, two mark slots, frames.
//!
//! Constraints: the header and the initial marks are synced before anybody names the file, so that a named log that is missing, has a bad
//! header or two bad slots is damage. A mark may be written only once the one before it was synced: both slots must never be in flight at once.
//!
//! A prepared file does not say which frame its first one will chain to, because the file before it has not ended yet: the chain runs from file
//! to file, and the manifest says where the first one starts.

use std::{path::Path, sync::Arc};

use crate::{
    error::{Error, Result},
    format::{
        frame::Link,
        header::{FileHeader, FileKind, HEADER_BYTES},
        mark::{FRAMES_OFFSET, MARK_BYTES, Mark, SLOT_OFFSETS},
        names,
    },
    ids::{FileNumber, StoreId},
    io::{Access, Directory, File, WriteError},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

/// How long a new log is: room for a few small frames, so that a store which holds little stays small.
const INITIAL_BYTES: u64 = 16 << 10;

/// A place in the log: behind the frame of `link`, or at the start of a file that goes on from it.
#[derive(Debug, Clone)]
pub struct LogPoint {
    /// The frame before this place.
    pub link: Link,
    /// The file it is in.
    pub file: Arc<LogFile>,
    /// The offset in that file.
    pub offset: u64,
}

impl LogPoint {
    /// The start of `file`, whose first frame will chain to `link`.
    pub fn start_of(file: Arc<LogFile>, link: Link) -> Self {
        Self { link, file, offset: FRAMES_OFFSET }
    }
}

/// An open log file. Dropping it closes it; removing it is up to whoever owns the manifest.
#[derive(Debug)]
pub struct LogFile {
    number: FileNumber,
    store: StoreId,
    file: Arc<dyn File>,
    mark: Mutex<Mark>,
    /// Whether the mark was read or written, not made up for a file that has lost its own.
    marked: bool,
    allocated: AtomicU64,
}

impl LogFile {
    /// Creates the log `number` and syncs it. The caller syncs the directory and names the file in the manifest before its first frame.
    ///
    /// Where there is no room ([`Error::Full`]) nothing is left behind. After a failed sync the file stays: no manifest names it.
    pub fn create(directory: &dyn Directory, number: FileNumber, store: StoreId) -> Result<Arc<Self>> {
        let name = names::log(number);
        let file = directory.create(&name)?;
        if let Err(error) = lay_out(&*file, number, store) {
            // It would take room that others may wait for. If this fails too, the next opening removes it.
            drop(directory.remove(&name));
            return Err(error);
        }
        file.sync()?;
        let [_, newest] = Mark::initial(number);
        let allocated = AtomicU64::new(INITIAL_BYTES);
        Ok(Arc::new(Self { number, store, file, mark: Mutex::new(newest), marked: true, allocated }))
    }

    /// Opens the log `number`, which a manifest names: if it is missing or its header or both its marks are bad, that is damage.
    pub fn open(
        directory: &dyn Directory,
        number: FileNumber,
        store: StoreId,
        access: Access,
    ) -> Result<Arc<Self>> {
        let name = names::log(number);
        let file = directory.open(&name, access).map_err(|error| match error {
            Error::NotFound { .. } => Error::corrupt(&directory.path().join(&name), 0, "missing log"),
            other => other,
        })?;
        let length = file.length()?;
        let head = read_head(&*file, length)?;
        let header = head.get(..HEADER_BYTES).unwrap_or(&head);
        FileHeader::decode(header, file.path())?.expect(FileKind::Log, number, store, file.path())?;
        if length < FRAMES_OFFSET {
            return Err(Error::corrupt(file.path(), length, "log cut short"));
        }
        let newest = newest_mark(&head, number, store)
            .ok_or_else(|| Error::corrupt(file.path(), SLOT_OFFSETS[0], "log marks"))?;
        Ok(Arc::new(Self {
            number,
            store,
            file,
            mark: Mutex::new(newest),
            marked: true,
            allocated: AtomicU64::new(length),
        }))
    }

    /// Opens the log `number` however damaged it is, for reading what is whole of it; tells `on_damage` what is not. `None` where nothing can be read of it.
    pub fn open_damaged(
        directory: &dyn Directory,
        number: FileNumber,
        store: StoreId,
        on_damage: &mut dyn FnMut(Error),
    ) -> Result<Option<Arc<Self>>> {
        match Self::open(directory, number, store, Access::Read) {
            Ok(log) => return Ok(Some(log)),
            Err(damage @ Error::Corrupt { .. }) => on_damage(damage),
            Err(other) => return Err(other),
        }
        let file = match directory.open(&names::log(number), Access::Read) {
            Ok(file) => file,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(other) => return Err(other),
        };
        let length = file.length()?;
        let head = read_head(&*file, length)?;
        let [_, blank] = Mark::initial(number);
        let newest = newest_mark(&head, number, store);
        // Of a file that ends between the slots, the newer mark may be the one that is gone.
        let marked = newest.is_some() && length >= FRAMES_OFFSET;
        let mark = Mutex::new(newest.unwrap_or(blank));
        Ok(Some(Arc::new(Self { number, store, file, mark, marked, allocated: AtomicU64::new(length) })))
    }

    /// Its number.
    pub fn number(&self) -> FileNumber {
        self.number
    }

    /// Its path, for messages.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// The file itself, to read what lies in a frame.
    pub fn file(&self) -> &Arc<dyn File> {
        &self.file
    }

    /// The newest mark: as it was read, or as it was last written here.
    pub fn mark(&self) -> Mark {
        *self.mark.lock()
    }

    /// Whether it has a mark, as every file has that is not damaged.
    pub fn is_marked(&self) -> bool {
        self.marked
    }

    /// Writes a mark that says that the log was synced through `through`, which ends at `offset` of this file ([`FRAMES_OFFSET`] if it is in an
    /// earlier one). It is not synced; the mark before it must be. Any failure ends writing.
    pub fn write_mark(&self, through: Link, offset: u64, closed: bool) -> Result<()> {
        let mut newest = self.mark.lock();
        let mark = Mark { counter: newest.counter + 1, file: self.number, through, offset, closed };
        self.file
            .write_all_at(&mark.encode(self.store), mark.slot_offset())
            // Not as `Error::Full`: that promises that the store goes on.
            .map_err(|failed| failed.error)?;
        *newest = mark;
        Ok(())
    }

    /// Makes what was written durable. Only one sync of a file may be under way, since the kernel tells of a failure only once.
    pub fn sync(&self) -> Result<()> {
        self.file.sync()
    }

    /// Preallocates up to `length`, see [`super::LogWriter::wants_allocation`]; made for a thread that does not append. That there is no room is no
    /// failure of the log: frames then make the file longer themselves.
    pub fn grow(&self, length: u64) -> Result<()> {
        self.file.allocate(length)?;
        self.allocated.fetch_max(length, Ordering::Relaxed);
        Ok(())
    }

    /// Up to where the file is preallocated.
    pub fn allocated(&self) -> u64 {
        self.allocated.load(Ordering::Relaxed)
    }

    pub(super) fn place(&self, frame: &[u8], offset: u64) -> Result<(), WriteError> {
        self.file.write_all_at(frame, offset)
    }
}

fn lay_out(file: &dyn File, number: FileNumber, store: StoreId) -> Result<()> {
    let full = |error: Error| {
        if error.is_out_of_space() { Error::Full { path: file.path().to_owned() } } else { error }
    };
    file.allocate(INITIAL_BYTES).map_err(full)?;
    let mut head = FileHeader::new(FileKind::Log, number, store).encode();
    let [odd, even] = Mark::initial(number);
    for mark in [even, odd] {
        head.resize(usize::try_from(mark.slot_offset()).unwrap_or_default(), 0);
        head.extend_from_slice(&mark.encode(store));
    }
    file.write_all_at(&head, 0).map_err(|failed| full(failed.error))
}

/// What of a file of `length` bytes precedes the frames.
fn read_head(file: &dyn File, length: u64) -> Result<Vec<u8>> {
    let mut head = vec![0; usize::try_from(length.min(FRAMES_OFFSET)).unwrap_or_default()];
    file.read_exact_at(&mut head, 0)?;
    Ok(head)
}

/// The mark that holds, of the file whose first pages are `head`: the one with the larger counter, of those that are sound.
fn newest_mark(head: &[u8], number: FileNumber, store: StoreId) -> Option<Mark> {
    let slot = |offset: u64| {
        let bytes = head.get(usize::try_from(offset).ok()?..)?.get(..MARK_BYTES)?;
        Mark::decode(bytes, store, number, offset).ok()
    };
    SLOT_OFFSETS.into_iter().filter_map(slot).max_by_key(|mark| mark.counter)
}

#[cfg(test)]
mod tests;
