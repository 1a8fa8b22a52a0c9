/**
 * Syncs, names and marks that the engine owes before it goes on, and what a failed engine must not do.
 */
import { inFile } from "./in-file.mjs";

export const ENGINE = [
  inFile("engine/create.rs", [
    { name: "the name of a new store's log is not synced", text: "directory.sync()?;", instead: "" },
    { name: "what is in a directory is not looked at", text: "check_unused(directory)?;", instead: "" },
    {
      name: "the log of a creation that was cut off is in the way",
      text: "directory.remove(&names::log(first))?;",
      instead: "",
    },
    {
      name: "a blank log may have frames",
      text: "bytes.get(FRAMES_START..).is_none_or(is_zero)",
      instead: "true",
    },
  ]),
  inFile("engine/open.rs", [
    {
      name: "an opening trusts the manifest that it reads",
      text: "self.manifest.store(directory)?;",
      instead: "",
    },
    {
      name: "a log that was not closed is continued in place",
      text: "self.contents.end.closed || is_new",
      instead: "true",
    },
    { name: "what no manifest names stays", text: "directory.remove(&name)?;", instead: "" },
    {
      name: "a recovery's log has the name of a stray",
      text: "strays.contains(&names::log(next.next_file))",
      instead: "false",
    },
    {
      name: "a new store counts as closed",
      text: "Durability::new(end.clone(), !is_new)",
      instead: "Durability::new(end.clone(), true)",
    },
  ]),
  inFile("engine/recover.rs", [
    {
      name: "recovery skips no record numbers",
      text: "above_all_seen + SKIPPED_RECORDS",
      instead: "above_all_seen + 1",
    },
    {
      name: "recovery forgets the numbers that frames show",
      text: "contents.seen.record.0.max(manifest.next_record.0)",
      instead: "manifest.next_record.0",
    },
    {
      name: "a recovery without room leaves its log",
      text: "drop(directory.remove(&names::log(number)));",
      instead: "",
    },
    { name: "recovery copies frames behind the end", text: "frame.link.position <= last", instead: "true" },
    {
      name: "recovery takes a log that changed while it was read",
      text: "writer.end().link.position != last",
      instead: "false",
    },
    { name: "recovery does not sync its log", text: "durability.close()", instead: "Ok(())" },
    { name: "the name of a recovered log is not synced", text: "directory.sync()", instead: "Ok(())" },
    { name: "recovery notes no frame for its sync", text: "durability.accepted(&placed.end);", instead: "" },
  ]),
  inFile("engine/copy.rs", [{ name: "a copied file is not synced", text: "copy.sync()", instead: "Ok(())" }]),
  inFile("engine/flush.rs", [
    {
      name: "the files of a flush are not synced before its rows",
      after: "counts where the manifest is lost.\n        ",
      text: "self.directory.sync()",
      instead: "Ok(())",
    },
    {
      name: "the files of a flush are not synced before the manifest",
      after: "fn install(&self, freeze: &Freeze, flushed: &Flushed) -> Result<()> {\n        ",
      text: "self.directory.sync()",
      instead: "Ok(())",
    },
    {
      name: "a flush drops before the log is synced",
      text: "self.sync_through(snapshot.position)?;",
      instead: "",
    },
    { name: "the mark does not learn of the switch", text: "self.durability.switched(&next);", instead: "" },
    { name: "a failed flush leaves its files", text: "self.discard_flushed(&flushed);", instead: "" },
  ]),
  inFile("engine/compact/runs.rs", [
    { name: "the name of a merged run is not synced", text: "self.directory.sync()", instead: "Ok(())" },
    { name: "a merge of runs drops before the log is synced", text: "self.sync_through(at)?;", instead: "" },
    {
      name: "a removal goes while an older run has what it hides",
      after: "Entry::Removed => ",
      text: "!self.oldest",
      instead: "false",
    },
  ]),
  inFile("engine/compact/packs.rs", [
    { name: "the name of a merged pack is not synced", text: "self.directory.sync()", instead: "Ok(())" },
    { name: "a merge of packs drops before the log is synced", text: "self.sync_through(at)?;", instead: "" },
    {
      name: "a merge drops what a save has chosen",
      text: "!self.core.lock().drops.doom(doomed)",
      instead: "{ self.core.lock().drops.doom(doomed); false }",
    },
  ]),
  inFile("engine/upkeep.rs", [
    { name: "the name of the next log is not synced", text: "self.directory.sync()", instead: "Ok(())" },
    {
      name: "a failed background sync goes unnoticed",
      after: "Err(error) => ",
      text: "drop(engine.fail(error))",
      instead: "drop(error)",
    },
    {
      name: "syncs in the background sync nothing",
      after: "match ",
      text: "engine.durability.sync()",
      instead: "Ok(())",
    },
    {
      name: "a store at rest does not settle",
      after: "if let Err(error) = ",
      text: "engine.durability.settle()",
      instead: "Ok(())",
    },
    {
      name: "files are removed after a failure",
      after: "if ",
      text: "self.failure().is_none()",
      instead: "true",
    },
  ]),
  inFile("engine/open_pack.rs", [
    { name: "a new pack is named before it is synced", text: "pack.sync()?;", instead: "" },
    { name: "the name of a new pack is not synced", text: "self.directory.sync()", instead: "Ok(())" },
    { name: "a frame names a record before its sync", text: "pack.sync_through(&place)", instead: "Ok(())" },
    {
      name: "a record goes into a failed engine's pack",
      after: "loop {\n            ",
      text: "self.check_writable()?;",
      instead: "",
    },
    {
      name: "a pack is made by a failed engine",
      after: "let mut open = self.open_pack.write();\n        ",
      text: "self.check_writable()?;",
      instead: "",
    },
  ]),
  inFile("engine/submit.rs", [
    {
      name: "a save is answered before it is durable",
      after: "Ok(result) if ",
      text: "durable",
      instead: "false",
    },
    {
      name: "a batch is prepared by a failed engine",
      after: "fn prepare_and_commit(self: &Arc<Self>, ops: Vec<Op>) -> Result<BatchResult> {\n        ",
      text: "self.check_writable()?;",
      instead: "",
    },
    {
      name: "a batch may drop more versions than there are",
      text: "dropped <= core.tally.versions + added",
      instead: "true",
    },
    {
      name: "a large change that was overtaken is not written again",
      text: "plan.changes == outline.changes",
      instead: "true",
    },
  ]),
  inFile("engine/commit.rs", [
    {
      name: "an accepted frame is not noted for its sync",
      text: "self.durability.accepted(&placed.end);",
      instead: "",
    },
    { name: "a failed engine takes changes", text: "self.check_writable()?;", instead: "" },
  ]),
  inFile("engine/mod.rs", [
    {
      name: "a failed engine counts as sound",
      text: "if let Some(cause) = self.failure.get() {\n            return Err(Error::Poisoned { cause: Arc::clone(cause) });\n        }",
      instead: "",
    },
    {
      name: "a failure is not told to who waits",
      text: "service::pool().run(move || engine.durability.poison(cause));",
      instead: "drop((engine, cause));",
    },
    { name: "a retired engine answers", after: "if ", text: "self.is_retired()", instead: "false" },
    {
      name: "a manifest is replaced after a failure",
      after: ") -> Result<T> {\n        ",
      text: "self.check_writable()?;",
      instead: "",
    },
    {
      name: "a manifest that could not be replaced goes unnoticed",
      after: "Err(error) => ",
      text: "Err(self.fail(error))",
      instead: "Err(error)",
    },
    {
      name: "the manifest is not told which numbers are given",
      text: "self.put_numbers(&mut next);",
      instead: "",
    },
  ]),
  inFile("engine/close.rs", [
    { name: "closing does not sync the log", text: "self.durability.close()", instead: "Ok(())" },
    { name: "the end of a process syncs nothing", text: "self.durability.sync()", instead: "Ok(())" },
    {
      name: "a failed engine closes in order",
      text: "if let Some(cause) = self.failure() {\n            return Err(Error::Poisoned { cause });\n        }",
      instead: "",
    },
    {
      name: "a retired engine goes on syncing",
      text: "self.durability.end(self.failure().map_or(Error::Closed, |cause| Error::Poisoned { cause }));",
      instead: "",
    },
    {
      name: "a retired engine does not wait for the last frame",
      text: "drop(self.core.lock());",
      instead: "",
    },
  ]),
  inFile("engine/backup.rs", [
    { name: "a failed backup leaves its files", text: "drop(target.remove(&name));", instead: "" },
    {
      name: "a backup's manifest does not know the numbers",
      text: "self.put_numbers(manifest);",
      instead: "",
    },
  ]),
  inFile("engine/leftovers.rs", [
    {
      name: "a damaged record that is needed is left behind",
      text: "bad.iter().any(|record| live.contains(record))",
      instead: "false",
    },
  ]),
  inFile("registry/mod.rs", [
    { name: "the end of a process passes over stores", text: "drop(engine.sync_now());", instead: "" },
  ]),
  inFile("store/calls.rs", [
    {
      name: "an append in sync mode is answered before its sync",
      after: "fn finish(&self, engine: &Engine, position: Position) -> Result<()> {\n        if ",
      text: "self.is_sync()",
      instead: "false",
    },
    {
      name: "a save is not asked to be durable",
      text: "self.is_sync() || ops.iter().any(|op| matches!(op, Op::Save(_) | Op::Delete { .. }))",
      instead: "self.is_sync()",
    },
    {
      name: "a batch in sync mode is not asked to be durable",
      after: "let durable = ",
      text: "self.is_sync()",
      instead: "false",
    },
  ]),
].flat();
