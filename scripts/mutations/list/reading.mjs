/**
 * Checks of what is read from the log and of what is decompressed.
 */
import { inFile } from "./in-file.mjs";

export const READING = [
  inFile("tables/place.rs", [
    {
      name: "what is read from the log is not compared",
      text: "crc32fast::hash(bytes) == self.checksum",
      instead: "true",
      test: "damage open_store::what_the_log_lost_is_refused",
    },
  ]),
  inFile("tables/mod.rs", [
    {
      name: "a row or record in the log is not compared",
      text: "place.check(&bytes, file.path())?;",
      instead: "",
      test: "damage open_store::what_the_log_lost_is_refused",
    },
  ]),
  inFile("events/reader.rs", [
    {
      name: "an event in the log is not compared",
      text: "place.check(bytes, file.path())?;",
      instead: "",
      test: "damage open_store::what_the_log_lost_is_refused",
    },
  ]),
  inFile("events/replay.rs", [
    {
      name: "events of other streams are given",
      text: "rows::parse_key(cursor.key()).map_err(malformed)? != (self.stream, self.next)",
      instead: "rows::parse_key(cursor.key()).map_err(malformed)?.1 != self.next",
      redundant: "keys of other streams are out of bounds, unless the blocks of a run contradict its index",
    },
    {
      name: "an event is looked up past the cache",
      text: "limit == 1",
      instead: "false",
      redundant: "it is the same event, which takes more time",
    },
  ]),
  inFile("checkpoints/load.rs", [
    {
      name: "a loaded record may have another number",
      text: "record.header.number != number",
      instead: "false",
      test: "lib checkpoints::load::tests::a_missing_or_wrong_base_is_damage_of_the_delta",
    },
    {
      name: "a base may have another number",
      text: "record.header.number != base.number",
      instead: "false",
      test: "lib checkpoints::load::tests::a_missing_or_wrong_base_is_damage_of_the_delta",
    },
    {
      name: "a base may have another checksum",
      text: "record.header.raw_checksum != base.raw_checksum",
      instead: "false",
      test: "lib checkpoints::load::tests::a_missing_or_wrong_base_is_damage_of_the_delta",
    },
    {
      name: "a base may be as deep as its delta",
      text: "record.header.depth >= delta.header.depth",
      instead: "false",
      test: "lib checkpoints::load::tests::a_base_as_deep_as_its_delta_is_damage",
    },
    {
      name: "a cached base may have another checksum",
      text: "*checksum == base.raw_checksum",
      instead: "true",
      test: "lib checkpoints::load::tests::a_cached_base_of_another_checksum_is_not_used",
    },
    {
      name: "the raw bytes of a record are not compared",
      text: "crc32fast::hash(&raw) == record.header.raw_checksum",
      instead: "true",
      test: "lib checkpoints::load::tests::a_missing_or_wrong_base_is_damage_of_the_delta",
    },
  ]),
  inFile("checkpoints/compress.rs", [
    {
      name: "a record of any length is decompressed",
      text: "raw_length > limit",
      instead: "false",
      test: "lib checkpoints::compress::tests::only_the_named_length_is_ever_decompressed",
    },
    {
      name: "zstd may name another length",
      text: "get_frame_content_size(stored).ok().flatten() != Some(u64::from(raw_length))",
      instead: "false",
      test: "lib checkpoints::compress::tests::only_the_named_length_is_ever_decompressed",
    },
    {
      name: "a record may end before its length",
      text: "raw.len() != raw_length",
      instead: "false",
      redundant: "zstd compares what it gives with the length in its frame",
    },
  ]),
  inFile("checkpoints/encode.rs", [
    {
      name: "a delta is made against any bytes",
      text: "crc32fast::hash(base) == facts.raw_checksum",
      instead: "true",
      test: "lib checkpoints::load::tests::bytes_that_are_not_the_base_are_not_compressed_against",
    },
    {
      name: "a record of any length is made",
      text: "*length <= most",
      instead: "true",
      test: "lib checkpoints::encode::tests::lengths_end_at_the_limit",
    },
  ]),
].flat();
