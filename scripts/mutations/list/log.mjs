/**
 * Safeguards of the write-ahead log: its syncs, its marks, how its end is found.
 */
import { inFile } from "./in-file.mjs";

export const LOG = [
  inFile("wal/file.rs", [
    { name: "a new log is not synced", text: "file.sync()?;", instead: "" },
    { name: "a new log that found no room stays", text: "drop(directory.remove(&name));", instead: "" },
    {
      name: "the header of a log is not looked at",
      text: "FileHeader::decode(header, file.path())?.expect(FileKind::Log, number, store, file.path())?;",
      instead: "",
    },
    {
      name: "a log of another file or store is taken",
      text: "FileHeader::decode(header, file.path())?.expect(FileKind::Log, number, store, file.path())?;",
      instead: "FileHeader::decode(header, file.path())?;",
    },
    { name: "a log that is cut short is taken", text: "length < FRAMES_OFFSET", instead: "false" },
    { name: "a mark overwrites the one before", text: "newest.counter + 1", instead: "newest.counter + 2" },
    { name: "the mark that was written is forgotten", text: "*newest = mark;", instead: "" },
    {
      name: "a mark without room promises that the store goes on",
      after: "that the store goes on.\n            .map_err(|failed| ",
      text: "failed.error",
      instead: "Error::from(failed)",
    },
    { name: "a log is not synced", text: "self.file.sync()", instead: "Ok(())" },
    {
      name: "the older of two marks counts",
      after: "max_by_key(|mark| ",
      text: "mark.counter",
      instead: "u64::MAX - mark.counter",
    },
  ]),
  inFile("wal/durability/round.rs", [
    {
      name: "a round syncs nothing",
      text: "self.files.iter().try_for_each(|file| sync(file))?;",
      instead: "",
    },
    { name: "a round writes no mark", text: "file.write_mark(*link, *offset, false)", instead: "Ok(())" },
    {
      name: "a round marks the log as closed",
      after: "file.write_mark(*link, *offset, ",
      text: "false",
      instead: "true",
    },
    { name: "closing writes no mark", text: "file.write_mark(*link, *offset, true)?;", instead: "" },
    {
      name: "the mark of closing is not synced",
      after: "file.write_mark(*link, *offset, true)?;\n                ",
      text: "sync(file)",
      instead: "Ok(())",
    },
  ]),
  inFile("wal/durability/state.rs", [
    {
      name: "the file with an unsynced mark is not synced again",
      text: "self.mark_is_unsynced_in(target.file);",
      instead: "drop(target.file);",
    },
    {
      name: "a mark counts as durable before its sync",
      text: "self.durably_marked = self.marked;",
      instead: "self.durably_marked = target.link.position;",
    },
    {
      name: "who waits is answered before the sync",
      after: "if ",
      text: "position <= self.durable",
      instead: "true",
    },
    { name: "a sync that failed counts", text: "self.fail(error);", instead: "drop(error);" },
    {
      name: "a round that ends after a failure counts",
      after: "self.fail(error);\n        }\n        if ",
      text: "self.failure.is_some()",
      instead: "false",
    },
    {
      name: "a log that goes on after closing counts as closed",
      after: "self.end.offset = end.offset;\n        ",
      text: "self.closed = false;",
      instead: "",
    },
    {
      name: "a log that is switched counts as closed",
      after: "self.end = LogPoint::start_of(Arc::clone(next), self.end.link);\n        ",
      text: "self.closed = false;",
      instead: "",
    },
    {
      name: "a file with new frames is not synced",
      text: "self.unsynced.push(Arc::clone(&end.file));",
      instead: "",
    },
    {
      name: "the mark does not move along to the next file",
      text: "self.end = LogPoint::start_of(Arc::clone(next), self.end.link);",
      instead: "",
    },
    {
      name: "the mark of closing is not noted",
      after: "Kind::Close => {\n                ",
      text: "self.marked = target.link.position;",
      instead: "",
    },
    {
      name: "the mark of closing does not count as durable",
      text: "self.durably_marked = target.link.position;",
      instead: "",
    },
    {
      name: "a log counts as closed whatever came meanwhile",
      text: "self.end.link == target.link && Arc::ptr_eq(&self.end.file, &target.file)",
      instead: "true",
    },
    {
      name: "a later failure takes the place of the first",
      after: "fn fail(&mut self, error: Error) {\n        if ",
      text: "self.failure.is_some()",
      instead: "false",
    },
  ]),
  inFile("wal/durability/mod.rs", [
    {
      name: "a sync is tried again after a failure",
      after: "while let Some(kind) = next(state) {\n            if let Some(failure) = ",
      text: "state.failure()",
      instead: "None",
    },
    {
      name: "a store at rest does not settle its mark",
      text: "state.durably_marked < position",
      instead: "state.durable < position",
    },
    { name: "closing does not mark the log", after: "(", text: "!state.closed", instead: "false" },
    {
      name: "waiting for a sync does not wait",
      after: "(",
      text: "state.durable < position",
      instead: "false",
    },
    { name: "a failure elsewhere does not end syncing", text: "state.fail(cause);", instead: "drop(cause);" },
    { name: "an engine gives way while it syncs", after: "while ", text: "state.leading", instead: "false" },
    {
      name: "a store never needs a sync",
      text: "state.has_unsynced_frames() && state.failure.is_none()",
      instead: "false",
    },
    {
      name: "two rounds are under way at once",
      after: "return Err(failure);\n            }\n            if ",
      text: "state.leading",
      instead: "false",
    },
    {
      name: "a panic in a callback goes unnoticed",
      text: "state.fail(panicked);",
      instead: "drop(panicked);",
    },
  ]),
  inFile("wal/writer.rs", [
    {
      name: "a writer goes on behind a frame placed in part",
      text: "self.failure = Some(Arc::new(error.clone()));",
      instead: "",
    },
    {
      name: "the first frame of an opening has no fresh bytes",
      text: "Some(random::bytes())",
      instead: "None",
    },
    {
      name: "a frame placed in part is refused as if it were not",
      after: "self.failure = Some(Arc::new(error.clone()));\n                return ",
      text: "Err(AppendError::Failed(error))",
      instead: "Err(AppendError::Refused(error))",
    },
  ]),
  inFile("wal/reader/mod.rs", [
    {
      name: "a log that ends before its mark is taken",
      text: "scan.end.link.position < durable",
      instead: "false",
    },
    {
      name: "a closed log with bytes behind its end is continued",
      after: "closed: closed && ",
      text: "dropped_bytes == 0",
      instead: "true",
    },
    {
      name: "a mark of another frame closes the log",
      text: "mark.through == self.end.link",
      instead: "true",
    },
    { name: "a mark with another offset closes the log", text: "mark.offset == offset", instead: "true" },
    {
      name: "marks are not compared with their frames",
      text: "self.check_marks(index, frame.link, frame_end)?;",
      instead: "",
    },
  ]),
  inFile("wal/reader/damage.rs", [
    { name: "a mark may be in an earlier file than its frame", text: "marked < index", instead: "false" },
    {
      name: "a mark may be of another frame of its position",
      text: "mark.through.checksum != link.checksum",
      instead: "false",
    },
    { name: "a mark may name another offset", text: "mark.offset != offset", instead: "false" },
    {
      name: "damage at the end of a file is told of the next",
      text: "more_here || !self.blank_at_end()?",
      instead: "false",
    },
  ]),
  inFile("wal/window.rs", [
    { name: "a frame may reach beyond its file", text: "left < count as u64", instead: "false" },
  ]),
  inFile("wal/salvage.rs", [
    {
      name: "repair tells of no frame missing before the mark",
      text: 'on_damage(Error::corrupt(file.path(), FRAMES_OFFSET, "log frames up to the mark"));',
      instead: "drop(file);",
    },
    {
      name: "repair tells of no damaged frame at a file's end",
      after: "if window.written_until(offset)? > offset {\n            ",
      text: 'on_damage(Error::corrupt(file.path(), offset, "log frame"));',
      instead: "",
    },
    {
      name: "repair looks for frames beyond the mark",
      text: "self.last.position >= self.durable",
      instead: "false",
    },
    {
      name: "repair takes a header for a frame without a successor",
      text: "read_frame(window, behind, claim.link)?.is_some()",
      instead: "true",
    },
    {
      name: "repair goes back in the log",
      text: "claim.link.position > self.last.position",
      instead: "true",
    },
  ]),
].flat();
