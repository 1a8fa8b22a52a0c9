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
    },
  ]),
  inFile("tables/mod.rs", [
    {
      name: "a row or record in the log is not compared",
      text: "place.check(&bytes, file.path())?;",
      instead: "",
    },
  ]),
  inFile("events/reader.rs", [
    { name: "an event in the log is not compared", text: "place.check(bytes, file.path())?;", instead: "" },
  ]),
  inFile("checkpoints/load.rs", [
    {
      name: "a loaded record may have another number",
      text: "record.header.number != number",
      instead: "false",
    },
    { name: "a base may have another number", text: "record.header.number != base.number", instead: "false" },
    {
      name: "a base may have another checksum",
      text: "record.header.raw_checksum != base.raw_checksum",
      instead: "false",
    },
    {
      name: "a base may be as deep as its delta",
      text: "record.header.depth >= delta.header.depth",
      instead: "false",
    },
    {
      name: "a cached base may have another checksum",
      text: "*checksum == base.raw_checksum",
      instead: "true",
    },
    {
      name: "the raw bytes of a record are not compared",
      text: "crc32fast::hash(&raw) == record.header.raw_checksum",
      instead: "true",
    },
  ]),
  inFile("checkpoints/compress.rs", [
    { name: "a record of any length is decompressed", text: "raw_length > limit", instead: "false" },
    {
      name: "zstd may name another length",
      text: "get_frame_content_size(stored).ok().flatten() != Some(u64::from(raw_length))",
      instead: "false",
    },
    { name: "a record may end before its length", text: "raw.len() != raw_length", instead: "false" },
  ]),
  inFile("checkpoints/encode.rs", [
    {
      name: "a delta is made against any bytes",
      text: "crc32fast::hash(base) == facts.raw_checksum",
      instead: "true",
    },
    { name: "a record of any length is made", text: "*length <= most", instead: "true" },
  ]),
].flat();
