/**
 * Safeguards of checkpoint packs: their syncs, and the checks of their records, index and footer.
 */
import { inFile } from "./in-file.mjs";

export const PACKS = [
  inFile("packs/writer.rs", [
    {
      name: "a sealed pack is not synced",
      text: "self.sync_to(meta.length)?;",
      instead: "",
      test: "lib packs::writer::tests::a_sealed_pack_turns_records_away_and_is_durable",
    },
    {
      name: "a new pack is not synced",
      text: "self.sync_to(self.length())",
      instead: "Ok(())",
      test: "crash every_crash_leaves_a_prefix_with_all_that_was_durable",
    },
    {
      name: "a record is not synced",
      text: "self.sync_to(place.end())",
      instead: "Ok(())",
      test: "lib packs::writer::tests::after_any_other_failed_write_nothing_more_is_taken",
    },
    {
      name: "a pack takes stored bytes of another checksum",
      text: "header.stored_checksum == crc32fast::hash(stored)",
      instead: "true",
      test: "lib packs::writer::tests::a_record_that_its_header_does_not_describe_is_refused_unwritten",
    },
    {
      name: "a pack takes a record twice",
      text: "tail.places.contains_key(&header.number)",
      instead: "false",
      test: "lib packs::writer::tests::a_record_that_its_header_does_not_describe_is_refused_unwritten",
    },
    {
      name: "a pack is written after a failure",
      text: "self.group.check()?;",
      instead: "",
      test: "lib packs::writer::tests::a_failed_sync_answers_all_and_is_never_repeated",
    },
    {
      name: "a failed write of a pack is forgotten",
      text: "self.group.fail(error.clone());",
      instead: "",
      test: "lib packs::writer::tests::after_any_other_failed_write_nothing_more_is_taken",
    },
    {
      name: "a pack that found no room is ended",
      after: "if !",
      text: "refused_whole",
      instead: "false",
      test: "lib packs::writer::tests::a_write_that_finds_no_room_changes_nothing",
    },
  ]),
  inFile("packs/group_sync.rs", [
    {
      name: "a pack's sync syncs nothing",
      after: "let outcome = ",
      text: "file.sync()",
      instead: "Ok(())",
      test: "lib packs::writer::tests::a_sealed_pack_turns_records_away_and_is_durable",
    },
    {
      name: "a failed sync of a pack is tried again",
      after: "Err(cause) => {\n                ",
      text: "state.failure.get_or_insert_with(|| Arc::new(cause));",
      instead: "drop(cause);",
      test: "lib packs::writer::tests::a_failed_sync_answers_all_and_is_never_repeated",
    },
    {
      name: "two syncs of a pack are under way",
      text: "!state.under_way",
      instead: "true",
      test: "lib packs::group_sync::tests::one_sync_is_under_way_at_a_time",
    },
  ]),
  inFile("packs/pack.rs", [
    {
      name: "a sealed pack may have any length",
      text: "check_length(&*file, expected_length)?;",
      instead: "",
      test: "lib packs::pack::tests::a_sealed_pack_of_another_length_is_damage",
    },
    {
      name: "the header of a sealed pack is not looked at",
      after: "check_length(&*file, expected_length)?;\n        ",
      text: "check_header(&*file, number, store)?;",
      instead: "",
      test: "lib packs::pack::tests::every_flipped_bit_is_refused_or_harmless",
    },
    {
      name: "the header of an unsealed pack is not looked at",
      after: "let file = open_file(directory, number)?;\n        ",
      text: "check_header(&*file, number, store)?;",
      instead: "",
      test: "lib packs::pack::tests::an_unsealed_pack_cut_anywhere_keeps_exactly_the_whole_records",
    },
    {
      name: "a pack shorter than a footer is read",
      text: "offset < HEADER_BYTES as u64",
      instead: "false",
      redundant: "the lengths in the header and the footer refuse it too",
    },
    {
      name: "a record behind the pack's end is read",
      text: "place.end() > self.records_end",
      instead: "false",
      redundant: "places come from an index, or a scan, that ends there",
    },
    {
      name: "the checksum of a pack's index is not compared",
      text: "store.checksum(&[&bytes]) != footer.index_checksum",
      instead: "false",
      test: "lib packs::pack::tests::every_flipped_bit_is_refused_or_harmless",
    },
    {
      name: "a pack shorter than a header is read",
      text: "file.length()? < HEADER_BYTES as u64",
      instead: "false",
      test: "lib packs::verify::tests::every_flipped_bit_and_truncation_is_reported",
    },
  ]),
  inFile("packs/footer.rs", [
    {
      name: "the checksum of a pack's footer is not compared",
      text: "checksum == store.checksum(&[checked])",
      instead: "true",
      test: "lib packs::footer::tests::a_footer_round_trips_and_refuses_every_flipped_bit",
    },
    {
      name: "a pack's footer may have another magic",
      text: "magic == *MAGIC",
      instead: "true",
      test: "lib packs::footer::tests::another_magic_is_refused_however_right_the_checksum",
    },
    {
      name: "a pack's footer may be of another pack",
      text: "footer.number == number",
      instead: "true",
      test: "lib packs::footer::tests::counts_that_do_not_fit_the_file_are_refused",
    },
    {
      name: "a pack's footer may say another length",
      text: "footer.length() == Some(length)",
      instead: "true",
      test: "lib packs::footer::tests::counts_that_do_not_fit_the_file_are_refused",
    },
    {
      name: "a pack's footer may leave a gap",
      text: "footer.records_length() == Some(footer.index_offset)",
      instead: "true",
      test: "lib packs::footer::tests::counts_that_do_not_fit_the_file_are_refused",
    },
  ]),
  inFile("packs/index.rs", [
    {
      name: "a pack's index may be out of order",
      text: "place.number <= before",
      instead: "false",
      test: "lib packs::index::tests::disorder_repetition_and_places_outside_the_records_are_refused",
    },
    {
      name: "a pack's index may point behind the records",
      text: "place.end() > records_end",
      instead: "false",
      test: "lib packs::index::tests::disorder_repetition_and_places_outside_the_records_are_refused",
    },
  ]),
  inFile("packs/place.rs", [
    {
      name: "a place may point into the header",
      text: "offset >= HEADER_BYTES as u64",
      instead: "true",
      test: "lib packs::index::tests::disorder_repetition_and_places_outside_the_records_are_refused",
    },
    {
      name: "a place may say any raw length",
      text: "raw_length <= MAX_RAW_BYTES",
      instead: "true",
      test: "lib packs::place::tests::values_that_are_never_written_are_refused",
    },
    {
      name: "a place may say any stored length",
      text: "stored_length <= MAX_STORED_BYTES",
      instead: "true",
      test: "lib packs::place::tests::values_that_are_never_written_are_refused",
    },
    {
      name: "a place may have a depth without a base",
      text: "(depth == 1) == base.is_none()",
      instead: "true",
      test: "lib packs::place::tests::values_that_are_never_written_are_refused",
    },
    {
      name: "a record need not be what the index says",
      text: "Self::of(&header, self.offset) != *self",
      instead: "false",
      test: "lib packs::pack::tests::a_record_that_is_not_what_the_index_says_is_refused",
    },
    {
      name: "the checksum of a record is not compared",
      text: "crc32fast::hash(&stored) != header.stored_checksum",
      instead: "false",
      test: "lib packs::pack::tests::an_unsealed_pack_with_wrong_stored_bytes_refuses_only_those",
    },
  ]),
  inFile("packs/scan.rs", [
    {
      name: "a record cut short counts",
      text: "place.end() > length",
      instead: "false",
      test: "lib packs::pack::tests::an_unsealed_pack_cut_anywhere_keeps_exactly_the_whole_records",
    },
  ]),
  inFile("packs/verify.rs", [
    {
      name: "verifying passes over a pack's length",
      text: "note(check_length(&*file, expected_length), on_damage)?;",
      instead: "",
      test: "lib packs::verify::tests::every_flipped_bit_and_truncation_is_reported",
    },
    {
      name: "verifying passes over a pack's header",
      text: "note(check_header(&*file, number, store), on_damage)?;",
      instead: "",
      test: "lib packs::verify::tests::every_flipped_bit_and_truncation_is_reported",
    },
    {
      name: "verifying passes over gaps in a pack",
      text: "place.offset != end",
      instead: "false",
      test: "lib packs::verify::tests::a_gap_between_the_records_is_reported",
    },
    {
      name: "verifying passes over missing records",
      text: "footer.is_some_and(|footer| footer.index_offset != end)",
      instead: "false",
      test: "lib packs::verify::tests::behind_a_damaged_index_or_footer_the_records_are_still_checked",
    },
  ]),
  inFile("packs/salvage.rs", [
    {
      name: "repair reads a record cut short",
      text: "place.end() <= length",
      instead: "true",
      test: "damage repair::cut_zeroed_and_missing_files_are_repaired",
    },
  ]),
].flat();
