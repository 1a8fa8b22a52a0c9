//! What is done to a store, in words that mean something whatever the store holds.

use agent_storage_engine::catalog::listing::Order;

use super::support::sim::Call;

/// A store's life and those after it.
#[derive(Debug, Clone)]
pub(super) struct Sequence {
    pub(super) opened: Handle,
    pub(super) operations: Vec<Operation>,
}

/// How a handle is opened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handle {
    /// Whether every call is durable before it returns.
    pub(super) sync: bool,
    /// Whether it opens the store when it is used, and lets it go soon. The first one never does.
    pub(super) lazy: bool,
    pub(super) level: i32,
    pub(super) max_delta_chain: u32,
}

/// A name: as it is, or so long that no longer one is allowed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Name {
    Plain(&'static str),
    LongestOf(&'static str),
}

/// Bytes: how many, and which (noise or text).
#[derive(Debug, Clone, Copy)]
pub(super) enum Bytes {
    Noise(usize, u8),
    Text(usize, u8),
}

/// What a checkpoint is saved as.
#[derive(Debug, Clone)]
pub(super) enum Body {
    New(Bytes),
    /// The newest version and something behind it.
    Grown(Bytes),
    /// The newest version with something put into its middle.
    Edited(Bytes),
}

/// A condition of an append or a batch.
#[derive(Debug, Clone, Copy)]
pub(super) enum Condition {
    Holds,
    /// It names an earlier sequence; the next one where there is none.
    Stale,
}

/// A place in a stream.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    Zero,
    First,
    Middle,
    Last,
    Next,
    Beyond,
}

/// A version of a checkpoint.
#[derive(Debug, Clone, Copy)]
pub(super) enum Version {
    Newest,
    NewestByNumber,
    Oldest,
    /// The one before the oldest.
    Gone,
    /// The one after the newest.
    NotYet,
}

/// One change of a batch.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Append(Name, Vec<Bytes>, Option<Condition>),
    Expect(Name, Condition),
    Prune(Name, Place),
    Hold(Name, Option<Place>),
    DeleteStream(Name),
    Save {
        id: Name,
        body: Body,
        lineage: Name,
        meta: Bytes,
        time: f64,
    },
    Delete(Name),
    /// Unless it was saved since: since the newest save, so that it is deleted, or since the change before that.
    DeleteUnlessSaved(Name, Condition),
    Set(usize, Bytes),
    Remove(usize),
}

/// Which checkpoints to list.
#[derive(Debug, Clone)]
pub(super) struct List {
    pub(super) order: Order,
    pub(super) reverse: bool,
    pub(super) limit: Option<usize>,
    pub(super) prefix: &'static str,
    pub(super) lineage: Option<Name>,
    pub(super) from: Option<f64>,
    pub(super) until: Option<f64>,
}

/// How a process ends without closing its store, and how the next one begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    /// The power goes, and everything not synced may, as this says; `None`: only the process is killed.
    pub(super) power_cut: Option<Loss>,
    /// Whether the store is read and verified before a handle that may write recovers it.
    pub(super) looked_at: bool,
    pub(super) next: Handle,
}

/// What a power cut takes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Loss {
    Everything,
    /// What this seed says.
    Some(u64),
}

/// What is done next.
#[derive(Debug, Clone)]
pub(super) enum Operation {
    /// What shrinking leaves of an operation that is not needed.
    Nothing,
    Append(Name, Vec<Bytes>, Option<Condition>),
    Commit(Vec<Change>),
    /// Saves and deletes, the next without waiting for the one before, and an append.
    Together(Vec<Change>, Name, Bytes),
    Prune(Name, Place),
    DeleteStream(Name),
    Replay {
        stream: Name,
        from: Place,
        limit: Option<u64>,
        at_once: (usize, usize),
    },
    /// A replay that goes on while other things are done.
    BeginReplay(Name, Place),
    ReplayOn(usize),
    Load(Name, Version),
    List(List),
    History(Name),
    Figures,
    Flush,
    FlushTables,
    Compact,
    Verify,
    Backup(u64),
    /// Nothing is done until a store that may be let go is let go.
    Rest,
    Reopen {
        looked_at: bool,
        next: Handle,
    },
    Crash(End),
    /// The machine stops at so-manieth call of this kind; whatever is done from then on fails.
    CrashSoon(Call, u64, End),
}
