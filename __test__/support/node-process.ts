/** Node processes that use the built package, for what only the end of a process shows. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach } from "vitest";

const entry = pathToFileURL(join(import.meta.dirname, "../../dist/index.mjs")).href;

/** What became of a process. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running process. */
export class NodeProcess {
  readonly ended: Promise<Ended>;
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";

  /** Runs `code`, an ES module in which `StorageEngine` is defined and `directory` is the first of `args`. */
  constructor(code: string, args: readonly string[], flags: readonly string[] = []) {
    const head = `import * as storage from ${JSON.stringify(entry)};
      const { StorageEngine } = storage; const [directory, ...rest] = process.argv.slice(1);\n`;
    const all = [...flags, "--input-type=module", "--eval", head + code, "--", ...args];
    const child = spawn(process.execPath, all, { stdio: ["pipe", "pipe", "pipe"] });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.#stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr += text;
    });
    this.#child = child;
    this.ended = new Promise((resolve) => {
      child.on("close", (exitCode, signal) => {
        resolve({ code: exitCode, signal, stdout: this.#stdout, stderr: this.#stderr });
      });
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Resolves when the process has printed `text`; rejects where it ends before. */
  async printed(text: string): Promise<void> {
    const seen = new Promise<void>((resolve) => {
      const look = () => {
        if (this.#stdout.includes(text)) resolve();
      };
      this.#child.stdout?.on("data", look);
      look();
    });
    const ended = this.ended.then((end) => {
      if (!end.stdout.includes(text)) throw new Error(`ended without ${text}: ${JSON.stringify(end)}`);
    });
    await Promise.race([seen, ended]);
  }

  /** Ends its input, by which a script can wait for the test. */
  release(): void {
    this.#child.stdin?.end();
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }
}

/** Starts processes; what still runs after a test is killed. */
export class NodeProcesses {
  readonly #running = new Set<NodeProcess>();

  constructor() {
    afterEach(async () => {
      for (const running of this.#running) running.kill();
      await Promise.all([...this.#running].map((running) => running.ended));
      this.#running.clear();
    });
  }

  start(code: string, args: readonly string[], flags: readonly string[] = []): NodeProcess {
    const started = new NodeProcess(code, args, flags);
    this.#running.add(started);
    return started;
  }

  /** Runs a script to its end. */
  run(code: string, args: readonly string[], flags: readonly string[] = []): Promise<Ended> {
    return this.start(code, args, flags).ended;
  }
}
