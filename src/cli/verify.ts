/**
 * `verify`: reads and checks every live byte.
 *
 * Constraints: changes nothing; all damage is told, not only the first.
 */
import { StorageEngine } from "../engine.js";
import type { VerifyReport } from "../reports.js";
import { damageTable } from "./damage.js";
import { EXIT } from "./exit-code.js";
import type { Invocation, Verb } from "./invocation.js";
import { withProgress } from "./progress.js";
import { storeLine } from "./store-line.js";
import { table } from "./table.js";
import { count, counted, size } from "./text.js";

export const verify: Verb<unknown> = async (invocation) => {
  const { store, out, json } = invocation;
  const report = await verified(invocation);
  if (json) await out.line(JSON.stringify({ ...store, ...report }));
  else await out.line(`${storeLine(store)}\n\n${reportText(report)}`);
  return report.ok ? EXIT.done : EXIT.damage;
};

/** What a verification finds, with a bar meanwhile. @throws StorageError */
function verified({ store, err, signal }: Invocation): Promise<VerifyReport> {
  return withProgress("verifying", err, (onProgress) =>
    StorageEngine.verify(store.directory, { signal, onProgress }),
  );
}

function reportText(report: VerifyReport): string {
  const figures = [
    ["files", count(report.files)],
    ["bytes", `${count(report.bytes)} (${size(report.bytes)})`],
    ["events", count(report.events)],
    ["checkpoints", count(report.checkpoints)],
    ["versions of them", count(report.versions)],
  ];
  return `Read:\n${table(figures, ["left", "left"])}\n\n${report.ok ? SOUND : damageText(report)}`;
}

const SOUND = "Sound: every byte that matters was read and is what was written.";

function damageText({ damage }: VerifyReport): string {
  const isLost = damage.some(({ what }) => what === NO_STORE_ID);
  return `Damaged: ${counted(damage.length, "place")}\n${damageTable(damage)}\n\n${isLost ? NO_ADVICE : ADVICE}`;
}

/** The engine's word for a directory that no repair can make a store again. */
const NO_STORE_ID = "no file tells which store this is";

const NO_ADVICE =
  "Nothing was changed. No file here tells which store this is, so a repair cannot help: restore a backup.";

const ADVICE =
  "Nothing was changed. Restore a backup, or keep what can be read: `agent-storage-engine repair` shows\nwhat it would do and does nothing until it is told to.";
