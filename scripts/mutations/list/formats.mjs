/**
 * Checks of what every file is made of: headers, frames, marks, records' headers, the manifest.
 */
import { inFile } from "./in-file.mjs";

export const FORMATS = [
  inFile("format/frame.rs", [
    { name: "a frame of any length is written", text: "changes.len() <= MAX_CHANGES_BYTES", instead: "true" },
    { name: "a frame may say any length", text: "(1..=MAX_BODY_BYTES).contains(&length)", instead: "true" },
    {
      name: "a frame may be longer than it says",
      text: "claimed_bytes(bytes)? != bytes.len()",
      instead: "false",
    },
    {
      name: "a frame of any position fits",
      text: "Some(position) != previous.successor()",
      instead: "false",
    },
    {
      name: "the checksum of a frame is not compared",
      text: "checksum != chained(bytes, previous.checksum)?",
      instead: "false",
    },
    { name: "frames are not chained", after: "Hasher::new_with_initial(", text: "previous", instead: "0" },
    {
      name: "a frame without changes is taken",
      after: "let changes = cursor.rest();\n    if ",
      text: "changes.is_empty()",
      instead: "false",
    },
    { name: "a claimed header may have any flags", text: "cursor.u32()? > OPENING_FLAG", instead: "false" },
  ]),
  inFile("format/mark.rs", [
    {
      name: "the checksum of a mark is not compared",
      text: "cursor.u32()? == store.checksum(&[bytes.get(..CHECKED_BYTES).ok_or(Malformed)?])",
      instead: "true",
    },
    { name: "a mark counts in the other slot", text: "mark.slot_offset() == slot_offset", instead: "true" },
    { name: "a mark may have the last counter", text: "(1..u64::MAX).contains(&counter)", instead: "true" },
    { name: "a mark of another file counts", text: "found == file", instead: "true" },
    { name: "a mark may point into the header", text: "offset >= FRAMES_OFFSET", instead: "true" },
    { name: "a mark may have unknown flags", text: "flags <= CLOSED_FLAG", instead: "true" },
    { name: "a mark may have another magic", text: "magic == *MAGIC", instead: "true" },
    { name: "all marks go to one slot", text: "self.counter.is_multiple_of(2)", instead: "true" },
  ]),
  inFile("ids.rs", [
    { name: "checksums are not keyed by the store", text: "hasher.update(&self.0);", instead: "" },
  ]),
  inFile("format/header.rs", [
    { name: "a newer version is read", text: "version != FORMAT_VERSION && version != 0", instead: "false" },
    {
      name: "the checksum of a header is not compared",
      text: "checksum != crc32fast::hash(checked)",
      instead: "false",
    },
    { name: "a header of version 0 is taken", text: "versioned == 0", instead: "false" },
    {
      name: "a file may be in another's place",
      text: "(self.kind, self.number, self.store) == (kind, number, store)",
      instead: "true",
    },
  ]),
  inFile("format/codec.rs", [
    {
      name: "reserved bytes may be anything",
      text: "self.take(length)?.iter().all(|byte| *byte == 0)",
      instead: "self.take(length).is_ok()",
    },
    { name: "a number may be of any size", text: "number < NUMBERS_END", instead: "true" },
  ]),
  inFile("format/record.rs", [
    {
      name: "the checksum of a record's header is not compared",
      text: "checksum != store.checksum(&[checked])",
      instead: "false",
    },
    { name: "a record may have another magic", text: "magic != *MAGIC", instead: "false" },
    {
      name: "the fields of a record may contradict each other",
      after: "if ",
      text: "header.is_consistent()",
      instead: "true",
    },
    { name: "a record may say any raw length", text: "self.raw_length <= MAX_RAW_BYTES", instead: "true" },
    {
      name: "a record may say any stored length",
      text: "self.stored_length <= MAX_STORED_BYTES",
      instead: "true",
    },
  ]),
  inFile("manifest.rs", [
    {
      name: "the checksum of a manifest is not compared",
      text: "header.store.checksum(&[body]) != checksum",
      instead: "false",
    },
    {
      name: "a manifest may be longer than it says",
      text: "body.len() as u64 != u64::from(length)",
      instead: "false",
    },
    { name: "a manifest with bytes left is taken", after: "if ", text: "cursor.is_empty()", instead: "true" },
    { name: "a manifest may contradict itself", text: "manifest.is_consistent()", instead: "true" },
    { name: "a manifest may say any count", text: "count > cursor.rest().len()", instead: "false" },
    {
      name: "a manifest of any length is read",
      text: "length > BODY_OFFSET + MAX_BODY_BYTES",
      instead: "false",
    },
    {
      name: "a manifest may have another kind of header",
      text: "header.expect(FileKind::Manifest, FileNumber(0), header.store, path)?;",
      instead: "",
    },
  ]),
].flat();
