/**
 * The verbs, their options and their help.
 *
 * Constraints: commander parses and prints help, and neither tells of errors nor ends the process by itself, so that wrong usage too is answered in the form that was
 * asked for.
 */
import { Command, CommanderError, InvalidArgumentError } from "commander";
import { dump } from "./dump.js";
import { DUMP_HELP, HELP, NAME, REPAIR_HELP } from "./help.js";
import type { Verb } from "./invocation.js";
import { repair } from "./repair.js";
import { stats } from "./stats.js";
import { UsageError } from "./usage-error.js";
import { verify } from "./verify.js";

/** What was asked for. */
export interface Request {
  readonly directory: string;
  readonly json: boolean;
  readonly verb: Verb<object>;
  readonly options: object;
}

/** What `args` ask for; nothing where they asked for help or the version, which `print` gets. @throws UsageError */
export function parse(args: readonly string[], print: (help: string) => void): Request | undefined {
  let request: Request | undefined;
  const program = commandLine(print, (asked) => {
    request = asked;
  });
  try {
    program.parse(args, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode !== 0) throw usageError(error, args);
  }
  return request;
}

function usageError({ code, message }: CommanderError, args: readonly string[]): UsageError {
  const isHelp = code === "commander.help";
  const unnamed = args.length === 0 ? "no verb was named" : `there is no verb ${JSON.stringify(args.at(-1))}`;
  const what = isHelp ? unnamed : message.replace(/^error: /, "");
  return new UsageError(`${what}\nTry \`${NAME} --help\`.`);
}

function commandLine(print: (help: string) => void, request: (asked: Request) => void): Command {
  const { version } = require("../../package.json") as { version: string };
  const program = new Command(NAME)
    .description("Looks at, checks and repairs the stores of agent-storage-engine.")
    .version(version, "-V, --version", "print the package's version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [verb]", "print the help of a verb")
    .addHelpText("after", HELP)
    .configureOutput({ writeOut: print, writeErr: () => {}, outputError: () => {} })
    .exitOverride();

  const add = (name: string, description: string, verb: Verb<object>): Command =>
    program
      .command(name)
      .description(description)
      .argument("<directory>", "the store, or the rootDir of a drop-in")
      .action((directory: string, { json = false, ...options }: { json?: boolean }) => {
        // A variable of a script that is empty must not stand for the current directory.
        if (directory === "") throw new UsageError("the directory is empty; `.` is the current one");
        request({ directory, json, verb, options });
      });

  addJson(add("verify", "read and check every live byte; changes nothing", verify));
  addJson(add("repair", "keep what of a damaged store can be read", repair))
    .option("-y, --yes", "do it; otherwise only say what it would do, and ask where a person can answer")
    .option("-n, --dry-run", "only say what it would do")
    .addHelpText("after", REPAIR_HELP);
  addJson(add("stats", "print a store's figures and streams; changes nothing", stats));
  addSelection(add("dump", "print what a store holds as lines of JSON; changes nothing", dump));
  return program;
}

function addJson(command: Command): Command {
  return command.option("--json", "print one JSON object, for an error too");
}

function addSelection(command: Command): Command {
  return command
    .option("--events", "only events")
    .option("--checkpoints", "only checkpoints")
    .option("--stream <name>", "only the events of this stream")
    .option("--id <id>", "only this checkpoint")
    .option("--newest", "of each checkpoint the newest version only; otherwise all, oldest first")
    .option("--from <sequence>", "events from this sequence on", wholeNumber)
    .option("--limit <n>", "at most so many lines", wholeNumber)
    .option("--base64", "all bytes as base64, also where they are MessagePack")
    .addHelpText("after", DUMP_HELP);
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError("It must be a whole number below 2^53.");
}
