/**
 * What a repair owes before it goes on.
 */
import { inFile } from "./in-file.mjs";

export const REPAIR = [
  inFile("engine/repair/write.rs", [
    {
      name: "the files of a repair are not synced before its rows",
      text: "self.directory.sync()?;",
      instead: "",
      test: "damage repair::a_repair_that_is_cut_off_can_be_begun_again",
    },
    {
      name: "the name of a repaired log is not synced",
      after: "after.logs = vec![log];\n        ",
      text: "self.directory.sync()",
      instead: "Ok(())",
      test: "safeguards repair::a_repair_that_is_cut_off_names_nothing_that_is_gone",
    },
    {
      name: "a repair that may be in place removes its files",
      text: "self.made.clear();",
      instead: "",
      test: "damage repair::a_lost_version_is_named_and_its_number_not_given_again",
    },
    {
      name: "a failed repair leaves its files",
      text: "drop(self.directory.remove(name));",
      instead: "",
      test: "safeguards repair::a_repair_without_room_for_its_log_leaves_no_files",
    },
    {
      name: "repair skips no record numbers",
      text: "counts.record.0.max(after.next_record.0) + SKIPPED_RECORDS",
      instead: "counts.record.0.max(after.next_record.0) + 1",
      redundant:
        "the log that a repair makes is not closed, so that the next opening is a recovery, which skips them",
    },
  ]),
  inFile("engine/repair/saved.rs", [
    {
      name: "the copies of a repair have no durable names",
      text: "target.sync()?;",
      instead: "",
      test: "safeguards repair::what_a_repair_did_survives_a_cut",
    },
    {
      name: "a repair keeps no copies",
      text: "copy_file(store, &*target, name, length, abort, &mut |_| {})?;",
      instead: "",
      test: "damage repair::a_repair_that_fails_at_any_call_loses_nothing",
    },
  ]),
  inFile("engine/repair/mod.rs", [
    {
      name: "what a repair removes may come back",
      text: "self.directory.sync()?;",
      instead: "",
      test: "safeguards repair::what_a_repair_did_survives_a_cut",
    },
    {
      name: "a repair gives numbers of stray files again",
      text: "manifest.next_file.max(above_all)",
      instead: "manifest.next_file",
      test: "damage repair::a_repair_that_fails_at_any_call_loses_nothing",
    },
  ]),
].flat();
