import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { environmentOf } from "../../scripts/setup/command.mjs";
import { isInstalled } from "../../scripts/setup/dependencies.mjs";
import { fingerprint } from "../../scripts/setup/fingerprint.mjs";
import { isAtLeast } from "../../scripts/setup/toolchain.mjs";

describe("fingerprint", () => {
  let base: string;
  const paths = ["src", "config", "absent"];
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), "fingerprint-"));
    mkdirSync(join(base, "src/deep"), { recursive: true });
    writeFileSync(join(base, "src/deep/a"), "1");
    writeFileSync(join(base, "config"), "2");
  });
  afterEach(() => {
    rmSync(base, { recursive: true, force: true });
  });

  // A build that is taken for current after one of these runs tests against old code.
  const changes: [string, () => void][] = [
    ["a changed file", () => writeFileSync(join(base, "src/deep/a"), "x")],
    ["a new file", () => writeFileSync(join(base, "src/deep/b"), "")],
    ["a removed file", () => rmSync(join(base, "config"))],
    ["a file that was absent", () => writeFileSync(join(base, "absent"), "")],
    [
      "content moved to the next file",
      () => {
        writeFileSync(join(base, "src/deep/a"), "12");
        writeFileSync(join(base, "config"), "");
      },
    ],
  ];
  it.each(changes)("tells of %s", (_, change) => {
    const before = fingerprint(base, paths);
    change();
    expect(fingerprint(base, paths)).not.toBe(before);
  });

  it("tells of a changed fact", () => {
    expect(fingerprint(base, paths, ["rustc 1"])).not.toBe(fingerprint(base, paths, ["rustc 2"]));
  });

  // A needless build of a minute after each checkout.
  it("is the same for the same contents at another time", () => {
    const before = fingerprint(base, paths);
    utimesSync(join(base, "config"), 0, 0);
    expect(fingerprint(base, paths)).toBe(before);
  });
});

describe("isInstalled", () => {
  const wanted = {
    packages: {
      "": { version: "0.1.0" },
      "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
      "node_modules/b": { version: "1.0.0", integrity: "sha512-b", optional: true },
    },
  };
  const a = wanted.packages["node_modules/a"];

  it("is content with an absent optional package", () => {
    expect(isInstalled(wanted, { packages: { "node_modules/a": a } })).toBe(true);
  });

  // Dependencies that stay old after a pull.
  it.each([
    ["an absent package", {}],
    ["another version", { "node_modules/a": { ...a, version: "1.0.1" } }],
    ["other contents", { "node_modules/a": { ...a, integrity: "sha512-x" } }],
  ])("asks for an installation on %s", (_, packages) => {
    expect(isInstalled(wanted, { packages })).toBe(false);
  });
});

describe("isAtLeast", () => {
  it.each([
    ["20.19.0", "20.19.0", true],
    ["20.9.0", "20.19.0", false],
    ["22.0.0", "20.19.0", true],
    ["rustc 1.95.0 (f2d3ce0bd 2026-03-21)", "1.89", true],
    ["rustc 1.88.0-nightly", "1.89", false],
  ])("%s against %s", (version, minimum, expected) => {
    expect(isAtLeast(version, minimum)).toBe(expected);
  });
});

describe("environmentOf", () => {
  // Escape sequences in a log file.
  it.each([
    ["a terminal", {}, true, undefined],
    ["no terminal", {}, false, "1"],
    ["no terminal, and colours are asked for", { FORCE_COLOR: "1" }, false, undefined],
  ])("lets programs print for %s", (_, env, isTerminal, expected) => {
    expect(environmentOf({ PATH: "p", ...env }, isTerminal)).toEqual({
      PATH: "p",
      ...env,
      ...(expected && { NO_COLOR: expected }),
    });
  });
});
