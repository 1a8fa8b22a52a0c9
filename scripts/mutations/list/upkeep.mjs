/**
 * What flushes, merges, background syncs and backups owe before they drop anything.
 */
import { inFile } from "./in-file.mjs";

export const UPKEEP = [
  inFile("engine/flush/mod.rs", [
    {
      name: "the files of a flush are not synced before its rows",
      after: "counts where the manifest is lost.\n        ",
      text: "self.directory.sync()",
      instead: "Ok(())",
      test: "safeguards upkeep::a_flush_that_was_cut_off_loses_nothing_with_the_manifest",
    },
    {
      name: "a flush drops before the log is synced",
      text: "self.sync_through(snapshot.position)?;",
      instead: "",
      test: "safeguards upkeep::a_flush_drops_nothing_that_a_cut_makes_alive_again",
    },
    {
      name: "the mark does not learn of the switch",
      text: "self.durability.switched(&next);",
      instead: "",
      test: "safeguards one_call::what_was_closed_survives_a_cut_and_is_continued_in_place",
    },
    {
      name: "a failed flush leaves its files",
      text: "self.discard_flushed(&flushed);",
      instead: "",
      test: "safeguards leftovers::a_flush_without_room_leaves_no_files",
    },
  ]),
  inFile("engine/flush/install.rs", [
    {
      name: "the files of a flush are not synced before the manifest",
      text: "self.directory.sync()",
      instead: "Ok(())",
      test: "crash a_cut_that_takes_all_it_may_leaves_what_was_durable",
    },
  ]),
  inFile("engine/compact/runs.rs", [
    {
      name: "the name of a merged run is not synced",
      text: "self.directory.sync()",
      instead: "Ok(())",
      test: "safeguards one_call::a_compaction_loses_nothing_at_any_step",
    },
    {
      name: "a merge of runs drops before the log is synced",
      text: "self.sync_through(at)?;",
      instead: "",
      test: "safeguards one_call::a_merge_drops_nothing_that_a_cut_makes_alive_again",
    },
    {
      name: "a removal goes while an older run has what it hides",
      after: "Entry::Removed => ",
      text: "!self.oldest",
      instead: "false",
      test: "safeguards upkeep::what_was_deleted_stays_so_when_only_newer_runs_are_merged",
    },
  ]),
  inFile("engine/compact/packs.rs", [
    {
      name: "the name of a merged pack is not synced",
      text: "self.directory.sync()",
      instead: "Ok(())",
      test: "safeguards one_call::a_compaction_loses_nothing_at_any_step",
    },
    {
      name: "a merge of packs drops before the log is synced",
      text: "self.sync_through(at)?;",
      instead: "",
      test: "safeguards upkeep::a_merge_of_packs_drops_nothing_that_a_cut_makes_alive_again",
    },
    {
      name: "a merge drops what a save has chosen",
      text: "!self.core.lock().drops.doom(doomed)",
      instead: "{ self.core.lock().drops.doom(doomed); false }",
      test: "lib engine::compact::packs::tests::what_a_save_has_chosen_since_the_merge_began_stays",
    },
  ]),
  inFile("engine/upkeep.rs", [
    {
      name: "the name of the next log is not synced",
      text: "self.directory.sync()",
      instead: "Ok(())",
      test: "safeguards one_call::a_flush_loses_nothing_at_any_step",
    },
    {
      name: "a failed background sync goes unnoticed",
      after: "Err(error) => ",
      text: "drop(engine.fail(error))",
      instead: "drop(error)",
      test: "safeguards background::a_failed_sync_in_the_background_ends_writing",
    },
    {
      name: "syncs in the background sync nothing",
      after: "match ",
      text: "engine.durability.sync()",
      instead: "Ok(())",
      test: "safeguards background::a_flush_needs_no_rest",
    },
    {
      name: "a store at rest does not settle",
      after: "if let Err(error) = ",
      text: "engine.durability.settle()",
      instead: "Ok(())",
      test: "safeguards background::a_store_at_rest_makes_its_mark_durable",
    },
    {
      name: "files are removed after a failure",
      after: "if ",
      text: "self.failure().is_none()",
      instead: "true",
      test: "faults every_call::every_failing_call_is_told_and_healed",
    },
  ]),
  inFile("engine/backup.rs", [
    {
      name: "a failed backup leaves its files",
      text: "drop(target.remove(&name));",
      instead: "",
      test: "safeguards leftovers::a_backup_that_was_stopped_leaves_no_files",
    },
    {
      name: "a backup's manifest does not know the numbers",
      text: "self.put_numbers(manifest);",
      instead: "",
      redundant:
        "a manifest names a pack as sealed together with the numbers given by then, and of unsealed packs and frames each opening looks at the numbers",
    },
  ]),
  inFile("engine/leftovers.rs", [
    {
      name: "a damaged record that is needed is left behind",
      text: "bad.iter().any(|record| live.contains(record))",
      instead: "false",
      test: "safeguards overtaken::a_pack_with_a_damaged_record_that_is_needed_stays",
    },
  ]),
].flat();
