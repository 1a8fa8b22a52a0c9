/**
 * `repair`: keeps what of a damaged store can be read.
 *
 * Constraints: changes nothing until `--yes` was given or a person at a terminal has typed `yes`; until then it only says what is damaged and what it would do. With
 * `--json` nobody is asked.
 */
import { StorageEngine } from "../engine.js";
import type { LostChanges, RepairReport } from "../reports.js";
import { canAsk, isAnswered } from "./confirm.js";
import { damageTable } from "./damage.js";
import { EXIT } from "./exit-code.js";
import type { Invocation, Verb } from "./invocation.js";
import { withProgress } from "./progress.js";
import { storeLine } from "./store-line.js";
import { table } from "./table.js";
import { count, counted, quoted } from "./text.js";
import { verified } from "./verify.js";

/** What `repair` takes beside a directory. */
export interface RepairOptions {
  /** Whether to do it without asking. */
  readonly yes?: boolean;
}

export const repair: Verb<RepairOptions> = async (invocation, { yes = false }) => {
  const { store, out, json } = invocation;
  if (!json) await out.line(storeLine(store));
  if (!yes) {
    const { ok, damage } = await verified(invocation);
    if (json) await out.line(JSON.stringify({ ...store, repaired: false, ok, damage }));
    else
      await out.line(
        ok ? SOUND : `\nDamaged: ${counted(damage.length, "place")}\n${damageTable(damage)}\n\n${PLAN}`,
      );
    if (ok) return EXIT.done;
    if (!(await isConfirmed(invocation))) return EXIT.damage;
  }
  const report = await repaired(invocation);
  const isRepaired = report.savedTo !== "";
  if (json) await out.line(JSON.stringify({ ...store, repaired: isRepaired, ...report }));
  else await out.line(isRepaired ? reportText(report) : SOUND);
  return EXIT.done;
};

const SOUND = "Sound: there is nothing to repair, and nothing was changed.";

const PLAN = [
  "A repair sets the damaged files aside, where nothing is lost, and keeps every event and every version of",
  "a checkpoint that can be read. Make a copy of the directory first if you can; a backup is better than a repair.",
].join("\n");

const FOUND = [
  "Versions without their names are the checkpoints `lost+found/record-<number>`. Read each with StorageEngine, save it under the",
  "id it belongs to, and delete it under the found one; deleted versions may be among them.",
].join("\n");

function repaired({ store, err, signal }: Invocation): Promise<RepairReport> {
  return withProgress("repairing", err, (onProgress) =>
    StorageEngine.repair(store.directory, { signal, onProgress }),
  );
}

/** Whether a person says so; where none can be asked, how it could be said. */
async function isConfirmed(invocation: Invocation): Promise<boolean> {
  const { out, err } = invocation;
  // Whoever is asked has to see what it would do.
  await out.flush();
  const isAsked = canAsk(invocation);
  if (isAsked && (await isAnswered('Type "yes" to repair: ', "yes", invocation))) return true;
  err.write(`Nothing was changed.${isAsked ? "" : " Call it with --yes to repair."}\n`);
  return false;
}

function reportText(report: RepairReport): string {
  const { kept, found, lost, savedTo, lostEvents, lostVersions, lostChanges } = report;
  const figures = [
    ["events kept", count(kept.events)],
    ["versions kept", count(kept.versions)],
    ["of them without their names", count(found)],
  ];
  const events = lostEvents.map(({ stream, from, to }) => [quoted(stream), count(from), count(to)]);
  const versions = lostVersions.map(({ id, version }) => [quoted(id), count(version)]);
  return [
    `Repaired.\n${table(figures, ["left", "left"])}`,
    `Damaged: ${counted(lost.length, "place")}\n${damageTable(lost)}`,
    ...section("Lost events", events, ["stream", "from", "to"]),
    ...section("Lost versions", versions, ["checkpoint", "version"]),
    ...(lostChanges.length === 0 ? [] : [lostChanges.map(lostChangesText).join("\n")]),
    ...(found === 0 ? [] : [FOUND]),
    `The files as they were are in ${quoted(savedTo)}.`,
  ].join("\n\n");
}

function lostChangesText({ from, to }: LostChanges): string {
  if (to === null)
    return `Changes after position ${count(from - 1)} may be lost; nothing tells how many, nor what was in them.`;
  const which =
    from === to ? `The change at position ${count(from)} is` : `Changes ${count(from)} to ${count(to)} are`;
  return `${which} lost; what was in ${from === to ? "it" : "them"} is not known.`;
}

function section(title: string, rows: string[][], head: string[]): string[] {
  if (rows.length === 0) return [];
  return [`${title}:\n${table(rows, ["left", "right", "right"], head)}`];
}
