//! Numbers with a meaning, each a type of its own so that one is never passed for another.

use std::fmt;

macro_rules! number {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
        pub struct $name(pub u64);

        impl $name {
            /// The number after this one.
            #[must_use]
            pub const fn next(self) -> Self {
                Self(self.0 + 1)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// A change's place in the store's one order, from 1; 0 is before the first change.
    Position
}
number! {
    /// An event's place in its stream, from 1 without holes; 0 is before the first event.
    Sequence
}
number! {
    /// A log, run or pack of a store. Never used twice.
    FileNumber
}
number! {
    /// A stored checkpoint version's bytes. Never used twice; 0 is no record.
    RecordNumber
}
number! {
    /// A checkpoint id, from its first save to its deletion. Never used twice.
    IdNumber
}
number! {
    /// A stream, from its first event to its deletion. Never used twice.
    StreamNumber
}

/// The random identity of a store, the same in all of its files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct StoreId(pub [u8; 16]);

impl StoreId {
    /// The CRC-32 of `parts`, one after the other, keyed by this store: the same bytes of another store have another checksum.
    pub fn checksum(self, parts: &[&[u8]]) -> u32 {
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&self.0);
        for part in parts {
            hasher.update(part);
        }
        hasher.finalize()
    }

    /// What the first frame of this store chains to: known from any of its files, should the manifest be lost.
    pub fn first_link(self) -> u32 {
        self.checksum(&[])
    }
}
