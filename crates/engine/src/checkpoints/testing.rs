//! Data that grows like an agent's checkpoints, for tests.

const WORDS: [&str; 16] = [
    "agent", "calls", "tool", "search", "file", "result", "error", "line", "value", "read", "write",
    "because", "user", "plan", "token", "model",
];

/// Versions of a growing MessagePack-like value: a head that changes each time, and a list of steps of about `step_bytes` that grows by one.
pub(crate) struct Growing {
    random: u64,
    steps: Vec<u8>,
    count: u64,
    step_bytes: usize,
}

impl Growing {
    pub(crate) fn new(seed: u64, step_bytes: usize) -> Self {
        println!("seed {seed:#x}");
        Self { random: seed | 1, steps: Vec::new(), count: 0, step_bytes }
    }

    fn next(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }

    /// One more step.
    pub(crate) fn step(&mut self) -> Vec<u8> {
        self.count += 1;
        let end = self.steps.len() + self.step_bytes;
        self.steps.extend_from_slice(b"\x83\xa4role\xa9assistant\xa7content\xda");
        while self.steps.len() < end {
            let random = self.next();
            let word = WORDS[usize::try_from(random % 16).unwrap()];
            self.steps.extend_from_slice(word.as_bytes());
            self.steps.push(b' ');
            if random.is_multiple_of(5) {
                self.steps.extend_from_slice(format!("{:x} ", random >> 40).as_bytes());
            }
        }
        let head = format!("\u{3}currentStep{}updatedAt{}", self.count, 1_700_000_000_000 + self.count * 977);
        [head.as_bytes(), &self.steps].concat()
    }

    /// Steps until a version has at least `bytes`.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> Vec<u8> {
        loop {
            let version = self.step();
            if version.len() >= bytes {
                return version;
            }
        }
    }
}
