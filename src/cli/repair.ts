/**
 * `repair`: keeps what of a damaged store can be read.
 *
 * Constraints: changes nothing until `--yes` was given or a person at a terminal has typed `yes`; until then it tells what is damaged and what it would do, from the
 * same report. With `--json` nobody is asked.
 */
import { StorageEngine } from "../engine.js";
import { StorageError } from "../errors.js";
import type { LostChanges, RepairReport } from "../reports.js";
import { canAsk, isAnswered } from "./confirm.js";
import { damageTable } from "./damage.js";
import { EXIT, type ExitCode } from "./exit-code.js";
import { Unrepairable } from "./failure.js";
import type { Invocation, Verb } from "./invocation.js";
import { withProgress } from "./progress.js";
import { storeLine } from "./store-line.js";
import { table } from "./table.js";
import { count, counted, quoted } from "./text.js";
import { UsageError } from "./usage-error.js";

/** What `repair` takes beside a directory. */
export interface RepairOptions {
  /** Whether to do it without asking. */
  readonly yes?: boolean;
  /** Whether not even to ask. */
  readonly dryRun?: boolean;
}

export const repair: Verb<RepairOptions> = async (invocation, { yes = false, dryRun = false }) => {
  if (yes && dryRun) throw new UsageError("--yes and --dry-run exclude each other");
  const { store, out, json } = invocation;
  if (!json) await out.line(storeLine(store));
  const end = yes ? undefined : await planned(invocation, dryRun);
  if (end !== undefined) return end;
  const report = await repaired(invocation, false);
  const isRepaired = report.savedTo !== "";
  if (json) await out.line(JSON.stringify({ ...store, repaired: isRepaired, ok: !isRepaired, ...report }));
  else
    await out.line(
      isRepaired
        ? `${reportText(report)}\n\nThe files as they were are in ${quoted(report.savedTo)}.`
        : SOUND,
    );
  return EXIT.done;
};

/** Tells what it would do; the exit code where that is all, nothing where a person wants it done. */
async function planned(invocation: Invocation, dryRun: boolean): Promise<ExitCode | undefined> {
  const { store, out, json } = invocation;
  const plan = await repaired(invocation, true);
  const ok = plan.lost.length === 0;
  if (json) await out.line(JSON.stringify({ ...store, repaired: false, ok, ...plan }));
  else await out.line(ok ? SOUND : `\n${reportText(plan)}\n\n${PLAN}`);
  if (ok) return EXIT.done;
  return !dryRun && (await isConfirmed(invocation)) ? undefined : EXIT.damage;
}

const SOUND = "Sound: there is nothing to repair, and nothing was changed.";

const PLAN = [
  "A repair writes what can be kept into new files, and keeps the files that it replaces in a directory beside them. Make a",
  "copy of the store first if you can; a backup is better than a repair.",
].join("\n");

const FOUND = [
  "Versions without their names are the checkpoints `lost+found/record-<number>`. Read each with StorageEngine, save it under the",
  "id it belongs to, and delete it under the found one; deleted versions may be among them.",
].join("\n");

const BACK = "What they had deleted or pruned may be back.";

/** What a repair did, or, of a `dryRun`, would do. @throws Unrepairable where nothing tells what to repair */
async function repaired({ store, err, signal }: Invocation, dryRun: boolean): Promise<RepairReport> {
  try {
    return await withProgress(dryRun ? "reading" : "repairing", err, (onProgress) =>
      StorageEngine.repair(store.directory, { signal, onProgress, dryRun }),
    );
  } catch (error) {
    throw error instanceof StorageError && error.code === "ERR_STORAGE_CORRUPT"
      ? new Unrepairable(error)
      : error;
  }
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
  const isDone = savedTo !== "";
  const figures = [
    [isDone ? "events kept" : "events that can be kept", count(kept.events)],
    [isDone ? "versions kept" : "versions that can be kept", count(kept.versions)],
    ["of them without their names", count(found)],
  ];
  const events = lostEvents.map(({ stream, from, to }) => [quoted(stream), count(from), count(to)]);
  const versions = lostVersions.map(({ id, version }) => [quoted(id), count(version)]);
  return [
    `${isDone ? "Repaired." : "A repair has not been made. It would do this:"}\n${table(figures, ["left", "left"])}`,
    `Damaged: ${counted(lost.length, "place")}\n${damageTable(lost)}`,
    ...section("Lost events", events, ["stream", "from", "to"]),
    ...section("Lost versions", versions, ["checkpoint", "version"]),
    ...(lostChanges.length === 0 ? [] : [[...lostChanges.map(lostChangesText), BACK].join("\n")]),
    ...(found === 0 ? [] : [FOUND]),
  ].join("\n\n");
}

function lostChangesText({ from, to }: LostChanges): string {
  if (to === null)
    return `Changes after position ${count(from - 1)} may be lost; nothing tells how many, nor what was in them.`;
  if (from === to) return `The change at position ${count(from)} is lost; what was in it is not known.`;
  return `Changes ${count(from)} to ${count(to)} are lost, or some of them; what was in those is not known.`;
}

function section(title: string, rows: string[][], head: string[]): string[] {
  if (rows.length === 0) return [];
  return [`${title}:\n${table(rows, ["left", "right", "right"], head)}`];
}
