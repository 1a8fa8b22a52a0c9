/**
 * The encoder's bytes are a format: they do not change by accident.
 *
 * The files in `fixtures/codec/` are what decoders in other languages are tested with, `trees.json` is what
 * those must find in them. `UPDATE_FIXTURES=1` writes them anew, after a change that is meant.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { encodeCopy } from "../src/codec/index.js";
import { codecFixtures } from "./support/codec-fixtures.js";

const directory = new URL("fixtures/codec/", import.meta.url);
const trees = Object.fromEntries(codecFixtures.map(({ name, tree }) => [name, tree]));
const treesFile = new URL("trees.json", directory);

if (process.env["UPDATE_FIXTURES"] === "1") {
  mkdirSync(directory, { recursive: true });
  for (const { name, value } of codecFixtures) writeFileSync(fileOf(name), encodeCopy(value));
  writeFileSync(treesFile, `${JSON.stringify(trees)}\n`);
}

it.each(codecFixtures.map(({ name, value }) => [name, value]))(
  "%s are encoded as they always were",
  (name, value) => {
    expect(encodeCopy(value).equals(readFileSync(fileOf(name as string)))).toBe(true);
  },
);

it("the trees beside them are those of the test", () => {
  expect(JSON.parse(readFileSync(treesFile, "utf8"))).toStrictEqual(trees);
});

function fileOf(name: string): URL {
  return new URL(`${name}.msgpack`, directory);
}
