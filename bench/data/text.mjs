/**
 * What agents write and read: sentences, source code, JSON and output of commands.
 *
 * Constraint: it has to compress as such text does, three to five times, or every figure of a disk and of a compressor
 * would be an invention. So words come by a skewed choice, and among them are numbers, hashes and names that never were there before.
 */

/** @typedef {import("./random.mjs").Random} Random */

const WORDS =
  `the to of and a in is that it for on with as this be are not from at by or an was if all can has have which
but so they will one use used when there more no out about other into only file code test tests function error value type
line run call step module import export return result string number object list array class method name path change add
remove update check find read write open close save load store log event stream record version index key id user agent
tool task plan node graph edge state status start started finished failed pending completed blocked retry request response
server client query table row column schema migration commit branch merge review issue fix bug feature option default
config build compile deploy release package dependency install version script command output input argument parameter
because before after while until since where what why how does should must may might could would need needs needed make
makes made get gets set sets put keep keeps left right first last next previous same different new old small large fast
slow every each any some many few most least still already again once twice never always often usually instead without
within between through against during under over above below however therefore otherwise although unless whether either
memory disk cache buffer bytes chunk page block lock thread process signal timeout interval queue batch transaction
snapshot checkpoint durable append replay prune compact flush sync recover verify corrupt truncate checksum header footer
parse parser token syntax tree visitor scope binding symbol reference declaration expression statement literal template
component render layout style theme button dialog form field label message notification dashboard chart report summary
customer order invoice payment account balance currency region country language locale timezone calendar schedule
analysis average percentile median latency throughput bandwidth regression baseline threshold coverage assertion fixture
authentication authorization permission credential certificate encryption signature password secret session cookie`
    .split(/\s+/)
    .filter((word) => word !== "");

const EXTENSIONS = ["ts", "ts", "ts", "rs", "py", "md", "json", "sql"];

/** A word; those at the front of the list come much more often. @param {Random} random */
export function word(random) {
  const index = Math.floor(random.next() * random.next() * WORDS.length);
  return /** @type {string} */ (WORDS[index]);
}

/** @param {Random} random @param {number} count @param {string} separator */
function words(random, count, separator) {
  let text = word(random);
  for (let number = 1; number < count; number += 1) text += separator + word(random);
  return text;
}

/** @param {Random} random */
export function path(random) {
  return `src/${words(random, 1 + random.below(3), "/")}/${words(random, 2, "-")}.${random.pick(EXTENSIONS)}`;
}

/** @param {Random} random */
function sentence(random) {
  const text = words(random, 5 + random.below(14), " ");
  const detail = random.chance(0.3) ? ` (${path(random)}:${random.below(900)})` : "";
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${detail}. `;
}

/** @param {Random} random */
function codeLine(random) {
  const indent = "  ".repeat(random.below(4));
  const [left, right, other] = [word(random), word(random), word(random)];
  return random.pick([
    `${indent}const ${left}${random.below(100)} = await ${right}.${other}(${word(random)}, ${random.below(5000)});\n`,
    `${indent}if (${left}.${right} !== "${other}") return ${word(random)};\n`,
    `${indent}export function ${left}${right.toUpperCase()}(${other}: ${word(random)}): ${word(random)} {\n`,
    `${indent}// ${sentence(random)}\n`,
    `${indent}}\n`,
  ]);
}

/** @param {Random} random */
function outputLine(random) {
  const mark = random.pick(["PASS", "PASS", "PASS", "ok", "warn", "FAIL"]);
  return `${mark} ${path(random)} ${words(random, 4, " ")} (${random.below(400)} ms)\n`;
}

/** @param {Random} random */
function jsonLine(random) {
  const [number, status, note] = [random.below(1e4), word(random), words(random, 6, " ")];
  const row = { id: random.hex(8), number, status, note, updatedAt: "2026-01-01T00:00:00Z" };
  return `${JSON.stringify(row)}\n`;
}

/** @param {Random} random @param {number} length in characters @param {(random: Random) => string} piece */
function fill(random, length, piece) {
  let text = "";
  while (text.length < length) text += piece(random);
  return text.slice(0, length);
}

/** Sentences. @param {Random} random @param {number} length in characters, all of them ASCII */
export const prose = (random, length) => fill(random, length, sentence);

/** What a tool gives back. @param {Random} random @param {number} length in characters, all of them ASCII */
export const toolOutput = (random, length) =>
  fill(random, length, random.pick([codeLine, codeLine, outputLine, jsonLine]));
