/**
 * Checks of what every file is made of: headers, frames, marks, records' headers, the manifest.
 */
import { inFile } from "./in-file.mjs";

export const FORMATS = [
  inFile("format/frame.rs", [
    {
      name: "a frame of any length is written",
      text: "changes.len() <= MAX_CHANGES_BYTES",
      instead: "true",
      test: "lib format::frame::tests::the_limits_are_exact",
    },
    {
      name: "a frame may say any length",
      text: "(1..=MAX_BODY_BYTES).contains(&length)",
      instead: "true",
      test: "lib format::frame::tests::the_limits_are_exact",
    },
    {
      name: "a frame may be longer than it says",
      text: "claimed_bytes(bytes)? != bytes.len()",
      instead: "false",
      test: "lib format::frame::tests::a_frame_that_is_longer_than_it_says_is_refused",
    },
    {
      name: "a frame of any position fits",
      text: "Some(position) != previous.successor()",
      instead: "false",
      test: "lib format::frame::tests::a_frame_fits_no_other_predecessor",
    },
    {
      name: "the checksum of a frame is not compared",
      text: "checksum != chained(bytes, previous.checksum)?",
      instead: "false",
      test: "lib format::frame::tests::every_flipped_bit_and_every_other_length_is_refused",
    },
    {
      name: "frames are not chained",
      after: "Hasher::new_with_initial(",
      text: "previous",
      instead: "0",
      test: "lib format::frame::tests::the_fields_lie_where_the_format_says",
    },
    {
      name: "a frame without changes is taken",
      after: "let changes = cursor.rest();\n    if ",
      text: "changes.is_empty()",
      instead: "false",
      test: "lib format::frame::tests::flags_of_a_later_version_and_an_opening_without_changes_are_refused",
    },
    {
      name: "a claimed header may have any flags",
      text: "cursor.u32()? > OPENING_FLAG",
      instead: "false",
      test: "lib format::frame::tests::only_known_flags_are_a_claim",
    },
  ]),
  inFile("format/mark.rs", [
    {
      name: "the checksum of a mark is not compared",
      text: "cursor.u32()? == store.checksum(&[bytes.get(..CHECKED_BYTES).ok_or(Malformed)?])",
      instead: "true",
      test: "lib format::mark::tests::a_mark_holds_only_where_it_was_written",
    },
    {
      name: "a mark counts in the other slot",
      text: "mark.slot_offset() == slot_offset",
      instead: "true",
      test: "lib format::mark::tests::a_mark_holds_only_where_it_was_written",
    },
    {
      name: "a mark may have the last counter",
      text: "(1..u64::MAX).contains(&counter)",
      instead: "true",
      test: "lib format::mark::tests::values_that_are_never_written_are_refused",
    },
    {
      name: "a mark of another file counts",
      text: "found == file",
      instead: "true",
      test: "lib format::mark::tests::a_mark_holds_only_where_it_was_written",
    },
    {
      name: "a mark may point into the header",
      text: "offset >= FRAMES_OFFSET",
      instead: "true",
      test: "lib format::mark::tests::values_that_are_never_written_are_refused",
    },
    {
      name: "a mark may have unknown flags",
      text: "flags <= CLOSED_FLAG",
      instead: "true",
      test: "lib format::mark::tests::other_flags_and_another_magic_are_refused",
    },
    {
      name: "a mark may have another magic",
      text: "magic == *MAGIC",
      instead: "true",
      test: "lib format::mark::tests::other_flags_and_another_magic_are_refused",
    },
    {
      name: "all marks go to one slot",
      text: "self.counter.is_multiple_of(2)",
      instead: "true",
      test: "lib wal::crash_tests::durable_frames_survive_a_power_cut_at_every_step",
    },
  ]),
  inFile("ids.rs", [
    {
      name: "checksums are not keyed by the store",
      text: "hasher.update(&self.0);",
      instead: "",
      test: "lib format::mark::tests::a_mark_holds_only_where_it_was_written",
    },
  ]),
  inFile("format/header.rs", [
    {
      name: "a newer version is read",
      text: "found != FORMAT_VERSION",
      instead: "false",
      test: "lib format::header::tests::another_version_is_told_from_damage",
    },
    {
      name: "the checksum of a header is not compared",
      text: "checksum != crc32fast::hash(checked)",
      instead: "false",
      test: "lib format::header::tests::every_flipped_bit_and_every_truncation_is_damage",
    },
    {
      name: "a header of version 0 is taken",
      text: "version == 0",
      instead: "false",
      test: "lib format::header::tests::a_header_of_no_version_is_damage_however_right_its_checksum",
    },
    {
      name: "a file may be in another's place",
      text: "(self.kind, self.number, self.store) == (kind, number, store)",
      instead: "true",
      test: "lib format::header::tests::a_file_in_place_of_another_is_refused",
    },
  ]),
  inFile("format/codec.rs", [
    {
      name: "bits of a varint that do not fit are dropped",
      text: "shift == 63 && byte > 1",
      instead: "shift == 63 && byte > 3",
      test: "lib format::codec::tests::a_varint_that_overflows_or_ends_early_is_malformed",
    },
    {
      name: "reserved bytes may be anything",
      text: "self.take(length)?.iter().all(|byte| *byte == 0)",
      instead: "self.take(length).is_ok()",
      test: "lib format::codec::tests::reserved_bytes_must_be_zero",
    },
    {
      name: "a number may be of any size",
      text: "number < NUMBERS_END",
      instead: "true",
      test: "lib format::codec::tests::a_number_that_no_store_lives_to_see_is_malformed",
    },
  ]),
  inFile("format/record.rs", [
    {
      name: "the checksum of a record's header is not compared",
      text: "checksum != store.checksum(&[checked])",
      instead: "false",
      test: "lib format::record::tests::every_flipped_bit_truncation_and_other_store_is_refused",
    },
    {
      name: "a record may have another magic",
      text: "magic != *MAGIC",
      instead: "false",
      test: "lib format::record::tests::another_magic_is_refused_however_right_the_checksum",
    },
    {
      name: "the fields of a record may contradict each other",
      after: "if ",
      text: "header.is_consistent()",
      instead: "true",
      test: "lib format::record::tests::fields_that_contradict_each_other_are_refused",
    },
    {
      name: "a record may say any raw length",
      text: "self.raw_length <= MAX_RAW_BYTES",
      instead: "true",
      test: "lib format::record::tests::fields_that_contradict_each_other_are_refused",
    },
    {
      name: "a record may say any stored length",
      text: "self.stored_length <= MAX_STORED_BYTES",
      instead: "true",
      test: "lib format::record::tests::fields_that_contradict_each_other_are_refused",
    },
  ]),
  inFile("manifest/mod.rs", [
    {
      name: "a manifest of any length is read",
      text: "length > BODY_OFFSET + MAX_BODY_BYTES",
      instead: "false",
      test: "damage cases::a_manifest_longer_than_any_is_refused_by_its_length",
    },
  ]),
  inFile("manifest/encoding.rs", [
    {
      name: "the checksum of a manifest is not compared",
      text: "header.store.checksum(&[body]) != checksum",
      instead: "false",
      test: "lib manifest::tests::every_flipped_bit_and_every_truncation_is_refused",
    },
    {
      name: "a manifest may be longer than it says",
      text: "body.len() as u64 != u64::from(length)",
      instead: "false",
      test: "lib manifest::tests::every_flipped_bit_and_every_truncation_is_refused",
    },
    {
      name: "a manifest with bytes left is taken",
      after: "if ",
      text: "cursor.is_empty()",
      instead: "true",
      test: "lib manifest::tests::bytes_left_and_another_kind_are_refused_however_right_the_checksum",
    },
    {
      name: "a manifest may contradict itself",
      text: "manifest.is_consistent()",
      instead: "true",
      test: "lib manifest::tests::a_manifest_without_a_log_or_with_a_number_twice_is_refused",
    },
    {
      name: "a manifest may say any count",
      text: "count > cursor.rest().len()",
      instead: "false",
      redundant: "each item takes a byte, so the list ends with its bytes",
    },
    {
      name: "a manifest may have another kind of header",
      text: "header.expect(FileKind::Manifest, FileNumber(0), header.store, path)?;",
      instead: "",
      test: "lib manifest::tests::bytes_left_and_another_kind_are_refused_however_right_the_checksum",
    },
  ]),
].flat();
