//! A random sequence of calls as an agent's runtime makes them, and some that only a test makes. It follows from a seed and the
//! state before it.

use std::sync::Arc;

use agent_storage_engine::{
    engine::{Op, SaveRequest},
    ids::{Position, Sequence},
};

use super::{model::State, observe::INTERNAL_KEYS, rng::Rng};

const STREAMS: [&str; 4] = ["", "task-graph", "trace/ö", "short"];
const IDS: [&str; 5] = ["agent", "agent/2", "../x", "plan", "tmp"];
const LINEAGES: [&str; 3] = ["", "run-1", "run-2"];

/// What is called next.
#[derive(Debug, Clone)]
pub enum Step {
    /// One batch, waited for.
    Commit(Vec<Op>),
    /// Events to one stream, by the call that only appends.
    Append(String, Vec<Vec<u8>>),
    /// The same, only if this is the stream's last sequence.
    AppendAfter(String, Vec<Vec<u8>>, Sequence),
    /// The events of a stream before a sequence go, by the call that only prunes.
    Prune(String, Sequence),
    /// A stream is forgotten, by the call that does only that.
    DeleteStream(String),
    /// Several batches, the next without waiting for the one before; the last one only appends.
    Together(Vec<Vec<Op>>),
    /// Everything so far becomes durable.
    Flush,
    /// The log is moved into sealed files.
    FlushTables,
    /// Everything is merged.
    Compact,
    /// Every live byte is read and checked.
    Verify,
    /// The store is closed and opened again.
    Reopen,
    /// The store is copied.
    Backup,
}

impl Step {
    /// What it does, in a word or two.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Commit(_) => "commit",
            Self::Append(..) => "append",
            Self::AppendAfter(..) => "conditional append",
            Self::Prune(..) => "prune",
            Self::DeleteStream(_) => "deletion of a stream",
            Self::Together(_) => "saves at once",
            Self::Flush => "flush",
            Self::FlushTables => "flush of tables",
            Self::Compact => "compaction",
            Self::Verify => "verification",
            Self::Reopen => "close and open",
            Self::Backup => "backup",
        }
    }
}

/// How large things are, and how often the costly calls come.
#[derive(Debug, Clone, Copy)]
pub struct Mix {
    /// Of 100 steps, how many are larger than a frame.
    pub larger_than_a_frame: u64,
    /// Of 100 steps, how many flush, compact or reopen.
    pub upkeep: u64,
    /// Whether to copy the store now and then.
    pub backups: bool,
}

impl Mix {
    /// For stores that are opened thousands of times.
    pub const SMALL: Self = Self { larger_than_a_frame: 2, upkeep: 20, backups: true };
}

/// The calls, one after the other.
#[derive(Debug)]
pub struct Workload {
    rng: Rng,
    mix: Mix,
}

impl Workload {
    /// The sequence that `seed` stands for.
    pub fn new(seed: u64, mix: Mix) -> Self {
        Self { rng: Rng::new(seed), mix }
    }

