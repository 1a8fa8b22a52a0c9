//! One file: what is seen of it, what the medium holds for certain, and what it may hold.

use std::collections::BTreeMap;

use crate::support::rng::Rng;

/// What a disk writes whole or not at all, in bytes.
pub(super) const SECTOR: usize = 512;

/// A sector whose content on the medium is not certain.
#[derive(Debug, Clone, Default)]
struct Sector {
    /// What it may hold instead of its certain content, oldest first.
    versions: Vec<Vec<u8>>,
    /// Whether the next sync writes it.
    dirty: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct FileState {
    seen: Vec<u8>,
    certain: Vec<u8>,
    uncertain: BTreeMap<usize, Sector>,
    /// Lengths since the last sync.
    lengths: Vec<usize>,
}

impl FileState {
    pub(super) fn holding(bytes: Vec<u8>) -> Self {
        Self { certain: bytes.clone(), seen: bytes, ..Self::default() }
    }

    pub(super) fn seen(&self) -> &[u8] {
        &self.seen
    }

    pub(super) fn grow(&mut self, length: usize) {
        if length > self.seen.len() {
            self.seen.resize(length, 0);
            self.lengths.push(length);
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8], offset: usize) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len();
        self.grow(end);
        self.seen[offset..end].copy_from_slice(bytes);
        for number in offset / SECTOR..end.div_ceil(SECTOR) {
            let content = sector_of(&self.seen, number);
            let sector = self.uncertain.entry(number).or_default();
            sector.versions.push(content);
            sector.dirty = true;
        }
    }

    pub(super) fn sync(&mut self) {
        self.certain.resize(self.seen.len(), 0);
        let (written, left): (BTreeMap<_, _>, _) =
            std::mem::take(&mut self.uncertain).into_iter().partition(|(_, sector)| sector.dirty);
        self.uncertain = left;
        for number in written.into_keys() {
            place(&mut self.certain, number, &sector_of(&self.seen, number));
        }
        self.lengths.clear();
    }

    /// The pages count as written, though they may be not.
    pub(super) fn fail_sync(&mut self) {
        for sector in self.uncertain.values_mut() {
            sector.dirty = false;
        }
    }

    pub(super) fn certain(&self) -> Self {
        Self::holding(self.certain.clone())
    }

    pub(super) fn after_power_cut(&self, rng: &mut Rng) -> Self {
        let kept = Kept::choose(rng);
        let mut bytes = self.certain.clone();
        if let Some(length) = kept.pick(&self.lengths, rng) {
            bytes.resize(*length, 0);
        }
        for (number, sector) in &self.uncertain {
            if let Some(version) = kept.pick(&sector.versions, rng) {
                place(&mut bytes, *number, version);
            }
        }
        Self::holding(bytes)
    }
}

/// How much of a file or directory a power cut leaves: the extremes come up as often as the mixtures.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    eighths: u64,
}

impl Kept {
    pub(super) fn choose(rng: &mut Rng) -> Self {
        Self { eighths: [0, 1, 4, 7, 8][rng.index(5)] }
    }

    pub(super) fn keeps(self, rng: &mut Rng) -> bool {
        rng.chance(self.eighths, 8)
    }

    /// Which of several versions is there, the latest most often; `None` is what was certain.
    fn pick<'a, T>(self, versions: &'a [T], rng: &mut Rng) -> Option<&'a T> {
        if versions.is_empty() || !self.keeps(rng) {
            return None;
        }
        if self.eighths == 8 || rng.chance(3, 4) {
            return versions.last();
        }
        Some(&versions[rng.index(versions.len())])
    }
}

/// The sector, filled up with zeros behind the end of the file.
fn sector_of(bytes: &[u8], number: usize) -> Vec<u8> {
    let start = number * SECTOR;
    let mut sector = bytes[start..bytes.len().min(start + SECTOR)].to_vec();
    sector.resize(SECTOR, 0);
    sector
}

/// Puts the sector in its place, as far as the file reaches.
fn place(bytes: &mut [u8], number: usize, sector: &[u8]) {
    let length = bytes.len();
    let start = (number * SECTOR).min(length);
    let end = (start + SECTOR).min(length);
    bytes[start..end].copy_from_slice(&sector[..end - start]);
}
