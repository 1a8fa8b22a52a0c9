/**
 * Safeguards of sorted runs: their sync, and the checks of their blocks, index and footer.
 */
import { inFile } from "./in-file.mjs";

export const RUNS = [
  inFile("runs/block.rs", [
    {
      name: "the checksum of a block is not compared",
      text: "checksum != store.checksum(&[checked_header, stored])",
      instead: "false",
      test: "lib runs::block::tests::any_flipped_bit_truncation_or_other_store_is_refused",
    },
    {
      name: "a block may be longer than it says",
      text: "stored_length != stored.len()",
      instead: "false",
      test: "lib runs::block::tests::lengths_that_no_block_has_are_refused",
    },
    {
      name: "a block as it is may say another length",
      after: "let fits = match encoding {\n            AS_IT_IS => ",
      text: "stored_length == raw_length",
      instead: "true",
      test: "lib runs::block::tests::a_raw_length_that_is_not_met_is_refused",
    },
    {
      name: "a block may say any raw length",
      text: "raw_length <= MAX_RAW_BYTES",
      instead: "true",
      test: "lib runs::block::tests::a_decompression_bomb_is_refused_without_the_memory_it_asks_for",
    },
    {
      name: "a claimed block may say any raw length",
      text: "raw_length as usize > MAX_RAW_BYTES",
      instead: "false",
      test: "lib runs::block::tests::lengths_that_no_block_has_are_refused",
    },
    {
      name: "a block may decompress to less than it says",
      text: "raw.len() == self.raw_length",
      instead: "true",
      test: "lib runs::block::tests::a_raw_length_that_is_not_met_is_refused",
    },
  ]),
  inFile("runs/footer.rs", [
    {
      name: "the checksum of a run's footer is not compared",
      text: "cursor.u32()? != store.checksum(&[checked])",
      instead: "cursor.u32()? == 0 && false",
      test: "lib runs::footer::tests::it_round_trips_and_refuses_any_flipped_bit",
    },
    {
      name: "a run's footer may have another magic",
      text: "magic == *MAGIC",
      instead: "true",
      test: "lib runs::footer::tests::another_magic_and_an_index_beyond_any_are_refused_however_right_the_checksum",
    },
    {
      name: "a run's footer may be of another run",
      text: "footer.number == number",
      instead: "true",
      test: "lib runs::footer::tests::it_round_trips_and_refuses_any_flipped_bit",
    },
    {
      name: "a run's footer may say another length",
      text: "end == Some(length)",
      instead: "true",
      test: "lib runs::footer::tests::it_round_trips_and_refuses_any_flipped_bit",
    },
    {
      name: "a run's footer may say any length of its index",
      text: "footer.index_length as usize <= MAX_RAW_BYTES + super::block::BLOCK_HEADER_BYTES",
      instead: "true",
      test: "lib runs::footer::tests::another_magic_and_an_index_beyond_any_are_refused_however_right_the_checksum",
    },
    {
      name: "a run's footer may say more removals than entries",
      text: "footer.removals <= footer.entries",
      instead: "true",
      test: "lib runs::tests::forged::totals_that_are_not_those_of_the_blocks_are_found",
    },
  ]),
  inFile("runs/index.rs", [
    {
      name: "a run's index may be out of order",
      text: "before.get(shared..).ok_or(Malformed)? >= unshared",
      instead: "false",
      test: "lib runs::index::tests::keys_that_do_not_ascend_or_fields_that_cannot_be_are_refused",
    },
    {
      name: "a block in the index may be shorter than its header",
      text: "(length as usize) < BLOCK_HEADER_BYTES",
      instead: "false",
      test: "lib runs::index::tests::keys_that_do_not_ascend_or_fields_that_cannot_be_are_refused",
    },
    {
      name: "a block in the index may be empty",
      text: "entries == 0",
      instead: "false",
      test: "lib runs::index::tests::keys_that_do_not_ascend_or_fields_that_cannot_be_are_refused",
    },
    {
      name: "the blocks of an index may end early",
      text: "offset != end",
      instead: "false",
      test: "lib runs::index::tests::blocks_that_do_not_fill_the_file_are_refused",
    },
    {
      name: "the blocks of an index may reach behind it",
      after: "filter(|next| ",
      text: "*next <= end",
      instead: "true",
      redundant: "offsets ascend, so that the last one is not the end then",
    },
    {
      name: "the keys of an index may take any room",
      text: "end > MAX_RAW_BYTES",
      instead: "false",
      test: "lib runs::index::tests::keys_that_repeat_a_long_prefix_do_not_grow_without_bound",
    },
  ]),
  inFile("runs/layout.rs", [
    {
      name: "a run may have any length",
      text: "found != identity.length",
      instead: "false",
      test: "lib runs::tests::damage::a_file_of_another_length_is_refused",
    },
    {
      name: "a run shorter than any is read",
      text: "found < smallest as u64",
      instead: "false",
      test: "lib runs::tests::damage::a_file_of_another_length_is_refused",
    },
    {
      name: "a run may be another's",
      text: "header.expect(identity.family.kind(), identity.number, identity.store, path)?;",
      instead: "",
      test: "lib runs::tests::damage::another_run_in_its_place_and_no_run_at_all_are_damage",
    },
    {
      name: "the index of a run may tell of more than its footer",
      text: "(index.len() as u64, entries) != (footer.blocks, footer.entries)",
      instead: "false",
      test: "lib runs::tests::forged::a_footer_that_tells_of_more_than_the_index_is_refused",
    },
  ]),
  inFile("runs/access.rs", [
    {
      name: "the entries of a block are not compared with the index",
      after: "if ",
      text: "expected",
      instead: "true",
      test: "lib runs::tests::forged::blocks_that_are_not_what_the_index_tells_of_are_refused",
    },
    {
      name: "the first key of a block is not compared",
      text: "self.layout.index.key(block) == Some(key)",
      instead: "true",
      test: "lib runs::tests::forged::blocks_that_are_not_what_the_index_tells_of_are_refused",
    },
    {
      name: "the number of entries of a block is not compared",
      text: "place.entries as usize == entries",
      instead: "true",
      test: "lib runs::tests::forged::blocks_that_are_not_what_the_index_tells_of_are_refused",
    },
    {
      name: "the last key of a block is not compared",
      text: "index.key(block + 1).is_none_or(|next| last_key < next)",
      instead: "true",
      test: "lib runs::tests::forged::blocks_that_are_not_what_the_index_tells_of_are_refused",
    },
  ]),
  inFile("runs/cursor.rs", [
    {
      name: "keys of the block in which the bounds end are not compared",
      text: "!next.is_some_and(|next| self.bounds.is_before_end(next))",
      instead: "next.is_some_and(|next| !self.bounds.is_before_end(next))",
      test: "lib runs::tests::reading::every_way_to_read_agrees_with_a_map",
    },
    {
      name: "keys are compared in no block that another one follows",
      text: "!next.is_some_and(|next| self.bounds.is_before_end(next))",
      instead: "next.is_none()",
      test: "lib runs::tests::reading::every_way_to_read_agrees_with_a_map",
    },
    {
      name: "backwards the first key is not compared",
      text: "reversed.left() == 1 && !self.run.is_first(block, reversed.key())",
      instead: "false",
      test: "lib runs::tests::forged::blocks_that_are_not_what_the_index_tells_of_are_refused",
    },
    {
      name: "backwards the entries are not compared",
      text: "!self.run.is_whole(block, reversed.left(), reversed.key())",
      instead: "false",
      test: "lib runs::tests::forged::blocks_that_are_not_what_the_index_tells_of_are_refused",
    },
  ]),
  inFile("runs/verify.rs", [
    {
      name: "verifying does not read a run's ends again",
      text: "if let Err(error) = Layout::read(&*self.file, self.identity) {\n            on_damage(error);\n        }",
      instead: "",
      test: "lib runs::tests::damage::damage_of_header_index_or_footer_is_found_though_the_run_is_open",
    },
    {
      name: "verifying passes over a run's totals",
      text: "(totals.removals, totals.raw_bytes) != (footer.removals, footer.raw_bytes)",
      instead: "false",
      test: "lib runs::tests::forged::totals_that_are_not_those_of_the_blocks_are_found",
    },
  ]),
  inFile("runs/output.rs", [
    {
      name: "a run is not synced",
      text: "self.file.sync()",
      instead: "Ok(())",
      test: "lib runs::tests::writing::the_meta_is_that_of_the_synced_file",
    },
    {
      name: "a run is written after a failure",
      text: "return Err(failure.clone());",
      instead: "",
      test: "lib runs::tests::writing::without_room_every_later_call_says_so",
    },
  ]),
  inFile("runs/salvage.rs", [
    {
      name: "repair reads a block cut short",
      text: "end > self.length",
      instead: "false",
      test: "damage repair::cut_zeroed_and_missing_files_are_repaired",
    },
  ]),
].flat();
