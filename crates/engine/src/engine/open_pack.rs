//! The pack that records are appended to, between two flushes.
//!
//! Constraints: it is named in the manifest before its first record; a record is durable before the frame that names it is written.

use std::sync::Arc;

use super::Engine;
use crate::{
    error::{Error, Result},
    format::{names, record::RecordHeader},
    ids::FileNumber,
    manifest::PackEntry,
    packs::PackWriter,
    tables::PackFile,
};

impl Engine {
    /// Writes a record to the open pack and waits until it is durable.
    pub(super) fn write_record(&self, header: &RecordHeader, stored: &[u8]) -> Result<()> {
        loop {
            self.check_writable()?;
            let pack = self.open_pack()?;
            // A flush may seal the pack in between: then the record goes into the next one.
            match pack.append(header, stored) {
                Ok(Some(place)) => return pack.sync_through(&place).map_err(|error| self.fail(error)),
                Ok(None) => {}
                Err(full @ Error::Full { .. }) => return Err(full),
                Err(error @ Error::InvalidArgument { .. }) => return Err(error),
                Err(error) => return Err(self.fail(error)),
            }
        }
    }

    /// The pack that records are appended to; where there is none, a new one, named in the manifest before its first record.
    fn open_pack(&self) -> Result<Arc<PackWriter>> {
        if let Some(pack) = &*self.open_pack.read() {
            return Ok(Arc::clone(pack));
        }
        let mut manifest = self.manifest.lock();
        let mut open = self.open_pack.write();
        self.check_writable()?;
        if let Some(pack) = &*open {
            return Ok(Arc::clone(pack));
        }
        let number = manifest.allocate_file();
        let named = self.new_pack(number).and_then(|pack| {
            self.replace_manifest(&mut manifest, |next| {
                let sealed = false;
                next.packs.push(PackEntry { number, sealed, length: 0, records: 0, dead_bytes: 0 });
            })?;
            Ok(Arc::new(pack))
        });
        let pack = match named {
            Ok(pack) => pack,
            Err(error) => {
                self.discard(&names::pack(number));
                return Err(error);
            }
        };
        self.publish(|tables| tables.packs.push(PackFile::Open(Arc::clone(&pack))));
        *open = Some(Arc::clone(&pack));
        Ok(pack)
    }

    /// An empty pack, durable but not named.
    fn new_pack(&self, number: FileNumber) -> Result<PackWriter> {
        let made = PackWriter::create(&*self.directory, number, self.store).and_then(|pack| {
            pack.sync()?;
            Ok(pack)
        });
        let pack = made.map_err(|error| self.unless_full(error))?;
        self.directory.sync().map_err(|error| self.fail(error))?;
        Ok(pack)
    }
}
