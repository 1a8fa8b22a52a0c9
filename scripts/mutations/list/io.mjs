/**
 * Syncs where the operating system is called, and the replacement of a file.
 */
import { inFile } from "./in-file.mjs";

export const IO = [
  inFile("io/atomic.rs", [
    { name: "a manifest is not synced before it is renamed", text: "file.sync()?;", instead: "" },
    { name: "the name of a manifest is not synced", text: "directory.sync()", instead: "Ok(())" },
    { name: "a temporary manifest is in the way", text: "directory.remove(temporary)?;", instead: "" },
    {
      name: "a temporary manifest that found no room stays",
      after: "match ",
      text: "directory.remove(temporary)",
      instead: "Ok(())",
    },
  ]),
  inFile("io/disk.rs", [
    {
      name: "the entry of a new directory is not synced",
      after: "parent.map_or(Ok(()), |parent| {\n        ",
      text: "platform::sync_directory_at(parent)",
      instead: "Ok(())",
    },
    {
      name: "the entry of an empty directory is not synced",
      after: "return if empty { ",
      text: "sync_entry_of_found(path)",
      instead: "Ok(())",
    },
    { name: "a directory is not synced on a real disk", text: "self.handle.sync()", instead: "Ok(())" },
    { name: "a file is not synced on a real disk", text: "self.file.sync_data()", instead: "Ok(())" },
  ]),
  inFile("io/platform.rs", [
    { name: "the system call that syncs a directory is gone", text: "self.0.sync_all()", instead: "Ok(())" },
  ]),
].flat();
