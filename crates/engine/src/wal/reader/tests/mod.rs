//! Logs written by the real writer, damaged in every way a disk or a crash can.

mod files;
mod frames;

use super::*;
use crate::{
    ids::FileNumber,
    io::{Access, Directory},
    wal::{
        LogWriter,
        testing::{MemoryDirectory, START, STORE},
    },
};

/// A log over several files, and what was written to it.
struct Written {
    directory: MemoryDirectory,
    frames: Vec<(LogPoint, Vec<u8>)>,
}

impl Written {
    /// Each inner slice is a file, each number a frame with that many bytes of changes.
    fn new(files: &[&[usize]]) -> Self {
        let directory = MemoryDirectory::default();
        let mut frames = Vec::new();
        let mut link = START;
        let mut writer: Option<LogWriter> = None;
        for (number, lengths) in (1..).map(FileNumber).zip(files) {
            let file = LogFile::create(&directory, number, STORE).unwrap();
            match &mut writer {
                Some(writer) => writer.switch_to(file),
                None => writer = Some(LogWriter::start(file, link)),
            }
            let writer = writer.as_mut().unwrap();
            for length in *lengths {
                let changes = vec![u8::try_from(frames.len() % 255 + 1).unwrap(); *length];
                let placed = writer.append(1000, &changes).unwrap();
                frames.push((placed.end, changes));
            }
            link = writer.end().link;
        }
        Self { directory, frames }
    }

    fn log(&self) -> Vec<Arc<LogFile>> {
        open(&self.directory).unwrap()
    }

    /// Marks the log as durable through the frame with this index.
    fn mark(&self, index: usize, closed: bool) {
        let end = &self.frames[index].0;
        end.file.write_mark(end.link, end.offset, closed).unwrap();
    }

    fn start_of(&self, index: usize) -> usize {
        let (end, changes) = &self.frames[index];
        let opening = if index == 0 { 8 } else { 0 };
        usize::try_from(end.offset).unwrap() - changes.len() - 28 - opening
    }

    fn edit(&self, number: u64, edit: impl FnOnce(&mut Vec<u8>)) {
        self.directory.file(&format!("{number:016x}.log")).edit(edit);
    }

    /// Asserts that exactly the first `count` frames are read, and returns the end.
    fn assert_reads(&self, count: usize) -> LogEnd {
        let (end, read) = read(&self.log(), START).unwrap();
        let written: Vec<_> = self.frames[..count].iter().map(|(_, changes)| changes.clone()).collect();
        assert_eq!(read, written);
        assert_eq!(end.point.link, count.checked_sub(1).map_or(START, |last| self.frames[last].0.link));
        end
    }

    /// Asserts that the log is refused with this damage.
    fn assert_corrupt(&self, number: u64, at: usize, what: &str) {
        match read(&self.log(), START).unwrap_err() {
            Error::Corrupt { path, offset, what: found } => {
                assert_eq!((offset, found), (at as u64, what));
                assert!(path.ends_with(format!("{number:016x}.log")), "{}", path.display());
            }
            other => panic!("{other}"),
        }
    }
}

fn open(directory: &MemoryDirectory) -> Result<Vec<Arc<LogFile>>> {
    let numbers = (1..=directory.list()?.len() as u64).map(FileNumber);
    numbers.map(|number| LogFile::open(directory, number, STORE, Access::ReadWrite)).collect()
}

fn read(files: &[Arc<LogFile>], start: Link) -> Result<(LogEnd, Vec<Vec<u8>>)> {
    let mut read = Vec::new();
    let end = scan(files, start, &mut |frame| {
        let mut again = vec![0; frame.changes.len()];
        frame.file.file().read_exact_at(&mut again, frame.changes_offset)?;
        assert_eq!(again, frame.changes, "the offset is that of the changes");
        assert_eq!(frame.opening, read.is_empty());
        read.push(frame.changes.to_vec());
        Ok(())
    })?;
    Ok((end, read))
}