    /// The next call on a store that holds `state`.
    pub fn next(&mut self, state: &State) -> Step {
        let mut roll = self.rng.below(100);
        let mut falls_on = |share: u64| {
            let hit = roll < share;
            roll = roll.saturating_sub(share);
            hit
        };
        if falls_on(self.mix.larger_than_a_frame) {
            return Step::Commit(self.large_batch(state));
        }
        if falls_on(self.mix.upkeep) {
            return match self.rng.below(if self.mix.backups { 8 } else { 7 }) {
                0 | 1 => Step::Flush,
                2 | 3 => Step::FlushTables,
                4 => Step::Compact,
                5 | 6 => Step::Reopen,
                _ => Step::Backup,
            };
        }
        match self.rng.below(10) {
            0..=2 => Step::Append(self.stream(), self.events(12, 200)),
            3..=5 => Step::Commit(vec![self.save(state)]),
            6 => Step::Together(self.together(state)),
            7 => Step::Commit(vec![self.single(state)]),
            _ => {
                let count = self.rng.below(5) + 1;
                let mut ops: Vec<Op> = Vec::new();
                for _ in 0..count {
                    // Each op fits the state behind those before it.
                    let (next, _) = state.after(&ops);
                    ops.push(self.single(&next));
                }
                Step::Commit(ops)
            }
        }
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.rng.index(from.len())]
    }

    fn stream(&mut self) -> String {
        self.pick(&STREAMS).to_owned()
    }

    fn single(&mut self, state: &State) -> Op {
        let stream = self.stream();
        let last = state.last_sequence(&stream);
        match self.rng.below(16) {
            0..=3 => Op::Append { stream, events: self.events(5, 300), after: None },
            4 => Op::Append { stream, events: self.events(3, 50), after: Some(Sequence(last)) },
            5 => Op::Expect { stream, last: Sequence(last), first: None },
            6 | 7 => Op::Prune { stream, before: Sequence(self.rng.below(last + 2)) },
            8 => {
                let from = self.rng.chance(1, 2).then(|| Sequence(self.rng.below(last + 1) + 1));
                Op::Hold { stream, from }
            }
            9 => Op::DeleteStream { stream: "short".to_owned() },
            10 | 11 => self.save(state),
            12 => Op::Delete { id: self.pick(&IDS).to_owned(), unless_after: None },
            13 => {
                let limit = Position(self.rng.below(state.position + 1));
                Op::Delete { id: self.pick(&IDS).to_owned(), unless_after: Some(limit) }
            }
            14 => {
                let length = self.rng.index(400);
                Op::SetInternal { key: self.key(), value: self.rng.bytes(length) }
            }
            _ => Op::RemoveInternal { key: self.key() },
        }
    }

    fn key(&mut self) -> Vec<u8> {
        INTERNAL_KEYS[self.rng.index(INTERNAL_KEYS.len())].to_vec()
    }

    fn events(&mut self, most: u64, longest: usize) -> Vec<Vec<u8>> {
        let count = self.rng.below(most) + 1;
        (0..count)
            .map(|_| {
                let length = self.rng.index(longest + 1);
                self.rng.bytes(length)
            })
            .collect()
    }

    fn save(&mut self, state: &State) -> Op {
        let id = self.pick(&IDS).to_owned();
        let data = self.data(&id, state);
        let lineage = self.pick(&LINEAGES).to_owned();
        let meta = match self.rng.below(6) {
            0 => Vec::new(),
            1 => self.rng.bytes(2000),
            _ => self.rng.bytes(20),
        };
        // Few different times, so that ids tie.
        #[expect(clippy::cast_precision_loss, reason = "a small number")]
        let time = Some(self.rng.below(4) as f64 - 1.5);
        Op::Save(SaveRequest { id, data: Arc::new(data), lineage, meta, time, level: 3, max_delta_chain: 3 })
    }

    /// Mostly what the checkpoint was and a little more; sometimes something else, or something that compresses to no less than it is.
    fn data(&mut self, id: &str, state: &State) -> Vec<u8> {
        let before = state.checkpoints.get(id).and_then(|known| known.versions.values().next_back());
        match self.rng.below(12) {
            0 => Vec::new(),
            1 | 2 => self.rng.bytes(36 << 10),
            3 | 4 => {
                let length = self.rng.index(3000);
                self.rng.bytes(length)
            }
            _ => {
                let mut data = before.map_or_else(Vec::new, |version| version.data.to_vec());
                data.extend_from_slice(format!("step {} ", state.position).as_bytes());
                data.extend(self.rng.bytes(150));
                data
            }
        }
    }

    /// Batches on several ids, most often on one id twice, and an append that overtakes them.
    fn together(&mut self, state: &State) -> Vec<Vec<Op>> {
        let mut batches: Vec<Vec<Op>> = (0..2 + self.rng.below(2)).map(|_| vec![self.save(state)]).collect();
        if self.rng.chance(1, 3) {
            let both = [IDS[1], IDS[0]];
            batches.push(both.map(|id| Op::Delete { id: id.to_owned(), unless_after: None }).to_vec());
            batches.push(vec![self.save(state)]);
        }
        batches.push(vec![Op::Append { stream: self.stream(), events: self.events(2, 100), after: None }]);
        batches
    }

    /// More than 1 MiB of changes; text, so that little of it reaches the disk.
    fn large_batch(&mut self, state: &State) -> Vec<Op> {
        let events = (0..3)
            .map(|number| {
                let line = format!("{number} {:016x} a long event of a tool call\n", self.rng.next_u64());
                line.repeat(380_000 / line.len())
            })
            .map(String::into_bytes)
            .collect();
        let mut ops = vec![Op::Append { stream: self.stream(), events, after: None }];
        if self.rng.chance(1, 2) {
            let (next, _) = state.after(&ops);
            ops.push(self.single(&next));
        }
        ops
    }
}
