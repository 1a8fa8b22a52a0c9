/**
 * What is owed before a change is answered, and what a failed engine must not do.
 */
import { inFile } from "./in-file.mjs";

export const ENGINE = [
  inFile("engine/open_pack.rs", [
    {
      name: "a new pack is named before it is synced",
      text: "pack.sync()?;",
      instead: "",
      test: "crash a_cut_that_takes_all_it_may_leaves_what_was_durable",
    },
    {
      name: "the name of a new pack is not synced",
      text: "self.directory.sync()",
      instead: "Ok(())",
      test: "faults every_call::every_failing_call_is_told_and_healed",
    },
    {
      name: "a frame names a record before its sync",
      text: "pack.sync_through(&place)",
      instead: "Ok(())",
      test: "crash a_cut_that_takes_all_it_may_leaves_what_was_durable",
    },
    {
      name: "a record goes into a failed engine's pack",
      after: "loop {\n            ",
      text: "self.check_writable()?;",
      instead: "",
      test: "safeguards failed::a_save_under_way_writes_no_record_after_a_failure",
    },
    {
      name: "a pack is made by a failed engine",
      after: "let mut open = self.open_pack.write();\n        ",
      text: "self.check_writable()?;",
      instead: "",
      redundant:
        "no manifest is replaced any more, so that nothing names the pack and the next opening removes it",
    },
  ]),
  inFile("engine/submit.rs", [
    {
      name: "a save is answered before it is durable",
      after: "Ok(result) if ",
      text: "durable",
      instead: "false",
      test: "crash a_cut_that_takes_all_it_may_leaves_what_was_durable",
    },
    {
      name: "a batch is prepared by a failed engine",
      after:
        "fn prepare_and_commit(self: &Arc<Self>, ops: Vec<Op>, called_after: Position) -> Result<BatchResult> {\n        ",
      text: "self.check_writable()?;",
      instead: "",
      test: "safeguards failed::a_failed_engine_takes_no_batch_not_even_one_that_changes_nothing",
    },
    {
      name: "a batch may drop more versions than there are",
      text: "dropped <= core.tally.versions + added",
      instead: "true",
      test: "safeguards numbers::a_batch_that_drops_more_than_there_is_changes_nothing",
    },
    {
      name: "a large change that was overtaken is not written again",
      text: "plan.changes == outline.changes",
      instead: "true",
      test: "safeguards overtaken::a_large_change_that_was_overtaken_is_written_again",
    },
  ]),
  inFile("engine/commit.rs", [
    {
      name: "an accepted frame is not noted for its sync",
      text: "self.durability.accepted(&placed.end);",
      instead: "",
      test: "safeguards background::a_flush_needs_no_rest",
    },
    {
      name: "a failed engine takes changes",
      text: "self.check_writable()?;",
      instead: "",
      test: "faults cases::a_failed_sync_rejects_all_that_wait_and_ends_writing",
    },
  ]),
  inFile("engine/mod.rs", [
    {
      name: "a failed engine counts as sound",
      text: "if let Some(cause) = self.failure.get() {\n            return Err(Error::Poisoned { cause: Arc::clone(cause) });\n        }",
      instead: "",
      test: "faults cases::a_failed_sync_rejects_all_that_wait_and_ends_writing",
    },
    {
      name: "a failure is not told to who waits",
      text: "service::pool().run(move || engine.durability.poison(cause));",
      instead: "drop((engine, cause));",
      test: "safeguards failed::a_failure_is_told_to_who_waits_for_a_round",
    },
    {
      name: "a retired engine answers",
      after: "if ",
      text: "self.is_retired()",
      instead: "false",
      test: "faults cases::a_failed_sync_rejects_all_that_wait_and_ends_writing",
    },
    {
      name: "a manifest is replaced after a failure",
      after: ") -> Result<T> {\n        ",
      text: "self.check_writable()?;",
      instead: "",
      test: "safeguards failed::a_flush_under_way_names_nothing_after_a_failure",
    },
    {
      name: "a manifest that could not be replaced goes unnoticed",
      after: "Err(error) => ",
      text: "Err(self.fail(error))",
      instead: "Err(error)",
      test: "faults every_call::every_failing_call_is_told_and_healed",
    },
    {
      name: "the manifest is not told which numbers are given",
      text: "self.put_numbers(&mut next);",
      instead: "",
      test: "regressions openings_with_one_large_save_each_leave_few_files",
    },
  ]),
  inFile("engine/close.rs", [
    {
      name: "closing does not sync the log",
      text: "self.durability.close()",
      instead: "Ok(())",
      test: "safeguards one_call::what_was_closed_survives_a_cut_and_is_continued_in_place",
    },
    {
      name: "the end of a process syncs nothing",
      text: "self.durability.sync()",
      instead: "Ok(())",
      test: "safeguards background::the_end_of_the_process_syncs_every_store",
    },
    {
      name: "a failed engine closes in order",
      text: "if let Some(cause) = self.failure() {\n            return Err(Error::Poisoned { cause });\n        }",
      instead: "",
      test: "safeguards failed::closing_tells_of_a_failure_that_left_the_log_alone",
    },
    {
      name: "a retired engine goes on syncing",
      text: "self.durability.end(self.failure().map_or(Error::Closed, |cause| Error::Poisoned { cause }));",
      instead: "",
      test: "safeguards failed::an_engine_that_gave_way_syncs_nothing",
    },
    {
      name: "a retired engine does not wait for the last frame",
      text: "drop(self.core.lock());",
      instead: "",
      test: "faults healing::healing_waits_for_an_append_under_way",
    },
  ]),
  inFile("registry/mod.rs", [
    {
      name: "the end of a process passes over stores",
      text: "drop(engine.sync_now());",
      instead: "",
      test: "safeguards background::the_end_of_the_process_syncs_every_store",
    },
  ]),
  inFile("store/calls.rs", [
    {
      name: "an append in sync mode is answered before its sync",
      after: "fn finish(&self, engine: &Engine, position: Position) -> Result<()> {\n        if ",
      text: "self.is_sync()",
      instead: "false",
      test: "crash a_cut_that_takes_all_it_may_leaves_what_was_durable",
    },
    {
      name: "a save is not asked to be durable",
      text: "self.is_sync() || ops.iter().any(|op| matches!(op, Op::Save(_) | Op::Delete { .. }))",
      instead: "self.is_sync()",
      test: "crash a_cut_that_takes_all_it_may_leaves_what_was_durable",
    },
    {
      name: "a batch in sync mode is not asked to be durable",
      after: "let durable = ",
      text: "self.is_sync()",
      instead: "false",
      test: "crash a_cut_that_takes_all_it_may_leaves_what_was_durable",
    },
  ]),
].flat();
