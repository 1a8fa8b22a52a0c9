/**
 * Syncs where the operating system is called, and the replacement of a file.
 */
import { inFile } from "./in-file.mjs";

export const IO = [
  inFile("io/atomic.rs", [
    {
      name: "a manifest is not synced before it is renamed",
      text: "file.sync()?;",
      instead: "",
      test: "io_contract replace::a_failed_call_leaves_the_old_or_the_new_content_and_the_next_one_works",
    },
    {
      name: "the name of a manifest is not synced",
      text: "directory.sync()",
      instead: "Ok(())",
      test: "io_contract replace::after_a_power_cut_at_any_call_the_old_or_the_new_content_is_there",
    },
    {
      name: "a temporary manifest is in the way",
      text: "directory.remove(temporary)?;",
      instead: "",
      test: "io_contract disk::a_link_in_the_place_of_a_file_is_refused",
    },
    {
      name: "a temporary manifest that found no room stays",
      after: "match ",
      text: "directory.remove(temporary)",
      instead: "Ok(())",
      test: "io_contract replace::a_full_disk_refuses_whole_and_gives_back_what_it_took",
    },
  ]),
  inFile("io/disk.rs", [
    {
      name: "the entry of a new directory is not synced",
      after: "parent.map_or(Ok(()), |parent| {\n        ",
      text: "platform::sync_directory_at(parent)",
      instead: "Ok(())",
      test: "power names::what_was_synced_by_itself_survives_a_cut",
    },
    {
      name: "the entry of an empty directory is not synced",
      after: "return if empty { ",
      text: "sync_entry_of_found(path)",
      instead: "Ok(())",
      test: "power names::what_was_synced_by_itself_survives_a_cut",
    },
    {
      name: "a directory is not synced on a real disk",
      text: "self.handle.sync()",
      instead: "Ok(())",
      test: "power names::what_was_synced_by_itself_survives_a_cut",
    },
    {
      name: "a file is not synced on a real disk",
      text: "self.file.sync_data()",
      instead: "Ok(())",
      test: "power names::what_was_synced_by_itself_survives_a_cut",
    },
  ]),
  inFile("io/platform/unix.rs", [
    {
      name: "the system call that syncs a directory is gone",
      text: "self.0.sync_all()",
      instead: "Ok(())",
      test: "power names::what_was_synced_by_itself_survives_a_cut",
    },
  ]),
  inFile("io/owner.rs", [
    {
      name: "whoever the owner file names is named",
      text: "directory.may_be_locked_by(*pid)",
      instead: "true",
      test: "io_contract lock::a_process_that_does_not_hold_the_lock_is_not_named",
    },
  ]),
].flat();
