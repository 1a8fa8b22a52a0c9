/**
 * Safeguards of checkpoint packs: their syncs, and the checks of their records, index and footer.
 */
import { inFile } from "./in-file.mjs";

export const PACKS = [
  inFile("packs/writer.rs", [
    { name: "a sealed pack is not synced", text: "self.sync_to(meta.length)?;", instead: "" },
    { name: "a new pack is not synced", text: "self.sync_to(self.length())", instead: "Ok(())" },
    { name: "a record is not synced", text: "self.sync_to(place.end())", instead: "Ok(())" },
    {
      name: "a pack takes stored bytes of another checksum",
      text: "header.stored_checksum == crc32fast::hash(stored)",
      instead: "true",
    },
    {
      name: "a pack takes a record twice",
      text: "tail.places.contains_key(&header.number)",
      instead: "false",
    },
    { name: "a pack is written after a failure", text: "self.group.check()?;", instead: "" },
    { name: "a failed write of a pack is forgotten", text: "self.group.fail(error.clone());", instead: "" },
    { name: "a pack that found no room is ended", after: "if !", text: "refused_whole", instead: "false" },
  ]),
  inFile("packs/group_sync.rs", [
    { name: "a pack's sync syncs nothing", after: "let outcome = ", text: "file.sync()", instead: "Ok(())" },
    {
      name: "a failed sync of a pack is tried again",
      after: "Err(cause) => {\n                ",
      text: "state.failure.get_or_insert_with(|| Arc::new(cause));",
      instead: "drop(cause);",
    },
    { name: "two syncs of a pack are under way", text: "!state.under_way", instead: "true" },
  ]),
  inFile("packs/pack.rs", [
    {
      name: "a sealed pack may have any length",
      text: "check_length(&*file, expected_length)?;",
      instead: "",
    },
    {
      name: "the header of a sealed pack is not looked at",
      after: "check_length(&*file, expected_length)?;\n        ",
      text: "check_header(&*file, number, store)?;",
      instead: "",
    },
    {
      name: "the header of an unsealed pack is not looked at",
      after: "let file = open_file(directory, number)?;\n        ",
      text: "check_header(&*file, number, store)?;",
      instead: "",
    },
    { name: "a pack shorter than a footer is read", text: "offset < HEADER_BYTES as u64", instead: "false" },
    {
      name: "a record behind the pack's end is read",
      text: "place.end() > self.records_end",
      instead: "false",
    },
    {
      name: "the checksum of a pack's index is not compared",
      text: "store.checksum(&[&bytes]) != footer.index_checksum",
      instead: "false",
    },
    {
      name: "a pack shorter than a header is read",
      text: "file.length()? < HEADER_BYTES as u64",
      instead: "false",
    },
  ]),
  inFile("packs/footer.rs", [
    {
      name: "the checksum of a pack's footer is not compared",
      text: "checksum == store.checksum(&[checked])",
      instead: "true",
    },
    { name: "a pack's footer may have another magic", text: "magic == *MAGIC", instead: "true" },
    { name: "a pack's footer may be of another pack", text: "footer.number == number", instead: "true" },
    {
      name: "a pack's footer may say another length",
      text: "footer.length() == Some(length)",
      instead: "true",
    },
    {
      name: "a pack's footer may leave a gap",
      text: "footer.records_length() == Some(footer.index_offset)",
      instead: "true",
    },
  ]),
  inFile("packs/index.rs", [
    { name: "a pack's index may be out of order", text: "place.number <= before", instead: "false" },
    {
      name: "a pack's index may point behind the records",
      text: "place.end() > records_end",
      instead: "false",
    },
  ]),
  inFile("packs/place.rs", [
    { name: "a place may point into the header", text: "offset >= HEADER_BYTES as u64", instead: "true" },
    { name: "a place may say any raw length", text: "raw_length <= MAX_RAW_BYTES", instead: "true" },
    { name: "a place may say any stored length", text: "stored_length <= MAX_STORED_BYTES", instead: "true" },
    {
      name: "a place may have a depth without a base",
      text: "(depth == 1) == base.is_none()",
      instead: "true",
    },
    {
      name: "a record need not be what the index says",
      text: "Self::of(&header, self.offset) != *self",
      instead: "false",
    },
    {
      name: "the checksum of a record is not compared",
      text: "crc32fast::hash(&stored) != header.stored_checksum",
      instead: "false",
    },
  ]),
  inFile("packs/scan.rs", [
    { name: "a record cut short counts", text: "place.end() > length", instead: "false" },
  ]),
  inFile("packs/verify.rs", [
    {
      name: "verifying passes over a pack's length",
      text: "note(check_length(&*file, expected_length), on_damage)?;",
      instead: "",
    },
    {
      name: "verifying passes over a pack's header",
      text: "note(check_header(&*file, number, store), on_damage)?;",
      instead: "",
    },
    { name: "verifying passes over gaps in a pack", text: "place.offset != end", instead: "false" },
    {
      name: "verifying passes over missing records",
      text: "footer.is_some_and(|footer| footer.index_offset != end)",
      instead: "false",
    },
  ]),
  inFile("packs/salvage.rs", [
    { name: "repair reads a record cut short", text: "place.end() <= length", instead: "true" },
  ]),
].flat();
