/**
 * How the log's end is found, and what is whole behind damage.
 */
import { inFile } from "./in-file.mjs";

export const LOG_END = [
  inFile("wal/reader/mod.rs", [
    {
      name: "a log that ends before its mark is taken",
      text: "scan.end.link.position < durable",
      instead: "false",
      test: "lib wal::reader::tests::files::a_log_whose_older_files_are_gone_starts_from_the_manifests_link",
    },
    {
      name: "a closed log with bytes behind its end is continued",
      after: "closed: closed && ",
      text: "dropped_bytes == 0",
      instead: "true",
      test: "lib wal::reader::tests::files::only_a_mark_exactly_at_a_clean_end_says_closed",
    },
    {
      name: "a mark of another frame closes the log",
      text: "mark.through == self.end.link",
      instead: "true",
      test: "lib wal::reader::tests::files::a_log_without_frames_ends_at_its_start_and_only_a_mark_there_says_closed",
    },
    {
      name: "a mark with another offset closes the log",
      text: "mark.offset == offset",
      instead: "true",
      test: "lib wal::reader::tests::files::a_log_without_frames_ends_at_its_start_and_only_a_mark_there_says_closed",
    },
    {
      name: "marks are not compared with their frames",
      text: "self.check_marks(index, frame.link, frame_end)?;",
      instead: "",
      test: "lib wal::reader::tests::files::a_mark_that_contradicts_its_frame_is_damage",
    },
  ]),
  inFile("wal/reader/damage.rs", [
    {
      name: "a mark may be in an earlier file than its frame",
      text: "marked < index",
      instead: "false",
      test: "lib wal::reader::tests::files::a_mark_of_a_frame_in_a_later_file_is_damage",
    },
    {
      name: "a mark may be of another frame of its position",
      text: "mark.through.checksum != link.checksum",
      instead: "false",
      test: "lib wal::reader::tests::files::a_mark_that_contradicts_its_frame_is_damage",
    },
    {
      name: "a mark may name another offset",
      text: "mark.offset != offset",
      instead: "false",
      test: "lib wal::reader::tests::files::a_mark_that_contradicts_its_frame_is_damage",
    },
    {
      name: "damage at the end of a file is told of the next",
      text: "more_here || !self.blank_at_end()?",
      instead: "false",
      test: "lib wal::reader::tests::files::a_mark_of_a_later_file_makes_a_hole_before_it_damage",
    },
  ]),
  inFile("wal/window.rs", [
    {
      name: "a frame may reach beyond its file",
      text: "left < count as u64",
      instead: "false",
      test: "lib wal::window::tests::the_end_of_the_file_is_no_error_and_costs_no_memory",
    },
  ]),
  inFile("wal/salvage.rs", [
    {
      name: "repair tells of no frame missing before the mark",
      text: 'on_damage(Error::corrupt(file.path(), FRAMES_OFFSET, "log frames up to the mark"));',
      instead: "drop(file);",
      test: "lib wal::salvage::tests::frames_that_are_missing_before_the_mark_are_told",
    },
    {
      name: "repair tells of no damaged frame at a file's end",
      after: "if window.written_until(offset)? > offset {\n            ",
      text: 'on_damage(Error::corrupt(file.path(), offset, "log frame"));',
      instead: "",
      test: "lib wal::salvage::tests::a_damaged_last_frame_is_told_with_its_place",
    },
    {
      name: "repair looks for frames beyond the mark",
      text: "self.last.position >= self.durable",
      instead: "false",
      test: "lib wal::salvage::tests::behind_the_mark_the_log_ends_at_its_first_bad_frame",
    },
    {
      name: "repair takes a header for a frame without a successor",
      text: "read_frame(window, behind, claim.link)?.is_some()",
      instead: "true",
      test: "damage repair::cut_zeroed_and_missing_files_are_repaired",
    },
    {
      name: "repair goes back in the log",
      text: "claim.link.position > self.last.position",
      instead: "true",
      test: "lib wal::salvage::tests::what_lies_in_a_damaged_frame_is_no_part_of_the_log",
    },
  ]),
].flat();
