//! Power cuts at every step of random histories, with any part of what was not synced lost: what was answered as durable must be read, as a prefix of
//! what was written, and nothing else.

use std::sync::Arc;

use super::{
    Durability, Link, LogEnd, LogFile, LogWriter, scan,
    testing::{MemoryDirectory, Random, START, STORE},
};
use crate::{
    error::Result,
    ids::{FileNumber, Position},
    io::Access,
};

/// Frames by their place and their changes.
type Frames = Vec<(Link, Vec<u8>)>;

struct History {
    directory: MemoryDirectory,
    files: u64,
    writer: LogWriter,
    durability: Durability,
    written: Frames,
}

impl History {
    fn new() -> Self {
        let directory = MemoryDirectory::default();
        let file = LogFile::create(&directory, FileNumber(1), STORE).unwrap();
        let writer = LogWriter::start(file, START);
        let durability = Durability::new(writer.end().clone(), false);
        Self { directory, files: 1, writer, durability, written: Vec::new() }
    }

    fn step(&mut self, random: &mut Random) {
        match random.below(16) {
            0..=8 => self.append(random),
            9 | 10 => self.durability.sync().unwrap(),
            11 => self.durability.settle().unwrap(),
            12 => self.durability.close().unwrap(),
            13 => self.switch(),
            14 => {
                if let Some(length) = self.writer.wants_allocation() {
                    self.writer.end().file.grow(length).unwrap();
                }
            }
            _ => self.reopen(),
        }
    }

    fn append(&mut self, random: &mut Random) {
        let changes = vec![u8::try_from(random.below(255) + 1).unwrap(); random.below_any_size(1 << 11)];
        let placed = self.writer.append(1, &changes).unwrap();
        self.durability.accepted(&placed.end);
        self.written.push((placed.end.link, changes));
    }

    fn switch(&mut self) {
        self.files += 1;
        let next = LogFile::create(&self.directory, FileNumber(self.files), STORE).unwrap();
        self.writer.switch_to(Arc::clone(&next));
        self.durability.switched(&next);
    }

    /// Closes in order and goes on in place.
    fn reopen(&mut self) {
        self.durability.close().unwrap();
        let (end, _) = read(&self.directory, self.files).unwrap();
        assert!(end.closed);
        self.durability = Durability::new(end.point.clone(), end.closed);
        self.writer = LogWriter::continue_at(end.point);
    }

    fn check_after(&self, crashed: &MemoryDirectory) {
        let (end, read) = read(crashed, self.files).unwrap();
        assert_eq!(read, self.written[..read.len()]);
        let reached = end.point.link.position;
        assert_eq!(reached, Position(START.position.0 + read.len() as u64));
        assert!(reached >= self.durability.durable(), "durable frames are gone");
        assert!(end.durable <= self.durability.durable(), "the mark promises what is not durable");
        assert!(!end.closed || reached == self.durability.durable());
    }
}

fn read(directory: &MemoryDirectory, files: u64) -> Result<(LogEnd, Frames)> {
    let open = |number| LogFile::open(directory, FileNumber(number), STORE, Access::ReadWrite);
    let log = (1..=files).map(open).collect::<Result<Vec<_>>>()?;
    let mut read = Vec::new();
    let end = scan(&log, START, &mut |frame| {
        read.push((frame.link, frame.changes.to_vec()));
        Ok(())
    })?;
    Ok((end, read))
}

#[test]
fn durable_frames_survive_a_power_cut_at_every_step() {
    let mut random = Random::new();
    let (mut crashes, mut torn) = (0, 0);
    for _ in 0..20 {
        let mut history = History::new();
        for _ in 0..60 {
            history.step(&mut random);
            history.check_after(&history.directory.copy());
            history.check_after(&history.directory.after_power_cut());
            for _ in 0..4 {
                history.check_after(&history.directory.after_torn_power_cut(&mut random));
                torn += 1;
            }
            crashes += 6;
        }
    }
    eprintln!("{crashes} crashes, {torn} of them torn");
}
