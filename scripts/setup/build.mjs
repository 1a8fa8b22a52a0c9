/**
 * The two builds, native and TypeScript, each run only where its output is not of the present sources.
 *
 * Beside the output stands a stamp with the hash of the sources and of the output itself, so that a changed source, a
 * deleted output and one that another command wrote over are all noticed.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { output, root, run } from "./command.mjs";
import { fingerprint } from "./fingerprint.mjs";

const base = fileURLToPath(root);

/**
 * @typedef {object} Build
 * @property {string} script the npm script that builds
 * @property {() => string} sources the hash of what goes in
 * @property {() => string} outputs the hash of what comes out
 */

/** The addon, its loader and its declarations. @type {Build} */
const native = {
  script: "build:native",
  sources: () => {
    const { name, version, napi, scripts } = manifest();
    return fingerprint(
      base,
      [".cargo", "Cargo.toml", "Cargo.lock", ...crateSources()],
      [
        JSON.stringify([name, version, napi, scripts["build:native"]]),
        `${output("rustc", ["--version", "--verbose"])} ${process.env["RUSTFLAGS"] ?? ""}`,
        `${process.platform} ${process.arch}`,
      ],
    );
  },
  outputs: () => fingerprint(base, ["index.js", "index.d.ts", ...binaries()]),
};

/** The JavaScript and declarations in `dist/`. @type {Build} */
const typescript = {
  script: "build:ts",
  sources: () => {
    const inputs = [
      "src",
      "tsconfig.json",
      "tsconfig.build.json",
      "scripts/build-typescript.mjs",
      "index.d.ts",
    ];
    const compiler = "node_modules/typescript/package.json";
    return fingerprint(base, [...inputs, compiler], [JSON.stringify(manifest().exports)]);
  },
  outputs: () => fingerprint(base, ["dist"]),
};

/** Builds what is not up to date: the addon first, since the TypeScript is compiled against its declarations. */
export async function buildIfStale() {
  for (const build of [native, typescript]) {
    if (readStamp(build) === stampOf(build)) continue;
    await run("npm", ["run", "--silent", build.script]);
    writeStamp(build);
  }
}

/** @param {Build} build */
function stampOf(build) {
  return `sources ${build.sources()}\noutputs ${build.outputs()}\n`;
}

/** @param {Build} build */
function stampFile(build) {
  return new URL(`target/setup/${build.script.replace(":", "-")}.stamp`, root);
}

/** @param {Build} build */
function readStamp(build) {
  try {
    return readFileSync(stampFile(build), "utf8");
  } catch {
    return null;
  }
}

/** @param {Build} build */
function writeStamp(build) {
  mkdirSync(new URL(".", stampFile(build)), { recursive: true });
  writeFileSync(stampFile(build), stampOf(build));
}

/** @returns {{ name: string, version: string, napi: unknown, exports: unknown, scripts: Record<string, string> }} */
function manifest() {
  return JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
}

function crateSources() {
  const crates = readdirSync(new URL("crates", root)).sort();
  return crates.flatMap((crate) =>
    ["Cargo.toml", "build.rs", "src"].map((part) => `crates/${crate}/${part}`),
  );
}

function binaries() {
  return readdirSync(root)
    .filter((name) => name.endsWith(".node"))
    .sort();
}
