/**
 * What states that are kept rest on: which events they are of, and which events they stand for.
 */
import { inFile } from "./in-file.mjs";

export const FOLDS = [
  inFile("folds/run.rs", [
    {
      name: "a run that is another one by now is folded",
      text: "stream.snapshot.get(&keys::internal(&self.key))? == self.record",
      instead: "true",
      test: "folds cases::a_run_that_was_forked_meanwhile_is_refused",
    },
  ]),
  inFile("folds/read.rs", [
    {
      name: "a moment that was pruned meanwhile is folded",
      text: "stream.first > first",
      instead: "false",
      test: "folds cases::a_moment_that_was_pruned_meanwhile_is_refused",
    },
    {
      name: "a state is given out without the events that follow it",
      text: "part_behind(&stream, run, newest.sequence, until).next().is_none()",
      instead: "true",
      test: "folds cases::a_state_is_given_out_as_it_is_kept_as_long_as_no_event_follows",
    },
    {
      name: "behind a state that cannot be read none is looked for",
      text: "next = states.newest(run, state.sequence)?;",
      instead: "next = None;",
      test: "folds cases::an_older_state_is_read_where_the_newest_cannot_be",
    },
  ]),
  inFile("folds/states.rs", [
    {
      name: "a state that was only begun is read",
      text: "self.is_complete && run.contains(self.sequence)",
      instead: "run.contains(self.sequence)",
      redundant: "one of which a piece is missing is none, and one of which none is missing is whole",
    },
    {
      name: "a state of another run is read",
      text: "self.is_complete && run.contains(self.sequence)",
      instead: "self.is_complete",
      test: "folds random_lives::every_retained_moment_has_the_state_of_all_events_before_it",
    },
  ]),
  inFile("folds/keep.rs", [
    {
      name: "a state without nodes has no size",
      text: "folded.state.size_bytes().max(bytes.len()).max(1) as u64",
      instead: "folded.state.size_bytes() as u64",
      test: "folds graph::what_is_kept_tells_its_size_whatever_the_state_is",
    },
    {
      name: "a state that nobody needs is kept late",
      text: "newer.sequence > sequence",
      instead: "false",
      test: "folds cases::events_are_given_back_once_a_state_stands_for_them",
    },
  ]),
  inFile("engine/submit.rs", [
    {
      name: "a save is called when it is done",
      text: "engine.prepare_and_commit(ops, called_after)",
      instead: "engine.prepare_and_commit(ops, engine.last_position())",
      test: "concurrency called_after::a_save_tells_what_was_appended_before_its_call",
    },
  ]),
  inFile("catalog/rows/version.rs", [
    {
      name: "a save may be called after it is done",
      text: "row.called_after < row.position",
      instead: "true",
      test: "lib catalog::rows::tests::rows_that_contradict_themselves_are_malformed",
    },
  ]),
].flat();
