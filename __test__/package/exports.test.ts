import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");
const require = createRequire(import.meta.url);
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** The package's entry points as a program names them, such as `agent-storage-engine`. */
const entries = Object.keys(manifest.exports)
  .filter((key) => manifest.exports[key].require)
  .map((key) => join(manifest.name, key).replaceAll("\\", "/"));

let scratch: string;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "package-"));
});
afterEach(() => {
  rmSync(scratch, { recursive: true, force: true });
});

/** What a Node process prints that runs `code` as a CommonJS or ES module in `directory`. */
function printedBy(code: string, directory: string, type: "commonjs" | "module" = "commonjs"): unknown {
  const args = [`--input-type=${type}`, "--eval", code];
  return JSON.parse(execFileSync(process.execPath, args, { cwd: directory, encoding: "utf8" }));
}

describe.each(entries)("%s", (entry) => {
  // A name missing from the ES module, or a second copy of a class, on which `instanceof` fails.
  it("gives import the same names and the same objects as require", () => {
    const code = `
      import { createRequire } from "node:module";
      import * as esm from ${JSON.stringify(entry)};
      const cjs = createRequire(import.meta.url)(${JSON.stringify(entry)});
      const names = Object.keys(cjs).sort();
      console.log(JSON.stringify({ cjs: names, esm: Object.keys(esm).sort(), same: names.every((n) => esm[n] === cjs[n]) }));`;
    const seen = printedBy(code, root, "module") as { cjs: string[]; esm: string[]; same: boolean };
    expect(seen.cjs.length).toBeGreaterThan(0);
    expect(seen.esm).toEqual(seen.cjs);
    expect(seen.same).toBe(true);
  });
});

describe("the packed package", () => {
  // A file left out of `files`, a dependency that is one of development only, or a path that holds in the clone only.
  it("works where it is installed from `npm pack`", () => {
    const folders = [".", ...runtimeDependencies()].map((folder) => join(root, folder));
    npm(["pack", "--loglevel=error", "--ignore-scripts", "--pack-destination", scratch, ...folders]);
    const tarballs = readdirSync(scratch).filter((name) => name.endsWith(".tgz"));
    expect(tarballs.length).toBe(folders.length);
    npm([
      "install",
      "--offline",
      "--no-package-lock",
      "--prefix",
      scratch,
      ...tarballs.map((name) => join(scratch, name)),
    ]);
    const code = `console.log(require(${JSON.stringify(manifest.name)}).isNativeAvailable())`;
    expect(printedBy(code, scratch)).toBe(true);
    const bin = join(scratch, "node_modules/.bin", manifest.name);
    const shell = process.platform === "win32";
    expect(execFileSync(bin, ["--version"], { encoding: "utf8", shell })).toBe(`${manifest.version}\n`);
  });

  // An import that throws takes the caller's fallback away from it.
  it("can be imported where there is no binary for the platform", () => {
    cpSync(join(root, "dist"), join(scratch, "dist"), { recursive: true });
    cpSync(join(root, "index.js"), join(scratch, "index.js"));
    expect(printedBy(`console.log(require("./dist/index.js").isNativeAvailable())`, scratch)).toBe(false);
  });
});

// The command line's libraries would be loaded by every program, and their faults be the program's.
it("the library loads no dependency", () => {
  const code = `
    const { NativeCheckpointStorage } = require(${JSON.stringify(manifest.name)});
    new NativeCheckpointStorage({ rootDir: "unused" });
    console.log(JSON.stringify(Object.keys(require.cache)));`;
  const loaded = printedBy(code, root) as string[];
  expect(loaded.length).toBeGreaterThan(0);
  expect(loaded.filter((path) => /node_modules|[\\/]cli[\\/]/.test(relative(root, path)))).toEqual([]);
});

describe("the manifests", () => {
  const addon = require(join(root, "index.js"));
  const platforms = readdirSync(join(root, "npm")).map((name) =>
    JSON.parse(readFileSync(join(root, "npm", name, "package.json"), "utf8")),
  );

  // A release of which one part keeps the version before.
  it("name one version everywhere", () => {
    expect(addon.version()).toBe(manifest.version);
    for (const platform of platforms) expect(platform).toHaveProperty("version", manifest.version);
  });

  // A target that is built and never published, or the reverse.
  it("have a package for each target", () => {
    expect(platforms.length).toBe(manifest.napi.targets.length);
    for (const { name, main } of platforms) {
      const platform = name.slice(`${manifest.name}-`.length);
      expect(main).toBe(`${manifest.napi.binaryName}.${platform}.node`);
    }
  });
});

// A second way to the addon would throw at the import where no binary is.
it("reaches the generated loader from src/binding.ts only", () => {
  const names = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
  const importers = names
    .filter((name) => /\.m?ts$/.test(name))
    .filter((name) => {
      const file = join(root, "src", name);
      const specifiers = readFileSync(file, "utf8").matchAll(/["'](\.{1,2}\/[^"']*)["']/g);
      return [...specifiers].some(([, path = ""]) =>
        /^index(\.js)?$/.test(relative(root, join(file, "..", path))),
      );
    });
  expect(importers).toEqual(["binding.ts"]);
});

/** The folders of what the package needs where it is installed, as the lock file has them. */
function runtimeDependencies(): string[] {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  return Object.keys(packages).filter((folder) => {
    const { dev, devOptional } = packages[folder];
    return folder !== "" && !dev && !devOptional;
  });
}

function npm(args: string[]): void {
  const windows = process.platform === "win32";
  execFileSync("npm", args, { cwd: root, shell: windows, stdio: ["ignore", "ignore", "inherit"] });
}
