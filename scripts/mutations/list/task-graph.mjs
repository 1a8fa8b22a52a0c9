/**
 * What the state of a task graph rests on: the effect of each event, and the bytes that it is kept as.
 */
import { inFile } from "./in-file.mjs";

const CRATE = "task-graph";

export const TASK_GRAPH = [
  inFile(
    "frames/read.rs",
    [
      {
        name: "a frame has another number of values than is told",
        text: "slots.len() == frame.values",
        instead: "true",
        test: "task-graph/lib frames::tests::frames_that_are_not_what_is_told_of_them_are_refused",
      },
      {
        name: "memory is taken for what a frame does not tell itself",
        text: "get_frame_content_size(stored).ok().flatten() == Some(raw_bytes as u64)",
        instead: "true",
        test: "task-graph/lib frames::tests::frames_that_are_not_what_is_told_of_them_are_refused",
      },
      {
        name: "a frame becomes as large as it likes",
        text: "raw_bytes <= MOST_COMPRESSED_BYTES",
        instead: "true",
        test: "task-graph/lib frames::tests::a_frame_that_would_become_too_large_is_refused_before_memory_is_taken",
      },
      {
        name: "a frame has bytes that no value has",
        text: "lying.is_done()",
        instead: "true",
        test: "task-graph/lib frames::tests::a_frame_whose_lists_do_not_add_up_is_refused",
      },
      {
        name: "some values have a mark and others none",
        text: "marks.len() == slots.len()",
        instead: "true",
        test: "task-graph/lib frames::tests::a_frame_whose_lists_do_not_add_up_is_refused",
      },
      {
        name: "a frame without a value is passed over",
        text: "frame.values == 0",
        instead: "false",
        test: "task-graph/lib frames::tests::frames_that_are_not_what_is_told_of_them_are_refused",
      },
      {
        name: "a frame behind a frame is read",
        text: "raw.len() - start == frame.raw_bytes",
        instead: "true",
        test: "task-graph/lib frames::tests::a_frame_of_two_is_refused",
      },
      {
        name: "what headers promise together is reserved",
        text: "told.min(self.stored.bytes().len().saturating_mul(LIKELY_RATIO))",
        instead: "told",
        test: "task-graph/lib frames::tests::what_many_frames_promise_is_not_reserved",
      },
      {
        name: "bytes are left behind the last frame",
        text: "rest.is_empty()",
        instead: "true",
        test: "task-graph/lib frames::tests::frames_that_are_not_what_is_told_of_them_are_refused",
      },
    ],
    CRATE,
  ),
  inFile(
    "frames/write.rs",
    [
      {
        name: "a large value is compressed",
        text: "raw.len() <= MOST_COMPRESSED_BYTES",
        instead: "true",
        test: "task-graph/lib frames::tests::what_compressing_does_not_make_shorter_is_stored_as_it_is",
      },
      {
        name: "what becomes no shorter is compressed",
        text: "stored_bytes < raw.len()",
        instead: "true",
        test: "task-graph/model every_sequence_of_events_has_the_effect_of_the_table",
      },
      {
        name: "a frame has any number of values",
        text: "self.lengths.len() >= MOST_VALUES",
        instead: "false",
        test: "task-graph/lib frames::tests::values_come_back_whatever_their_number_and_length",
      },
      {
        name: "a frame has any number of bytes",
        text: "self.values.len() + next_bytes > MOST_BYTES",
        instead: "false",
        test: "task-graph/lib frames::tests::values_come_back_whatever_their_number_and_length",
      },
    ],
    CRATE,
  ),
  inFile(
    "fields.rs",
    [
      {
        name: "bytes that are no UTF-8 are a text",
        text: "content.is_ascii() || str::from_utf8(content).is_ok()",
        instead: "true",
        test: "task-graph/model a_time_that_is_no_text_is_set_in_no_node",
      },
    ],
    CRATE,
  ),
  inFile(
    "values.rs",
    [
      {
        name: "a frame that cannot be read is passed over",
        text: "*self = Self::new(Slab::default(), Vec::new());",
        instead: "",
        test: "task-graph/lib frames::tests::frames_that_are_not_what_is_told_of_them_are_refused",
      },
      {
        name: "a large value is held twice",
        text: "frames.is_next_in_place()",
        instead: "false",
        test: "task-graph/lib frames::tests::values_come_back_whatever_their_number_and_length",
      },
      {
        name: "frames that were gone through stay in memory",
        text: "raw.clear();",
        instead: "",
        test: "task-graph/lib frames::tests::values_come_back_whatever_their_number_and_length",
      },
    ],
    CRATE,
  ),
  inFile(
    "stored.rs",
    [
      {
        name: "what nobody has any more counts",
        text: "unused += laid.unused;",
        instead: "",
        test: "task-graph/model a_state_of_many_frames_goes_on_as_if_it_had_not_been_stored",
      },
      {
        name: "a state that was cut off is read",
        text: "*end <= bytes.len()",
        instead: "true",
        test: "task-graph/model bytes_that_are_no_state_are_refused",
      },
    ],
    CRATE,
  ),
  inFile(
    "slab.rs",
    [
      {
        name: "a value that has grown has no more room",
        text: "length > slot.room()",
        instead: "false",
        test: "task-graph/lib slab::tests::a_value_that_changes_leaves_the_others_as_they_are",
      },
      {
        name: "what nodes leave behind stays",
        text: "self.unused > LEAST_WASTE_BYTES.max(self.bytes.len() / 2)",
        instead: "false",
        test: "task-graph/lib nodes::tests::nodes_that_went_leave_nothing",
      },
    ],
    CRATE,
  ),
  inFile(
    "nodes.rs",
    [
      {
        name: "a node that was evicted counts",
        text: "self.evicted += 1;",
        instead: "",
        test: "task-graph/model every_sequence_of_events_has_the_effect_of_the_table",
      },
      {
        name: "the places of evicted nodes stay",
        text: "self.evicted > self.len()",
        instead: "false",
        test: "task-graph/lib nodes::tests::nodes_that_went_leave_nothing",
      },
    ],
    CRATE,
  ),
  inFile(
    "edges.rs",
    [
      {
        name: "an edge that was removed counts",
        text: "self.removed += 1;",
        instead: "",
        test: "task-graph/model every_sequence_of_events_has_the_effect_of_the_table",
      },
      {
        name: "what edges leave behind stays",
        text: "self.slab.is_wasteful()",
        instead: "false",
        test: "task-graph/lib edges::tests::large_edges_that_went_leave_nothing",
      },
    ],
    CRATE,
  ),
  inFile(
    "progress.rs",
    [
      {
        name: "a jump is no gap",
        text: "id > self.last_id + 1",
        instead: "false",
        test: "task-graph/model every_sequence_of_events_has_the_effect_of_the_table",
      },
    ],
    CRATE,
  ),
  inFile(
    "graph.rs",
    [
      {
        name: "any payload sets the status",
        text: 'field(event.payload, "status").and_then(content) == content(status)',
        instead: "true",
        test: "task-graph/model every_sequence_of_events_has_the_effect_of_the_table",
      },
      {
        name: "an edge of any type is added",
        text: 'matches!(field(edge, "type").and_then(content), Some(b"depends_on" | b"blocks"))',
        instead: "true",
        test: "task-graph/model every_sequence_of_events_has_the_effect_of_the_table",
      },
      {
        name: "an update sets any field",
        text: "field.is_updatable()",
        instead: "true",
        test: "task-graph/model every_sequence_of_events_has_the_effect_of_the_table",
      },
    ],
    CRATE,
  ),
  inFile(
    "timeline.rs",
    [
      {
        name: "a key that came long ago is a repeat",
        text: "before.is_some_and(|last| last + REPEAT_EVENTS >= self.seen)",
        instead: "before.is_some()",
        test: "task-graph/timeline a_key_that_came_within_the_last_ten_thousand_events_is_a_repeat",
      },
    ],
    CRATE,
  ),
].flat();
