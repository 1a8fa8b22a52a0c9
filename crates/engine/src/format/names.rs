//! The names of a store's files: the one place where they are built and parsed.

use std::fmt;

use crate::ids::FileNumber;

/// The file that says what is live.
pub const MANIFEST: &str = "MANIFEST";
/// A manifest that is being written.
pub const MANIFEST_TEMPORARY: &str = "MANIFEST.tmp";
/// The holder's process id, to tell others.
pub const OWNER: &str = "owner";
/// What is locked where a directory itself cannot be.
pub const LOCK: &str = "lock";

/// The name of a log.
pub fn log(number: FileNumber) -> String {
    format!("{:016x}.log", number.0)
}

/// The name of a run.
pub fn run(number: FileNumber) -> String {
    format!("{:016x}.run", number.0)
}

/// The name of a pack.
pub fn pack(number: FileNumber) -> String {
    format!("{:016x}.pack", number.0)
}

/// What a name in a store's directory stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileName {
    /// The manifest.
    Manifest,
    /// The manifest being written.
    ManifestTemporary,
    /// The holder's process id.
    Owner,
    /// The lock file.
    Lock,
    /// A log.
    Log(FileNumber),
    /// A run.
    Run(FileNumber),
    /// A pack.
    Pack(FileNumber),
}

impl FileName {
    /// What `name` stands for; `None` where it is no name of ours.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            MANIFEST => return Some(Self::Manifest),
            MANIFEST_TEMPORARY => return Some(Self::ManifestTemporary),
            OWNER => return Some(Self::Owner),
            LOCK => return Some(Self::Lock),
            _ => {}
        }
        let (digits, extension) = name.split_once('.')?;
        let canonical =
            digits.len() == 16 && digits.bytes().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'));
        let number = FileNumber(u64::from_str_radix(digits, 16).ok().filter(|_| canonical)?);
        match extension {
            "log" => Some(Self::Log(number)),
            "run" => Some(Self::Run(number)),
            "pack" => Some(Self::Pack(number)),
            _ => None,
        }
    }
}

impl FileName {
    /// The number in it, where it has one.
    pub fn number(self) -> Option<FileNumber> {
        match self {
            Self::Log(number) | Self::Run(number) | Self::Pack(number) => Some(number),
            _ => None,
        }
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Manifest => f.write_str(MANIFEST),
            Self::ManifestTemporary => f.write_str(MANIFEST_TEMPORARY),
            Self::Owner => f.write_str(OWNER),
            Self::Lock => f.write_str(LOCK),
            Self::Log(number) => f.write_str(&log(*number)),
            Self::Run(number) => f.write_str(&run(*number)),
            Self::Pack(number) => f.write_str(&pack(*number)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_parse_back() {
        let number = FileNumber(0xab_cdef);
        for name in [FileName::Manifest, FileName::Owner, FileName::Run(number)] {
            assert_eq!(FileName::parse(&name.to_string()), Some(name));
        }
        assert_eq!(FileName::parse(&log(number)), Some(FileName::Log(number)));
        assert_eq!(FileName::parse(&run(number)), Some(FileName::Run(number)));
        assert_eq!(FileName::parse(&pack(number)), Some(FileName::Pack(number)));
        assert_eq!(FileName::parse(MANIFEST), Some(FileName::Manifest));
    }

    #[test]
    fn other_names_are_not_ours() {
        for name in [
            "",
            "1.log",
            "000000000000000G.log",
            "000000000000000A.log",
            "0000000000000001.LOG",
            "index.json",
            "x.full.msgpack",
            "+000000000000001.log",
        ] {
            assert_eq!(FileName::parse(name), None, "{name}");
        }
    }
}
