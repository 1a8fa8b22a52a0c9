//! The header that every file of a store starts with.
//!
//! Constraints: it tells our files from any others, one store's from another's, and a file from its neighbours, before anything else in the
//! file is believed. A newer version is told from damage: the magic is looked at first, then the checksum, and the version only where that is right,
//! since a flipped bit of it is damage that can be repaired. So magic, version and checksum stay where they are in every version to come.

use std::path::Path;

use super::codec::{Cursor, Malformed};
use crate::{
    error::{Error, Result},
    ids::{FileNumber, StoreId},
};

/// The version of the format that this build writes, and the newest it reads.
pub const FORMAT_VERSION: u32 = 5;

/// The header's size in bytes.
pub const HEADER_BYTES: usize = 64;

/// How many bytes of the header tell what file it is.
pub const MAGIC_BYTES: usize = 8;
const VERSION_OFFSET: usize = MAGIC_BYTES;
const VERSION_END: usize = VERSION_OFFSET + 4;
const CHECKED_BYTES: usize = HEADER_BYTES - 4;
const RESERVED_BYTES: usize = 20;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// `MANIFEST`.
    Manifest,
    /// A file of the write-ahead log.
    Log,
    /// A sorted run of events.
    EventRun,
    /// A sorted run of catalog rows.
    CatalogRun,
    /// A checkpoint pack.
    Pack,
}

impl FileKind {
    const ALL: [Self; 5] = [Self::Manifest, Self::Log, Self::EventRun, Self::CatalogRun, Self::Pack];

    /// What a file of this kind starts with.
    pub const fn magic(self) -> &'static [u8; MAGIC_BYTES] {
        match self {
            Self::Manifest => b"AGENTMAN",
            Self::Log => b"AGENTLOG",
            Self::EventRun | Self::CatalogRun => b"AGENTRUN",
            Self::Pack => b"AGENTPAK",
        }
    }

    const fn variant(self) -> u32 {
        match self {
            Self::EventRun => 1,
            Self::CatalogRun => 2,
            Self::Manifest | Self::Log | Self::Pack => 0,
        }
    }
}

/// A file's header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileHeader {
    /// What the file is for.
    pub kind: FileKind,
    /// Its number; 0 for the manifest.
    pub number: FileNumber,
    /// The store it belongs to.
    pub store: StoreId,
}

impl FileHeader {
    /// The header of a file.
    pub fn new(kind: FileKind, number: FileNumber, store: StoreId) -> Self {
        Self { kind, number, store }
    }

