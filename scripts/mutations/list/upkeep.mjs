/**
 * What flushes, merges, background syncs and backups owe before they drop anything.
 */
import { inFile } from "./in-file.mjs";

export const UPKEEP = [
  inFile("engine/flush.rs", [
    {
      name: "the files of a flush are not synced before its rows",
      after: "counts where the manifest is lost.\n        ",
      text: "self.directory.sync()",
      instead: "Ok(())",
      unnoticed: true,
    },
    {
      name: "the files of a flush are not synced before the manifest",
      after: "fn install(&self, freeze: &Freeze, flushed: &Flushed) -> Result<()> {\n        ",
      text: "self.directory.sync()",
      instead: "Ok(())",
      test: "crash a_cut_that_takes_all_it_may_leaves_what_was_durable",
    },
    {
      name: "a flush drops before the log is synced",
      text: "self.sync_through(snapshot.position)?;",
      instead: "",
      unnoticed: true,
    },
    {
      name: "the mark does not learn of the switch",
      text: "self.durability.switched(&next);",
      instead: "",
      test: "one_call what_was_closed_survives_a_cut_and_is_continued_in_place",
    },
    {
      name: "a failed flush leaves its files",
      text: "self.discard_flushed(&flushed);",
      instead: "",
      unnoticed: true,
    },
  ]),
  inFile("engine/compact/runs.rs", [
    {
      name: "the name of a merged run is not synced",
      text: "self.directory.sync()",
      instead: "Ok(())",
      test: "one_call a_compaction_loses_nothing_at_any_step",
    },
    {
      name: "a merge of runs drops before the log is synced",
      text: "self.sync_through(at)?;",
      instead: "",
      test: "one_call a_merge_drops_nothing_that_a_cut_makes_alive_again",
    },
    {
      name: "a removal goes while an older run has what it hides",
      after: "Entry::Removed => ",
      text: "!self.oldest",
      instead: "false",
      unnoticed: true,
    },
  ]),
  inFile("engine/compact/packs.rs", [
    {
      name: "the name of a merged pack is not synced",
      text: "self.directory.sync()",
      instead: "Ok(())",
      test: "one_call a_compaction_loses_nothing_at_any_step",
    },
    {
      name: "a merge of packs drops before the log is synced",
      text: "self.sync_through(at)?;",
      instead: "",
      unnoticed: true,
    },
    {
      name: "a merge drops what a save has chosen",
      text: "!self.core.lock().drops.doom(doomed)",
      instead: "{ self.core.lock().drops.doom(doomed); false }",
      unnoticed: true,
    },
  ]),
  inFile("engine/upkeep.rs", [
    {
      name: "the name of the next log is not synced",
      text: "self.directory.sync()",
      instead: "Ok(())",
      test: "one_call a_flush_loses_nothing_at_any_step",
    },
    {
      name: "a failed background sync goes unnoticed",
      after: "Err(error) => ",
      text: "drop(engine.fail(error))",
      instead: "drop(error)",
      unnoticed: true,
    },
    {
      name: "syncs in the background sync nothing",
      after: "match ",
      text: "engine.durability.sync()",
      instead: "Ok(())",
      unnoticed: true,
    },
    {
      name: "a store at rest does not settle",
      after: "if let Err(error) = ",
      text: "engine.durability.settle()",
      instead: "Ok(())",
      unnoticed: true,
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
      unnoticed: true,
    },
    {
      name: "a backup's manifest does not know the numbers",
      text: "self.put_numbers(manifest);",
      instead: "",
      unnoticed: true,
    },
  ]),
  inFile("engine/leftovers.rs", [
    {
      name: "a damaged record that is needed is left behind",
      text: "bad.iter().any(|record| live.contains(record))",
      instead: "false",
      unnoticed: true,
    },
  ]),
].flat();
