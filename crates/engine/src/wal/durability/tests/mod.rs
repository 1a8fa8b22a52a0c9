//! Group commit under faults and threads. Threads are held at gates, not by time.

mod failures;
mod marks;
mod sharing;

use std::{sync::mpsc, thread};

use super::*;
use crate::{
    ids::FileNumber,
    io::Access,
    wal::{
        LogWriter,
        testing::{MemoryDirectory, MemoryFile, NUMBER, START, STORE},
    },
};

struct Store {
    directory: MemoryDirectory,
    file: Arc<MemoryFile>,
    /// Held while a frame is written and noted, as the engine's commit lock is.
    writer: Mutex<LogWriter>,
    durability: Durability,
}

impl Store {
    fn new() -> Self {
        let directory = MemoryDirectory::default();
        let log = LogFile::create(&directory, NUMBER, STORE).unwrap();
        let file = directory.file("0000000000000007.log");
        let writer = LogWriter::start(log, START);
        let durability = Durability::new(writer.end().clone(), false);
        Self { directory, file, writer: Mutex::new(writer), durability }
    }

    fn append(&self) -> LogPoint {
        let mut writer = self.writer.lock();
        let placed = writer.append(1, b"changes").unwrap();
        self.durability.accepted(&placed.end);
        placed.end
    }

    fn switch(&self, number: u64) -> Arc<MemoryFile> {
        let next = LogFile::create(&self.directory, FileNumber(number), STORE).unwrap();
        let mut writer = self.writer.lock();
        writer.switch_to(Arc::clone(&next));
        self.durability.switched(&next);
        self.directory.file(&format!("{number:016x}.log"))
    }

    /// Enters a callback that reports its answer under `name`.
    fn report(&self, position: Position, name: usize, to: &mpsc::Sender<(usize, Result<()>)>) {
        let to = to.clone();
        self.durability.when_durable(position, Box::new(move |answer| to.send((name, answer)).unwrap()));
    }

    /// Waits until some thread sleeps until a round ends. Tells whether one does, which it may not where `ended` held first.
    fn someone_waits_unless(&self, mut ended: impl FnMut() -> bool) -> bool {
        loop {
            if self.durability.ended.notify_all() > 0 {
                return true;
            }
            if ended() {
                return false;
            }
            thread::yield_now();
        }
    }

    fn mark_after_power_cut(&self, number: u64) -> (Position, bool) {
        let crashed = self.directory.after_power_cut();
        let mark = LogFile::open(&crashed, FileNumber(number), STORE, Access::Read).unwrap().mark();
        (mark.through.position, mark.closed)
    }
}

fn assert_poisoned(answer: &Result<()>) {
    assert!(matches!(answer, Err(Error::Poisoned { .. })), "{answer:?}");
}

/// Holds the syncs of a file. A gate that is dropped, by a test that fails, lets none hang.
struct Gate {
    entered: mpsc::Receiver<()>,
    open: mpsc::Sender<()>,
}

impl Gate {
    fn new(file: &MemoryFile) -> Self {
        let (enter, entered) = mpsc::channel();
        let (open, opened) = mpsc::channel();
        let opened = Mutex::new(opened);
        file.on_sync(move |_| {
            enter.send(()).unwrap();
            opened.lock().recv().unwrap();
        });
        Self { entered, open }
    }

    /// Waits for a sync to begin; the limit only turns a hang into a failure.
    fn entered(&self) {
        self.entered.recv_timeout(Duration::from_secs(60)).expect("a sync begins");
    }

    fn open(&self) {
        self.open.send(()).unwrap();
    }
}
