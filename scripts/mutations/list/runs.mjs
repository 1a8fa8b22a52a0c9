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
    },
    { name: "a block may be longer than it says", text: "stored_length != stored.len()", instead: "false" },
    {
      name: "a block as it is may say another length",
      after: "let fits = match encoding {\n            AS_IT_IS => ",
      text: "stored_length == raw_length",
      instead: "true",
    },
    { name: "a block may say any raw length", text: "raw_length <= MAX_RAW_BYTES", instead: "true" },
    {
      name: "a claimed block may say any raw length",
      text: "raw_length as usize > MAX_RAW_BYTES",
      instead: "false",
    },
    {
      name: "a block may decompress to less than it says",
      text: "raw.len() == self.raw_length",
      instead: "true",
    },
  ]),
  inFile("runs/footer.rs", [
    {
      name: "the checksum of a run's footer is not compared",
      text: "cursor.u32()? != store.checksum(&[checked])",
      instead: "cursor.u32()? == 0 && false",
    },
    { name: "a run's footer may have another magic", text: "magic == *MAGIC", instead: "true" },
    { name: "a run's footer may be of another run", text: "footer.number == number", instead: "true" },
    { name: "a run's footer may say another length", text: "end == Some(length)", instead: "true" },
    {
      name: "a run's footer may say any length of its index",
      text: "footer.index_length as usize <= MAX_RAW_BYTES + super::block::BLOCK_HEADER_BYTES",
      instead: "true",
    },
    {
      name: "a run's footer may say more removals than entries",
      text: "footer.removals <= footer.entries",
      instead: "true",
    },
  ]),
  inFile("runs/index.rs", [
    {
      name: "a run's index may be out of order",
      text: "before.get(shared..).ok_or(Malformed)? >= unshared",
      instead: "false",
    },
    {
      name: "a block in the index may be shorter than its header",
      text: "(length as usize) < BLOCK_HEADER_BYTES",
      instead: "false",
    },
    { name: "a block in the index may be empty", text: "entries == 0", instead: "false" },
    { name: "the blocks of an index may end early", text: "offset != end", instead: "false" },
    {
      name: "the blocks of an index may reach behind it",
      after: "filter(|next| ",
      text: "*next <= end",
      instead: "true",
    },
    { name: "the keys of an index may take any room", text: "end > MAX_RAW_BYTES", instead: "false" },
  ]),
  inFile("runs/layout.rs", [
    { name: "a run may have any length", text: "found != identity.length", instead: "false" },
    { name: "a run shorter than any is read", text: "found < smallest as u64", instead: "false" },
    {
      name: "a run may be another's",
      text: "header.expect(identity.family.kind(), identity.number, identity.store, path)?;",
      instead: "",
    },
    {
      name: "the index of a run may tell of more than its footer",
      text: "(index.len() as u64, entries) != (footer.blocks, footer.entries)",
      instead: "false",
    },
  ]),
  inFile("runs/access.rs", [
    {
      name: "the entries of a block are not compared with the index",
      after: "if ",
      text: "expected",
      instead: "true",
    },
    {
      name: "the first key of a block is not compared",
      text: "self.layout.index.key(block) == Some(key)",
      instead: "true",
    },
    {
      name: "the number of entries of a block is not compared",
      text: "place.entries as usize == entries",
      instead: "true",
    },
    {
      name: "the last key of a block is not compared",
      text: "index.key(block + 1).is_none_or(|next| last_key < next)",
      instead: "true",
    },
  ]),
  inFile("runs/cursor.rs", [
    {
      name: "backwards the first key is not compared",
      text: "reversed.left() == 1 && !self.run.is_first(block, reversed.key())",
      instead: "false",
    },
    {
      name: "backwards the entries are not compared",
      text: "!self.run.is_whole(block, reversed.left(), reversed.key())",
      instead: "false",
    },
  ]),
  inFile("runs/verify.rs", [
    {
      name: "verifying does not read a run's ends again",
      text: "if let Err(error) = Layout::read(&*self.file, self.identity) {\n            on_damage(error);\n        }",
      instead: "",
    },
    {
      name: "verifying passes over a run's totals",
      text: "(totals.removals, totals.raw_bytes) != (footer.removals, footer.raw_bytes)",
      instead: "false",
    },
  ]),
  inFile("runs/output.rs", [
    { name: "a run is not synced", text: "self.file.sync()", instead: "Ok(())" },
    { name: "a run is written after a failure", text: "return Err(failure.clone());", instead: "" },
  ]),
  inFile("runs/salvage.rs", [
    { name: "repair reads a block cut short", text: "end > self.length", instead: "false" },
  ]),
].flat();
