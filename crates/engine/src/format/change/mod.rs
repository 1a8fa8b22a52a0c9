//! The changes that a frame's body is made of: what the log says happened.
//!
//! Constraints: a change carries everything that applying it needs, so that replaying the log reads nothing else and gives the same rows
//! as the commit did; the large parts (events, metas, records) are borrowed from the body, with their offset in it, so that
//! whoever applies them can remember the place instead of the bytes.

mod put;
mod read;

pub use self::{
    put::{put, put_events},
    read::Changes,
};
use super::record::RecordHeader;
use crate::ids::{IdNumber, Position, RecordNumber, Sequence, StreamNumber};

const EVENTS: u8 = 1;
const STREAM_CREATED: u8 = 2;
const STREAM_DELETED: u8 = 3;
const STREAM_PRUNED: u8 = 4;
const STREAM_HELD: u8 = 5;
const SAVED: u8 = 6;
const DELETED: u8 = 7;
const INTERNAL_SET: u8 = 8;
const INTERNAL_REMOVED: u8 = 9;
const LARGE: u8 = 10;

const HAS_TIME_BEFORE: u8 = 1;
const HAS_RECORD: u8 = 2;

/// Bytes within a frame's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Within<'a> {
    /// Where in the body they start.
    pub offset: usize,
    /// The bytes.
    pub bytes: &'a [u8],
}

/// One change.
#[derive(Debug, Clone, PartialEq)]
pub enum Change<'a> {
    /// Events appended to a stream.
    Events {
        /// The stream.
        stream: StreamNumber,
        /// The first one's sequence; the others follow without holes.
        first: Sequence,
        /// The events' bytes, in order.
        events: Vec<Within<'a>>,
    },
    /// A name got its stream number.
    StreamCreated {
        /// The number.
        stream: StreamNumber,
        /// The name.
        name: &'a str,
    },
    /// A stream was forgotten.
    StreamDeleted {
        /// The number.
        stream: StreamNumber,
        /// The name.
        name: &'a str,
    },
    /// Events before a sequence went.
    StreamPruned {
        /// The stream.
        stream: StreamNumber,
        /// The watermark: the oldest sequence that stays.
        before: Sequence,
    },
    /// Pruned events from a sequence on are still kept on disk.
    StreamHeld {
        /// The stream.
        stream: StreamNumber,
        /// From where; `None` lifts the hold.
        from: Option<Sequence>,
    },
    /// A checkpoint version was saved.
    Saved(Saved<'a>),
    /// A checkpoint was deleted with all its versions.
    Deleted(Deleted<'a>),
    /// An internal record was set.
    InternalSet {
        /// Its key.
        key: &'a [u8],
        /// Its value.
        value: &'a [u8],
    },
    /// An internal record was removed.
    InternalRemoved {
        /// Its key.
        key: &'a [u8],
    },
    /// The body did not fit a frame; it is a pack record.
    Large {
        /// The record that holds the body.
        record: RecordNumber,
        /// The body's length in bytes.
        length: u64,
        /// The first sequence of each of its appends, in order: the body was written before they were known.
        firsts: Vec<Sequence>,
    },
}

/// A saved checkpoint version.
#[derive(Debug, Clone, PartialEq)]
pub struct Saved<'a> {
    /// The id's number.
    pub id_number: IdNumber,
    /// The id.
    pub id: &'a str,
    /// The version, from 1.
    pub version: u32,
    /// Where the id was first saved; `None`: in this very frame.
    pub first_position: Option<Position>,
    /// The oldest version kept before; 0 for a new id.
    pub oldest_before: u32,
    /// The oldest version kept now.
    pub oldest: u32,
    /// The time of the version before, where there was one.
    pub time_before: Option<f64>,
    /// The time the caller gave.
    pub time: f64,
    /// The lineage.
    pub lineage: &'a str,
    /// What is listed without loading the data.
    pub meta: Within<'a>,
    /// What is known of the stored bytes.
    pub record: RecordHeader,
    /// The stored bytes, where they are in the frame; else they are in a pack.
    pub stored: Option<Within<'a>>,
    /// The last change there was when the save was called.
    pub called_after: Position,
}

/// A deleted checkpoint: all that names its rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Deleted<'a> {
    /// The id's number.
    pub id_number: IdNumber,
    /// The id.
    pub id: &'a str,
    /// Where it was first saved; `None`: in this very frame.
    pub first_position: Option<Position>,
    /// The time of its newest version.
    pub time: f64,
    /// Its oldest kept version.
    pub oldest: u32,
    /// Its newest version.
    pub newest: u32,
}
