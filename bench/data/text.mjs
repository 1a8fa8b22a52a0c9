/**
 * What agents write and read: sentences, source code, JSON and output of commands.
 *
 * Constraint: it has to compress as such text does, three to five times, or every figure of a disk and of a compressor
 * would be an invention. So words come by a skewed choice, and among them are numbers, hashes and names that never were there before.
 * Making them leaves hardly any garbage, or memory and its collection would be measured of this and not of a store: texts are written into one buffer, piece by
 * piece, and each is one flat string in the end.
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

/** Of each word, with a capital. */
const CAPITALIZED = new Map(WORDS.map((word) => [word, word.charAt(0).toUpperCase() + word.slice(1)]));
const UPPER_CASE = new Map(WORDS.map((word) => [word, word.toUpperCase()]));
const INDENTS = ["", "  ", "    ", "      "];
const MARKS = ["PASS ", "PASS ", "PASS ", "ok ", "warn ", "FAIL "];

/** Where a text is written. */
class Page {
  #bytes = Buffer.alloc(1 << 16);
  /** How many characters there are. */
  length = 0;

  /** One piece at a time: a list of them would be garbage, too. @param {string} text */
  add(text) {
    if (this.length + text.length > this.#bytes.length) this.#grow(text.length);
    this.length += this.#bytes.write(text, this.length, "latin1");
    return this;
  }

  /** The first `length` characters; what comes next begins anew. */
  take(length = this.length) {
    this.length = 0;
    return this.#bytes.toString("latin1", 0, length);
  }

  /** @param {number} more */
  #grow(more) {
    const grown = Buffer.alloc(2 * (this.length + more));
    this.#bytes.copy(grown, 0, 0, this.length);
    this.#bytes = grown;
  }
}

const page = new Page();

/** A word; those at the front of the list come much more often. @param {Random} random */
export function word(random) {
  const index = Math.floor(random.next() * random.next() * WORDS.length);
  return /** @type {string} */ (WORDS[index]);
}

/** @param {Random} random @param {number} count @param {string} separator */
function addWords(random, count, separator) {
  page.add(word(random));
  for (let number = 1; number < count; number += 1) page.add(separator).add(word(random));
}

/** @param {Random} random */
function addPath(random) {
  page.add("src/");
  addWords(random, 1 + random.below(3), "/");
  page.add("/");
  addWords(random, 2, "-");
  page.add(".").add(random.pick(EXTENSIONS));
}

/** @param {Random} random */
function addSentence(random) {
  page.add(CAPITALIZED.get(word(random)) ?? "").add(" ");
  addWords(random, 4 + random.below(14), " ");
  if (random.chance(0.3)) {
    page.add(" (");
    addPath(random);
    page.add(`:${random.below(900)})`);
  }
  page.add(". ");
}

/** @param {Random} random */
function addCodeLine(random) {
  const [left, right, other, last] = [word(random), word(random), word(random), word(random)];
  page.add(random.pick(INDENTS));
  switch (random.below(5)) {
    case 0:
      page.add(
        `const ${left}${random.below(100)} = await ${right}.${other}(${last}, ${random.below(5000)});\n`,
      );
      break;
    case 1:
      page.add(`if (${left}.${right} !== "${other}") return ${last};\n`);
      break;
    case 2:
      page.add(`export function ${left}${UPPER_CASE.get(right)}(${other}: ${last}): ${word(random)} {\n`);
      break;
    case 3:
      page.add("// ");
      addSentence(random);
      page.add("\n");
      break;
    default:
      page.add("}\n");
  }
}

/** @param {Random} random */
function addOutputLine(random) {
  page.add(random.pick(MARKS));
  addPath(random);
  page.add(" ");
  addWords(random, 4, " ");
  page.add(` (${random.below(400)} ms)\n`);
}

/** @param {Random} random */
function addJsonLine(random) {
  const row = `{"id":"${random.hex(8)}","number":${random.below(1e4)},"status":"${word(random)}","note":"`;
  page.add(row);
  addWords(random, 6, " ");
  page.add('","updatedAt":"2026-01-01T00:00:00Z"}\n');
}

/** @param {Random} random @param {number} length in characters @param {(random: Random) => void} addPiece */
function fill(random, length, addPiece) {
  while (page.length < length) addPiece(random);
  return page.take(length);
}

/** The path of a file. @param {Random} random */
export function path(random) {
  addPath(random);
  return page.take();
}

/** Sentences. @param {Random} random @param {number} length in characters, all of them ASCII */
export const prose = (random, length) => fill(random, length, addSentence);

/** What a tool gives back. @param {Random} random @param {number} length in characters, all of them ASCII */
export const toolOutput = (random, length) =>
  fill(random, length, random.pick([addCodeLine, addCodeLine, addOutputLine, addJsonLine]));