    /// Its bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER_BYTES);
        bytes.extend_from_slice(self.kind.magic());
        bytes.extend_from_slice(&FORMAT_VERSION.to_le_bytes());
        bytes.extend_from_slice(&self.kind.variant().to_le_bytes());
        bytes.extend_from_slice(&self.number.0.to_le_bytes());
        bytes.extend_from_slice(&self.store.0);
        bytes.extend_from_slice(&[0; RESERVED_BYTES]);
        debug_assert_eq!(bytes.len(), CHECKED_BYTES);
        let checksum = crc32fast::hash(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads the header of the file at `path`, whose first [`HEADER_BYTES`] bytes are `bytes`.
    pub fn decode(bytes: &[u8], path: &Path) -> Result<Self> {
        let damaged = |what| Error::corrupt(path, 0, what);
        let magic = bytes.first_chunk().ok_or_else(|| damaged("file header"))?;
        if !FileKind::ALL.iter().any(|kind| kind.magic() == magic) {
            return Err(damaged("file magic"));
        }
        let found = checked_version(bytes).map_err(|Malformed| damaged("file header"))?;
        if found != FORMAT_VERSION {
            let path = path.to_owned();
            return Err(Error::UnsupportedFormat { path, found, supported: FORMAT_VERSION });
        }
        Self::decode_fields(bytes, *magic).map_err(|Malformed| damaged("file header"))
    }

    /// Of a header with this magic whose checksum and version are right, the rest.
    fn decode_fields(bytes: &[u8], magic: [u8; MAGIC_BYTES]) -> Result<Self, Malformed> {
        let mut cursor = Cursor::new(bytes.get(VERSION_END..).ok_or(Malformed)?);
        let variant = cursor.u32()?;
        let number = FileNumber(cursor.u64()?);
        let store = StoreId(cursor.array()?);
        cursor.reserved(RESERVED_BYTES)?;
        let is_kind = |kind: &FileKind| *kind.magic() == magic && kind.variant() == variant;
        let kind = FileKind::ALL.into_iter().find(is_kind).ok_or(Malformed)?;
        Ok(Self { kind, number, store })
    }

    /// Checks that this is the header of the file that was to be read.
    pub fn expect(&self, kind: FileKind, number: FileNumber, store: StoreId, path: &Path) -> Result<()> {
        if (self.kind, self.number, self.store) == (kind, number, store) {
            Ok(())
        } else {
            Err(Error::corrupt(path, 0, "file header of another file"))
        }
    }
}

/// The version of a header whose checksum is right.
fn checked_version(bytes: &[u8]) -> Result<u32, Malformed> {
    let checked = bytes.get(..CHECKED_BYTES).ok_or(Malformed)?;
    let checksum = Cursor::new(bytes.get(CHECKED_BYTES..).ok_or(Malformed)?).u32()?;
    let version = Cursor::new(checked.get(VERSION_OFFSET..).ok_or(Malformed)?).u32()?;
    if checksum != crc32fast::hash(checked) || version == 0 {
        return Err(Malformed);
    }
    Ok(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(kind: FileKind) -> FileHeader {
        FileHeader::new(kind, FileNumber(7), StoreId(*b"0123456789abcdef"))
    }

    #[test]
    fn every_kind_round_trips() {
        for kind in FileKind::ALL {
            let bytes = sample(kind).encode();
            assert_eq!(bytes.len(), HEADER_BYTES);
            assert_eq!(FileHeader::decode(&bytes, Path::new("f")).unwrap(), sample(kind));
        }
    }

    /// Catches a flipped bit of the version that passes for another version, which nothing but another version could help.
    #[test]
    fn every_flipped_bit_and_every_truncation_is_damage() {
        let bytes = sample(FileKind::EventRun).encode();
        let is_damage = |bytes: &[u8]| {
            let refused = FileHeader::decode(bytes, Path::new("f")).unwrap_err();
            assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
        };
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            is_damage(&damaged);
        }
        for length in 0..bytes.len() {
            is_damage(&bytes[..length]);
        }
    }

    #[test]
    fn another_version_is_told_from_damage() {
        for version in [FORMAT_VERSION - 1, FORMAT_VERSION + 1, u32::MAX] {
            let mut bytes = sample(FileKind::Log).encode();
            bytes[8..12].copy_from_slice(&version.to_le_bytes());
            // A later version may use what is reserved in this one.
            bytes[45] = 1;
            let checksum = crc32fast::hash(&bytes[..CHECKED_BYTES]);
            bytes[CHECKED_BYTES..].copy_from_slice(&checksum.to_le_bytes());
            let refused = FileHeader::decode(&bytes, Path::new("f")).unwrap_err();
            assert!(
                matches!(refused, Error::UnsupportedFormat { found, supported: FORMAT_VERSION, .. } if found == version),
                "{refused}"
            );
        }
    }

    #[test]
    fn a_file_in_place_of_another_is_refused() {
        let header = sample(FileKind::Pack);
        let path = Path::new("f");
        header.expect(FileKind::Pack, FileNumber(7), header.store, path).unwrap();
        header.expect(FileKind::Log, FileNumber(7), header.store, path).unwrap_err();
        header.expect(FileKind::Pack, FileNumber(8), header.store, path).unwrap_err();
        header.expect(FileKind::Pack, FileNumber(7), StoreId([0; 16]), path).unwrap_err();
    }

    /// Catches a header that is all zero but for its magic and passes for one of a version.
    #[test]
    fn a_header_of_no_version_is_damage_however_right_its_checksum() {
        let mut bytes = sample(FileKind::Log).encode();
        bytes[8..12].fill(0);
        let checksum = crc32fast::hash(&bytes[..CHECKED_BYTES]);
        bytes[CHECKED_BYTES..].copy_from_slice(&checksum.to_le_bytes());
        let refused = FileHeader::decode(&bytes, Path::new("f")).unwrap_err();
        assert!(matches!(refused, Error::Corrupt { .. }), "{refused}");
    }
}
