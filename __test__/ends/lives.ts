/** Lives of one directory: each a process of its own that ends in some way, and the ledger of what they have left. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { durableThrough } from "../support/durable-mark.js";
import { answersAll, type Ended, faultsOfEnd, flagsOf, syncsAtItsEnd } from "./endings.js";
import { Journal } from "./journal.js";
import { Ledger } from "./ledger.js";
import { Random } from "./life/random.mjs";
import type { Plan, Seen, Way } from "./protocol.js";

const MAIN = fileURLToPath(new URL("./life/main.mjs", import.meta.url));

/** Ends a life that would never end, which is a fault. No life depends on it. */
const HANG_MS = 60_000;

/** About how long Node takes to start: from then on a process may be opening the store. */
const START_MS = 80;
const LONGEST_MOMENT_MS = 8;

export class Lives {
  readonly #rootDir: string;
  readonly #seed: number;
  readonly #random: Random;
  readonly #ledger = new Ledger();
  #count = 0;
  /** What the last life made durable at its end, until it is seen. */
  #durable: number | undefined;

  constructor(parent: string, seed: number) {
    this.#rootDir = join(parent, "store");
    this.#seed = seed;
    this.#random = new Random(seed);
  }

  get random(): Random {
    return this.#random;
  }

  /** Lives once more. @throws where anything is not as it must be */
  async live(way: Way): Promise<void> {
    const life = ++this.#count;
    const seed = this.#seed * 1000 + life;
    const operations = this.#random.below(this.#random.pick([20, 150, 400]));
    const plan: Plan = { rootDir: this.#rootDir, life, seed, way, operations };
    const journal = new Journal();
    const ended = await this.#run(plan, journal);
    const faults = [
      ...faultsOfEnd(way, ended),
      ...this.#ledger.take(life, journal.lines),
      ...(answersAll(way, ended) ? this.#ledger.unanswered() : []),
      ...this.#undurable(journal),
    ];
    this.#durable = syncsAtItsEnd(way) ? durableThrough(join(this.#rootDir, "engine")) : undefined;
    if (faults.length > 0)
      throw new Error(
        `ENGINE_SEED=${this.#seed}, life ${life}, ${way}:\n${faults.join("\n")}\n${ended.output}`,
      );
  }

  #run(plan: Plan, journal: Journal): Promise<Ended> {
    const child = spawn(process.execPath, [...flagsOf(plan.way), MAIN, JSON.stringify(plan)], {
      stdio: ["ignore", "pipe", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        output += text;
      });
    const kill = plan.way === "kill" ? this.#killer(child, plan.operations) : () => {};
    const pipe = child.stdio[3] as NonNullable<ChildProcess["stdout"]>;
    pipe.setEncoding("utf8").on("data", (text: string) => {
      journal.add(text);
      kill(journal.lines.length);
    });
    let hung = false;
    const guard = setTimeout(() => {
      hung = true;
      child.kill("SIGKILL");
    }, HANG_MS);
    return new Promise((resolve) => {
      child.on("close", (code, signal) => {
        clearTimeout(guard);
        resolve({ code, signal, output, hung });
      });
    });
  }

  /** Kills after so many lines and a moment, or so early that the store may still be recovering. */
  #killer(child: ChildProcess, operations: number): (lines: number) => void {
    const kill = () => child.kill("SIGKILL");
    const momentMs = this.#random.below(LONGEST_MOMENT_MS);
    if (this.#random.once(3)) {
      setTimeout(kill, START_MS + this.#random.below(START_MS));
      return () => {};
    }
    let isDue = false;
    return (lines) => {
      if (isDue || lines < operations * 2) return;
      isDue = true;
      setTimeout(kill, momentMs);
    };
  }

  /** What the main thread had accepted, and the end of the process did not sync. */
  #undurable({ lines }: Journal): string[] {
    const durable = this.#durable;
    const seen = lines.find((line): line is Seen => line.tell === "seen");
    if (durable === undefined || seen === undefined) return [];
    // Batches that are not awaited may be accepted after the sync.
    return Object.entries(seen.positions)
      .filter(([name]) => name.includes("/main/") && !name.startsWith("batch/"))
      .filter(([, positions]) => Math.max(...positions) > durable)
      .map(([name, positions]) => `${name} goes up to ${positions.at(-1)}, durable were ${durable}`);
  }
}
