/**
 * What a repair owes before it goes on.
 */
import { inFile } from "./in-file.mjs";

export const REPAIR = [
  inFile("engine/repair/write.rs", [
    {
      name: "a repair leaves what no manifest names to the next opening",
      text: "gone.extend(strays.into_iter().filter(|name| !gone.contains(name)).collect::<Vec<_>>());",
      instead: "drop(strays);",
      test: "damage mixed_up::a_file_under_another_name_and_one_that_is_there_twice_cost_nothing",
    },
    {
      name: "the files of a repair are not synced before its rows",
      text: "new_files.sync()?;",
      instead: "",
      test: "damage repair::a_repair_that_is_cut_off_can_be_begun_again",
    },
    {
      name: "the name of a repaired log is not synced",
      after: "after.logs = vec![log];\n        ",
      text: "new_files.sync()",
      instead: "Ok(())",
      test: "safeguards repair::a_repair_that_is_cut_off_names_nothing_that_is_gone",
    },
    {
      name: "repair skips no record numbers",
      text: "counts.record.0.max(after.next_record.0) + SKIPPED_RECORDS",
      instead: "counts.record.0.max(after.next_record.0) + 1",
      redundant:
        "the log that a repair makes is not closed, so that the next opening is a recovery, which skips them",
    },
  ]),
  inFile("engine/repair/new_files.rs", [
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
  ]),
  inFile("engine/repair/saved.rs", [
    {
      name: "an aborted repair leaves its copies",
      text: "copies.discard();",
      instead: "",
      test: "safeguards repair::an_aborted_repair_leaves_nothing_behind",
    },
    {
      name: "the copies of a repair have no durable names",
      text: "self.directory.sync()",
      instead: "Ok(())",
      test: "safeguards repair::what_a_repair_did_survives_a_cut",
    },
    {
      name: "a repair keeps no copies",
      text: "copy_file(store, &*self.directory, name, length, abort, &mut |_| {})?;",
      instead: "",
      test: "damage repair::a_repair_that_fails_at_any_call_loses_nothing",
    },
  ]),
  inFile("engine/repair/calls.rs", [
    {
      name: "a repair gives numbers of stray files again",
      text: "first_free(taken, manifest.next_file)",
      instead: "manifest.next_file",
      test: "damage repair::a_repair_that_fails_at_any_call_loses_nothing",
    },
    {
      name: "a repair gives the number of a file that another one's name hides",
      text: "directory.as_it_is().list()?",
      instead: "directory.list()?",
      test: "damage remains::a_file_under_one_of_the_names_that_come_next_costs_nothing",
    },
  ]),
  inFile("engine/suspect.rs", [
    {
      name: "a manifest of another store is believed",
      text: "beside.own == 0 && beside.others > 0",
      instead: "false",
      test: "damage mixed_up::the_manifest_of_another_store_costs_nothing",
    },
    {
      name: "a damaged header and somebody's file speak against a manifest",
      text: "beside.named_unreadable == 0",
      instead: "true",
      test: "damage remains::somebody_s_file_beside_damage_changes_nothing_about_a_repair",
    },
    {
      name: "a manifest that is older than other files is believed",
      text: "is_log_gone && (goes_on || beside.newer_flushes > 0)",
      instead: "false",
      test: "damage mixed_up::an_older_manifest_of_the_store_costs_nothing",
    },
    {
      name: "what a crash left speaks against a manifest",
      text: "is_other_gone && !is_log_gone && merged",
      instead: "is_other_gone",
      test: "damage remains::remains_of_a_crash_change_nothing_about_a_repair",
    },
  ]),
  inFile("engine/rebuild.rs", [
    {
      name: "what an older manifest had dropped comes back",
      text: "older.names(*name) || is_newer(directory, older, *name)",
      instead: "true",
      test: "damage mixed_up::what_an_older_manifest_had_dropped_stays_dropped",
    },
    {
      name: "a store has the name of any file beside it",
      text: "stores.into_iter().max_by_key(|(_, rank)| *rank)",
      instead: "stores.into_iter().next()",
      test: "damage remains::somebody_s_file_beside_damage_changes_nothing_about_a_repair",
    },
    {
      name: "somebody's file is one of the store",
      text: "header_of(directory, &name)?.is_none_or(|header| header.store == store)",
      instead: "true",
      test: "damage remains::somebody_s_file_beside_damage_changes_nothing_about_a_repair",
    },
  ]),
  inFile("engine/repair/by_header.rs", [
    {
      name: "a file is what its name says",
      text: "name_by(header) == *name",
      instead: "true",
      test: "damage mixed_up::two_files_that_changed_names_cost_nothing",
    },
  ]),
  inFile("engine/repair/events.rs", [
    {
      name: "a run under another name stays there",
      text: "!repair.directory.is_elsewhere(FileName::Run(entry.number))",
      instead: "true",
      test: "damage mixed_up::two_files_that_changed_names_cost_nothing",
    },
  ]),
  inFile("engine/repair/packs.rs", [
    {
      name: "a pack under another name stays there",
      text: "!directory.is_elsewhere(FileName::Pack(entry.number))",
      instead: "true",
      test: "damage mixed_up::two_files_that_changed_names_cost_nothing",
    },
    {
      name: "a record that a row names is found",
      text: "!named.contains(&place.number)",
      instead: "true",
      test: "damage nameless::what_a_row_names_is_not_found",
    },
  ]),
  inFile("engine/repair/changes.rs", [
    {
      name: "a log without a mark tells how far it went",
      text: "self.unmarked.iter().all(|file| Some(*file) < newest)",
      instead: "true",
      test: "damage lost_changes::a_log_without_marks_or_none_at_all_does_not_tell_how_far_it_went",
    },
  ]),
  inFile("engine/repair/mod.rs", [
    {
      name: "nothing is found where rows are lost",
      text: "may_lack || !log.lost.is_empty() || self.lacks_runs(&catalog)",
      instead: "false",
      test: "damage nameless::a_damaged_block_of_rows_costs_no_checkpoint",
    },
    {
      name: "a lost change hides no rows",
      text: "!log.lost.is_empty()",
      instead: "false",
      test: "damage nameless::a_lost_log_costs_no_record_that_lies_in_a_pack",
    },
    {
      name: "garbage of a whole catalog is found",
      text: "catalog.lacks_rows || self.is_rebuilt && catalog.lacks_ids",
      instead: "true",
      test: "damage nameless::what_has_no_row_is_garbage_where_no_row_is_lost",
    },
    {
      name: "an id without a row goes unseen",
      text: "self.is_rebuilt && catalog.lacks_ids",
      instead: "false",
      test: "damage nameless::an_id_of_which_no_row_is_left_is_found_by_its_number",
    },
    {
      name: "a loss that nothing tells of is not told",
      text: "is_untold && self.before.log_start.position > Position(0)",
      instead: "false",
      test: "damage mixed_up::all_runs_gone_is_told_as_a_loss",
    },
    {
      name: "what a repair has written is not read before it replaces anything",
      text: "self.check(&after)?;",
      instead: "",
      redundant: "a repair whose result is not sound is a fault of its own, and none is known",
    },
    {
      name: "what a repair removes may come back",
      text: "directory.sync()?;",
      instead: "",
      test: "safeguards repair::what_a_repair_did_survives_a_cut",
    },
  ]),
].flat();
