/**
 * What group commit owes: rounds of syncs, their marks, and the end of writing.
 */
import { inFile } from "./in-file.mjs";

export const DURABILITY = [
  inFile("wal/durability/round.rs", [
    {
      name: "a round syncs nothing",
      text: "self.files.iter().try_for_each(|file| sync(file))?;",
      instead: "",
      test: "lib wal::crash_tests::durable_frames_survive_a_power_cut_at_every_step",
    },
    {
      name: "a round writes no mark",
      text: "file.write_mark(*link, *offset, false)",
      instead: "Ok(())",
      test: "lib wal::durability::tests::failures::a_failed_mark_ends_writing_too_and_is_no_full_disk",
    },
    {
      name: "a round marks the log as closed",
      after: "file.write_mark(*link, *offset, ",
      text: "false",
      instead: "true",
      test: "lib wal::durability::tests::marks::a_switch_does_not_forget_the_last_mark",
    },
    {
      name: "closing writes no mark",
      text: "file.write_mark(*link, *offset, true)?;",
      instead: "",
      test: "lib wal::crash_tests::durable_frames_survive_a_power_cut_at_every_step",
    },
    {
      name: "the mark of closing is not synced",
      after: "file.write_mark(*link, *offset, true)?;\n                ",
      text: "sync(file)",
      instead: "Ok(())",
      test: "lib wal::durability::tests::marks::closing_after_a_switch_marks_the_newer_file",
    },
  ]),
  inFile("wal/durability/state.rs", [
    {
      name: "the file with an unsynced mark is not synced again",
      text: "self.mark_is_unsynced_in(target.file);",
      instead: "drop(target.file);",
      test: "lib wal::durability::tests::marks::a_switch_does_not_forget_the_last_mark",
    },
    {
      name: "a mark counts as durable before its sync",
      text: "self.durably_marked = self.marked;",
      instead: "self.durably_marked = target.link.position;",
      test: "lib wal::durability::tests::marks::a_sync_across_a_switch_syncs_the_older_file_first",
    },
    {
      name: "who waits is answered before the sync",
      after: "if ",
      text: "position <= self.durable",
      instead: "true",
      test: "lib wal::durability::tests::failures::a_failed_sync_answers_all_and_is_never_retried",
    },
    {
      name: "a sync that failed counts",
      text: "self.fail(error);",
      instead: "drop(error);",
      test: "lib wal::durability::tests::failures::a_failed_mark_ends_writing_too_and_is_no_full_disk",
    },
    {
      name: "a round that ends after a failure counts",
      after: "self.fail(error);\n        }\n        if ",
      text: "self.failure.is_some()",
      instead: "false",
      test: "lib wal::durability::tests::failures::a_failed_mark_ends_writing_too_and_is_no_full_disk",
    },
    {
      name: "a log that goes on after closing counts as closed",
      after: "self.end.offset = end.offset;\n        ",
      text: "self.closed = false;",
      instead: "",
      test: "lib wal::crash_tests::durable_frames_survive_a_power_cut_at_every_step",
    },
    {
      name: "a log that is switched counts as closed",
      after: "self.end = LogPoint::start_of(Arc::clone(next), self.end.link);\n        ",
      text: "self.closed = false;",
      instead: "",
      test: "lib wal::durability::tests::marks::closing_after_a_switch_marks_the_newer_file",
    },
    {
      name: "a file with new frames is not synced",
      text: "self.unsynced.push(Arc::clone(&end.file));",
      instead: "",
      test: "lib wal::crash_tests::durable_frames_survive_a_power_cut_at_every_step",
    },
    {
      name: "the mark does not move along to the next file",
      text: "self.end = LogPoint::start_of(Arc::clone(next), self.end.link);",
      instead: "",
      test: "lib wal::durability::tests::marks::closing_after_a_switch_marks_the_newer_file",
    },
    {
      name: "the mark of closing is not noted",
      after: "Kind::Close => {\n                ",
      text: "self.marked = target.link.position;",
      instead: "",
      redundant: "at worst a store at rest makes one round more",
    },
    {
      name: "the mark of closing does not count as durable",
      text: "self.durably_marked = target.link.position;",
      instead: "",
      redundant: "at worst a store at rest makes one round more",
    },
    {
      name: "a log counts as closed whatever came meanwhile",
      text: "self.end.link == target.link && Arc::ptr_eq(&self.end.file, &target.file)",
      instead: "true",
      test: "lib wal::durability::tests::marks::what_comes_while_the_log_is_closed_is_closed_too",
    },
    {
      name: "a later failure takes the place of the first",
      after: "fn fail(&mut self, error: Error) {\n        if ",
      text: "self.failure.is_some()",
      instead: "false",
      test: "lib wal::durability::tests::failures::a_failure_elsewhere_answers_at_once_also_during_a_sync",
    },
  ]),
  inFile("wal/durability/mod.rs", [
    {
      name: "a sync is tried again after a failure",
      after: "while let Some(kind) = next(state) {\n            if let Some(failure) = ",
      text: "state.failure()",
      instead: "None",
      test: "lib wal::durability::tests::failures::a_failed_round_is_its_leaders_last",
    },
    {
      name: "a store at rest does not settle its mark",
      text: "state.durably_marked < position",
      instead: "state.durable < position",
      test: "lib wal::durability::tests::marks::a_sync_across_a_switch_syncs_the_older_file_first",
    },
    {
      name: "closing does not mark the log",
      after: "(",
      text: "!state.closed",
      instead: "false",
      test: "lib wal::durability::tests::failures::a_failed_sync_answers_all_and_is_never_retried",
    },
    {
      name: "waiting for a sync does not wait",
      after: "(",
      text: "state.durable < position",
      instead: "false",
      test: "lib wal::durability::tests::failures::a_failed_mark_ends_writing_too_and_is_no_full_disk",
    },
    {
      name: "a failure elsewhere does not end syncing",
      text: "state.fail(cause);",
      instead: "drop(cause);",
      test: "lib wal::durability::tests::failures::after_a_failure_elsewhere_nothing_is_synced",
    },
    {
      name: "an engine gives way while it syncs",
      after: "while ",
      text: "state.leading",
      instead: "false",
      test: "lib wal::durability::tests::failures::the_end_waits_for_the_round_under_way",
    },
    {
      name: "a store never needs a sync",
      text: "state.has_unsynced_frames() && state.failure.is_none()",
      instead: "false",
      test: "lib wal::durability::tests::sharing::nothing_to_sync_costs_nothing_and_what_is_not_accepted_is_not_waited_for",
    },
    {
      name: "two rounds are under way at once",
      after: "return Err(failure);\n            }\n            if ",
      text: "state.leading",
      instead: "false",
      test: "lib wal::durability::tests::sharing::one_round_is_under_way_at_a_time",
    },
    {
      name: "a panic in a callback goes unnoticed",
      text: "state.fail(panicked);",
      instead: "drop(panicked);",
      test: "lib wal::durability::tests::sharing::callbacks_may_call_back_and_a_panic_in_one_ends_writing",
    },
  ]),
].flat();
