/**
 * Safeguards of the log's files and of its writer.
 */
import { inFile } from "./in-file.mjs";

export const LOG = [
  inFile("wal/file.rs", [
    {
      name: "a new log is not synced",
      text: "file.sync()?;",
      instead: "",
      test: "lib wal::crash_tests::durable_frames_survive_a_power_cut_at_every_step",
    },
    {
      name: "a new log that found no room stays",
      text: "drop(directory.remove(&name));",
      instead: "",
      test: "lib wal::file::tests::a_creation_without_room_leaves_nothing",
    },
    {
      name: "the header of a log is not looked at",
      text: "FileHeader::decode(header, file.path())?.expect(FileKind::Log, number, store, file.path())?;",
      instead: "",
      test: "lib wal::file::tests::damage_of_header_and_marks_is_told_with_its_place",
    },
    {
      name: "a log of another file or store is taken",
      text: "FileHeader::decode(header, file.path())?.expect(FileKind::Log, number, store, file.path())?;",
      instead: "FileHeader::decode(header, file.path())?;",
      test: "lib wal::file::tests::a_log_of_another_number_or_store_is_damage",
    },
    {
      name: "a log that is cut short is taken",
      text: "length < FRAMES_OFFSET",
      instead: "false",
      test: "lib wal::file::tests::damage_of_header_and_marks_is_told_with_its_place",
    },
    {
      name: "a mark overwrites the one before",
      text: "newest.counter + 1",
      instead: "newest.counter + 2",
      test: "lib wal::file::tests::a_log_opened_again_goes_on_counting_whichever_slot_is_bad",
    },
    {
      name: "the mark that was written is forgotten",
      text: "*newest = mark;",
      instead: "",
      test: "lib wal::file::tests::a_log_opened_again_goes_on_counting_whichever_slot_is_bad",
    },
    {
      name: "a mark without room promises that the store goes on",
      after: "that the store goes on.\n            .map_err(|failed| ",
      text: "failed.error",
      instead: "Error::from(failed)",
      test: "lib wal::durability::tests::failures::a_failed_mark_ends_writing_too_and_is_no_full_disk",
    },
    {
      name: "a log is not synced",
      text: "self.file.sync()",
      instead: "Ok(())",
      test: "lib wal::crash_tests::durable_frames_survive_a_power_cut_at_every_step",
    },
    {
      name: "the older of two marks counts",
      after: "max_by_key(|mark| ",
      text: "mark.counter",
      instead: "u64::MAX - mark.counter",
      test: "lib wal::crash_tests::durable_frames_survive_a_power_cut_at_every_step",
    },
  ]),
  inFile("wal/writer.rs", [
    {
      name: "a writer goes on behind a frame placed in part",
      text: "self.failure = Some(Arc::new(error.clone()));",
      instead: "",
      test: "lib wal::writer::tests::any_other_failure_ends_appending",
    },
    {
      name: "the first frame of an opening has no fresh bytes",
      text: "Some(random::bytes())",
      instead: "None",
      test: "lib wal::reader::tests::files::a_mark_of_a_later_file_makes_a_hole_before_it_damage",
    },
    {
      name: "a frame placed in part is refused as if it were not",
      after: "self.failure = Some(Arc::new(error.clone()));\n                return ",
      text: "Err(AppendError::Failed(error))",
      instead: "Err(AppendError::Refused(error))",
      test: "lib wal::writer::tests::any_other_failure_ends_appending",
    },
  ]),
].flat();
