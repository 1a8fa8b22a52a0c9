/**
 * `npm run build:ts`: compiles `src/` to CommonJS in `dist/`, writes an ES module beside each entry point, and makes the command
 * executable, as npm does where the package is installed.
 *
 * The ES modules only export what the CommonJS ones hold, each name spelt out. So a process has every class once,
 * however it was imported, and `instanceof` holds across both.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename } from "node:path";

const root = new URL("../", import.meta.url);

/** Names that Node adds to the view of a CommonJS module, which are no exports of ours. */
const ADDED_BY_NODE = new Set(["default", "module.exports", "__esModule"]);

rmSync(new URL("dist", root), { recursive: true, force: true });
const tsc = spawnSync(process.execPath, ["node_modules/typescript/bin/tsc", "-p", "tsconfig.build.json"], {
  cwd: root,
  stdio: "inherit",
});
if (tsc.status === 0) {
  const manifest = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  for (const entry of commonJsEntries(manifest)) await writeEsModule(entry);
  for (const command of Object.values(manifest.bin)) chmodSync(new URL(command, root), 0o755);
} else {
  process.exitCode = 1;
}

/**
 * The files that `exports` names for `require`, as URLs.
 *
 * @param {{ exports: Record<string, any> }} manifest
 */
function commonJsEntries({ exports }) {
  return Object.values(exports).flatMap((entry) =>
    entry.require ? [new URL(entry.require.default, root)] : [],
  );
}

/** @param {URL} entry */
async function writeEsModule(entry) {
  const names = Object.keys(await import(entry.href)).filter((name) => !ADDED_BY_NODE.has(name));
  const from = `"./${basename(entry.pathname)}"`;
  writeFileSync(
    sibling(entry, ".mjs"),
    `export {\n${names.map((name) => `  ${name},\n`).join("")}} from ${from};\n`,
  );
  writeFileSync(sibling(entry, ".d.mts"), `export * from ${from};\n`);
}

/**
 * @param {URL} entry
 * @param {string} extension
 */
function sibling(entry, extension) {
  return new URL(entry.href.replace(/\.js$/, extension));
}
