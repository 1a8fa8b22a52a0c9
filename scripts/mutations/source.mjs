/**
 * A copy of the crates in which every mutation of the list is there at once, each behind a switch.
 *
 * Constraints: the working tree is only read. A mutation whose text is not there exactly once is a failure, so that the list cannot rot. A file of the copy is
 * written only where it changes, so that what was built of it stays.
 *
 * One build serves all mutations: the switch is an environment variable, and where it names none, the copy behaves as they do.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { root, SetupError } from "../setup/command.mjs";

/** The variable that names the mutation which is on. */
export const SWITCH = "ENGINE_MUTATION";

const SOURCES = ["Cargo.toml", "Cargo.lock", "crates"];
/** Where the copy is. */
export const COPY = fileURLToPath(new URL("target/mutations/source", root));

const MODULE = `
/// Which mutation is on.
pub mod mutation {
    static ON: std::sync::LazyLock<Option<String>> = std::sync::LazyLock::new(|| std::env::var("${SWITCH}").ok());

    pub fn is_on(name: &str) -> bool {
        ON.as_deref() == Some(name)
    }
}
`;

/**
 * @typedef {object} Mutation
 * @property {string} name - what is wrong then
 * @property {string} crate - its folder below crates
 * @property {string} file - below the crate's src
 * @property {string} [after] - what precedes `text`, where that alone is not there exactly once
 * @property {string} text - an expression, or statements up to a semicolon or a brace
 * @property {string} instead
 * @property {string} [test] - which test notices: its program, behind the crate unless that is the engine, and its name
 * @property {string} [redundant] - why none needs to: what else there is
 */

/**
 * Makes the copy anew.
 *
 * @param {readonly Mutation[]} mutations
 * @throws {SetupError} where a text is not found exactly once
 */
export function writeCopy(mutations) {
  const top = fileURLToPath(root);
  const kept = new Set();
  for (const path of SOURCES.flatMap((source) => filesBelow(top, source))) {
    kept.add(path);
    const original = readFileSync(join(top, path));
    const crate = mutations.find((mutation) => path.startsWith(`crates/${mutation.crate}/src/`))?.crate;
    const copy = crate ? Buffer.from(mutated(crate, path, original.toString(), mutations)) : original;
    write(join(COPY, path), copy);
  }
  for (const path of SOURCES.flatMap((source) => filesBelow(COPY, source)))
    if (!kept.has(path)) rmSync(join(COPY, path));
  const unused = mutations.filter((mutation) => !kept.has(pathOf(mutation)));
  if (unused.length > 0) throw new SetupError(unused.map(({ file }) => `${file} is gone`).join("\n"));
}

/** @param {Mutation} mutation */
function pathOf({ crate, file }) {
  return `crates/${crate}/src/${file}`;
}

/**
 * @param {string} crate
 * @param {string} path
 * @param {string} original
 * @param {readonly Mutation[]} mutations
 */
function mutated(crate, path, original, mutations) {
  const own = mutations.filter((mutation) => pathOf(mutation) === path);
  const switched = withSwitches(original, own);
  const isRoot = path === `crates/${crate}/src/lib.rs`;
  return isRoot ? `#![allow(warnings)]\n${switched}${MODULE}` : switched;
}

/**
 * @param {string} original
 * @param {readonly Mutation[]} mutations
 */
function withSwitches(original, mutations) {
  /** @type {{ at: number, order: number, added: string }[]} */
  const insertions = [];
  for (const mutation of mutations) {
    const { start, end } = placeOf(original, mutation);
    const isStatement = /[;}]$/.test(mutation.text);
    const [open, close] = isStatement ? ["", " }"] : ["(", " })"];
    const condition = `crate::mutation::is_on(${JSON.stringify(mutation.name)})`;
    const added = `${open}if ${condition} { ${mutation.instead} } else { `;
    // Of two that begin, or end, at one place the longer one lies around the shorter one.
    insertions.push(
      { at: start, order: -end, added },
      { at: end, order: -start - original.length, added: close },
    );
  }
  insertions.sort((left, right) => left.at - right.at || left.order - right.order);
  let result = "";
  let done = 0;
  for (const { at, added } of insertions) {
    result += original.slice(done, at) + added;
    done = at;
  }
  return result + original.slice(done);
}

/**
 * @param {string} original
 * @param {Mutation} mutation
 */
function placeOf(original, { name, file, after = "", text }) {
  const anchor = after + text;
  const found = original.split(anchor).length - 1;
  if (found !== 1)
    throw new SetupError(`${file} has the text of "${name}" ${found} times, not once:\n${anchor}`);
  const start = original.indexOf(anchor) + after.length;
  return { start, end: start + text.length };
}

/**
 * @param {string} top
 * @param {string} path
 * @returns {string[]}
 */
function filesBelow(top, path) {
  const found = statSync(join(top, path), { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) return [path];
  return readdirSync(join(top, path)).flatMap((name) => filesBelow(top, `${path}/${name}`));
}

/**
 * @param {string} path
 * @param {Buffer} content
 */
function write(path, content) {
  if (statSync(path, { throwIfNoEntry: false }) && readFileSync(path).equals(content)) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
