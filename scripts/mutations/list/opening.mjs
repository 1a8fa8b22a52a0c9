/**
 * What making, opening and recovering a store owe, and copying its files.
 */
import { inFile } from "./in-file.mjs";

export const OPENING = [
  inFile("engine/create.rs", [
    {
      name: "the name of a new store's log is not synced",
      text: "directory.sync()?;",
      instead: "",
      test: "crash every_crash_leaves_a_prefix_with_all_that_was_durable",
    },
    {
      name: "what is in a directory is not looked at",
      text: "check_unused(directory)?;",
      instead: "",
      test: "safeguards leftovers::a_log_without_its_manifest_is_no_room_for_a_store",
    },
    {
      name: "the log of a creation that was cut off is in the way",
      text: "directory.remove(&name)?;",
      instead: "",
      test: "crash a_cut_that_takes_all_it_may_leaves_what_was_durable",
    },
    {
      name: "a blank log may have frames",
      text: "bytes.get(FRAMES_START..).is_none_or(is_zero)",
      instead: "true",
      test: "safeguards leftovers::a_log_without_its_manifest_is_no_room_for_a_store",
    },
  ]),
  inFile("engine/open.rs", [
    {
      name: "an opening trusts the manifest that it reads",
      text: "self.manifest.store(directory)?;",
      instead: "",
      test: "crash a_kill_in_a_compaction_and_then_a_power_cut",
    },
    {
      name: "a log that was not closed is continued in place",
      text: "self.contents.end.closed || is_new",
      instead: "true",
      test: "crash every_crash_leaves_a_prefix_with_all_that_was_durable",
    },
    {
      name: "what no manifest names stays",
      text: "directory.remove(&name)?;",
      instead: "",
      test: "faults every_call::every_failing_call_is_told_and_healed",
    },
    {
      name: "a recovery's log has the name of a stray",
      text: "strays.contains(&names::log(next.next_file))",
      instead: "false",
      test: "faults every_call::every_failing_call_is_told_and_healed",
    },
    {
      name: "a file of ours gets the number of one that stays",
      text: "self.manifest.next_file = free;",
      instead: "let _ = free;",
      test: "damage mixed_up::what_is_not_the_store_s_stays_and_is_no_hindrance",
    },
    {
      name: "a new store counts as closed",
      text: "Durability::new(end.clone(), !is_new)",
      instead: "Durability::new(end.clone(), true)",
      redundant: "closing it unused leaves a blank log without a mark, which the next opening writes anew",
    },
  ]),
  inFile("engine/strays.rs", [
    {
      name: "a file of another store counts as left behind",
      text: "Ok(header.store == store)",
      instead: "Ok(true)",
      test: "damage mixed_up::what_is_not_the_store_s_stays_and_is_no_hindrance",
    },
    {
      name: "a file that begins like none of ours counts as left behind",
      text: "begin.iter().all(|byte| *byte == 0) || kinds.iter().any(is_part)",
      instead: "true",
      test: "damage mixed_up::what_is_not_the_store_s_stays_and_is_no_hindrance",
    },
    {
      name: "a file without a header stays for ever",
      text: "begin.iter().all(|byte| *byte == 0) || kinds.iter().any(is_part)",
      instead: "kinds.iter().any(is_part)",
      test: "damage mixed_up::what_a_crash_left_is_removed",
    },
  ]),
  inFile("engine/recover.rs", [
    {
      name: "recovery skips no record numbers",
      text: "above_all_seen + SKIPPED_RECORDS",
      instead: "above_all_seen + 1",
      test: "safeguards record_numbers::a_record_that_a_cut_left_behind_is_no_later_ones",
    },
    {
      name: "recovery forgets the numbers that frames show",
      text: "contents.seen.record.0.max(manifest.next_record.0)",
      instead: "manifest.next_record.0",
      test: "safeguards numbers::a_recovery_skips_numbers_behind_those_that_frames_show",
    },
    {
      name: "a recovery without room leaves its log",
      text: "drop(directory.remove(&names::log(number)));",
      instead: "",
      test: "safeguards leftovers::a_recovery_without_room_leaves_no_log",
    },
    {
      name: "recovery copies frames behind the end",
      text: "frame.link.position <= last",
      instead: "true",
      test: "safeguards one_call::a_backup_takes_the_store_as_it_was_when_it_began",
    },
    {
      name: "recovery takes a log that changed while it was read",
      text: "writer.end().link.position != last",
      instead: "false",
      test: "lib engine::recover::tests::a_log_that_has_become_shorter_is_refused",
    },
    {
      name: "recovery does not sync its log",
      text: "durability.close()",
      instead: "Ok(())",
      test: "crash a_cut_that_takes_all_it_may_leaves_what_was_durable",
    },
    {
      name: "the name of a recovered log is not synced",
      text: "directory.sync()",
      instead: "Ok(())",
      test: "safeguards one_call::a_recovery_loses_nothing_at_any_step",
    },
    {
      name: "recovery notes no frame for its sync",
      text: "durability.accepted(&placed.end);",
      instead: "",
      test: "safeguards one_call::what_a_recovery_kept_is_marked",
    },
  ]),
  inFile("engine/copy.rs", [
    {
      name: "a copied file is not synced",
      text: "copy.sync()",
      instead: "Ok(())",
      test: "crash a_cut_that_takes_all_it_may_leaves_what_was_durable",
    },
  ]),
].flat();
